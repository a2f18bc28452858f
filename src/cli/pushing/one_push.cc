#include "cli/pushing/one_push.h"

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/line/push_plan.h"
#include "cli/line/result.h"
#include "console/output.h"
#include "console/stopped.h"
#include "places/open.h"

namespace n2c::cli {

namespace {

PushOptions image_push_options(const PushArguments& arguments, Address::Kind destination) {
  PushOptions options = push_options_of(arguments.transfer, destination);
  options.annotations = image_annotations_of(arguments.metadata.annotations);
  options.dry_run = arguments.dry_run;
  return options;
}

Counts counts_of(const PushReport& report) {
  return {.present = report.count(BlobOutcome::present),
          .mounted = report.count(BlobOutcome::mounted),
          .sent = report.count(BlobOutcome::sent),
          .bytes_sent = report.bytes_sent};
}

void write_files(const PushArguments& arguments, const StreamedPush& pushed) {
  if (!arguments.transfer.digest_file.empty()) {
    write_output(arguments.transfer.digest_file, pushed.report.manifest->digest.str());
  }
  if (!arguments.metadata.image_id_file.empty()) {
    write_output(arguments.metadata.image_id_file, pushed.config_id.str());
  }
}

void print_pushed(const OnePush& push, const StreamedPush& pushed,
                  const std::vector<std::string>& tags,
                  const std::vector<AttachedToImage>& attached, std::chrono::nanoseconds elapsed) {
  const Address& address = push.to;
  const oci::Digest& digest = pushed.report.manifest->digest;
  const Counts counts = counts_of(pushed.report);
  const std::string named = pasteable(address, digest);
  print_result({.command = "push",
                .lines = {named},
                .sentence = cat("pushed ", shown(address), " @", digest.str(), " : ",
                                counts.str("layer", "layers"), attachment_counts(attached), ", ",
                                brief_duration(elapsed)),
                .reference = named,
                .digest = digest.str(),
                .image_id = pushed.config_id.str(),
                .names = tags,
                .counts = counts,
                .attachments = attached,
                .elapsed = elapsed},
               push.arguments.transfer.progress, address.is_standard_output());
}

}  // namespace

RegistryPush registry_push_of(const PushArguments& arguments, const oci::Reference& to) {
  if (arguments.transfer.no_reuse && !arguments.reuse_from.empty()) {
    throw Error(ErrorKind::usage,
                "--reuse-from names what to reuse, and --no-reuse says nothing is",
                "leave one of them out");
  }
  RegistryPush push{.to = to,
                    .reuse = !arguments.transfer.no_reuse,
                    .verify_reuse = arguments.verify_reuse,
                    .cache_file = DigestCache::usual_file(process_environment()),
                    .layer_index = arguments.transfer.layer_index};
  for (const auto& text : arguments.reuse_from) {
    push.reuse_from.push_back(reference_argument(text, "--reuse-from"));
  }
  for (const auto& text : arguments.mount_from) {
    push.mount_from.push_back(sibling_argument(text, to.repository));
  }
  return push;
}

PushReport push_there(const OnePush& push, ImageArgument& image, DestinationOptions opened,
                      Progress& progress, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto& [arguments, address, attachments, name, aside] = push;
  const PushOptions options = image_push_options(arguments, address.kind);
  const auto destination = open_destination(address, opened);
  if (const auto* known = std::get_if<DescribedImage>(&image)) {
    say_costs(known->image, name, progress);
  }
  StreamedPush pushed = push_argument(image, *destination, options, progress, stop);
  std::vector<AttachedToImage> attached;
  if (attachments != nullptr) {
    PushedManifests manifests{.to = *address.reference,
                              .tags = options.tags,
                              .store_root = arguments.transfer.store_root,
                              .manifests = {*pushed.report.manifest}};
    const auto* described = std::get_if<DescribedImage>(&image);
    if (described != nullptr && described->record) {
      manifests.descriptions.emplace(pushed.config_id, described);
    }
    aside([] {});  // a signer's own lines come now
    attached = attach_and_tag(*attachments, manifests, opened.registries, progress, stop);
  }
  const auto elapsed = std::chrono::steady_clock::now() - began;
  if (arguments.dry_run) {
    aside([&] {
      print_push_plan(address, std::get<DescribedImage>(image).image, pushed.report, options.tags,
                      arguments.transfer.progress);
    });
    return std::move(pushed.report);
  }
  write_files(arguments, pushed);
  aside([&] { print_pushed(push, pushed, options.tags, attached, elapsed); });
  return std::move(pushed.report);
}

int push_one(const PushArguments& arguments, const Address& address, bool debug,
             std::stop_token stop) {
  refuse_json_beside(address, arguments.transfer.progress);
  require_output(arguments.transfer.digest_file, "--digest-file");
  require_output(arguments.metadata.image_id_file, "--image-id-file");
  ImageArgument image =
      open_image_argument(arguments.image, arguments.transfer.store_root, arguments.metadata, stop);
  const auto shown_progress = make_progress(arguments.transfer.progress);
  ConsoleProgress& progress = *shown_progress;
  Registries registries(for_argument(
      image, make_registry_options(arguments.transfer.registry, address, progress, debug)));
  DestinationOptions opened{.registries = registries,
                            .trust = blob_trust_of(arguments.transfer, address)};
  if (address.reference) opened.registry = registry_push_of(arguments, *address.reference);
  std::optional<ReadyAttachments> attachments;
  if (arguments.attachments.is_asked()) {
    require_attachable(address, arguments.dry_run);
    require_description(arguments.attachments, arguments.image,
                        described_file(arguments.image).has_value());
    attachments = read_attachments(arguments.attachments, stop);
    opened.registry.untagged = true;
  }
  const OnePush push{.arguments = arguments,
                     .to = address,
                     .attachments = attachments ? &*attachments : nullptr,
                     .aside = [&](const auto& write) {
                       progress.finish();
                       write();
                     }};
  saying_how_far(progress, kept_at(address),
                 [&] { return push_there(push, image, std::move(opened), progress, stop); });
  return 0;
}

}  // namespace n2c::cli
