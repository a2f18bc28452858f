#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"
#include "cli/image_argument.h"
#include "cli/index.h"
#include "cli/line/result.h"
#include "console/console_progress.h"
#include "console/output.h"
#include "console/stopped.h"
#include "places/open.h"

namespace n2c::cli {

namespace {

struct IndexArguments {
  std::string first;
  std::vector<std::string> others;  // the last is where all go
  TransferArguments transfer;
  MetadataArguments metadata;
  PushAttachments attachments;
};

/// Refuses options that would change an image which is copied as it is.
void refuse_for_stored(const std::string& word, std::string_view option, std::string_view hint) {
  throw Error(ErrorKind::usage,
              cat(option, ": ", printable(word), " is stored already and goes as it is"),
              std::string(hint));
}

/// The parts, and the descriptions of those that are an image.json.
struct OpenedParts {
  std::vector<IndexPart> parts;
  std::vector<DescribedImage> described;
};

IndexPart part_of(const std::string& word, Registries& registries,
                  const TransferArguments& arguments, const MetadataArguments& metadata,
                  std::vector<DescribedImage>& described) {
  const IndexArgument argument = IndexArgument::parse(word);
  const auto address = or_throw(Address::parse_source(argument.source), ErrorKind::usage, word);
  if (address.kind == Address::Kind::image_json) {
    described.push_back(
        load_described(address.path.string(), arguments.store_root, metadata, argument.platform));
    return {word, described.back().image, argument.platform};
  }
  if (!metadata.labels.empty() || !metadata.created.empty()) {
    refuse_for_stored(
        word, metadata.labels.empty() ? "--created" : "--label",
        "only an image.json's config can still be changed: push it first, then make the "
        "index of what is there");
  }
  const StoreView store{.root = arguments.store_root};
  IndexPart part{word, open_source(address, registries, store), argument.platform};
  const bool has_manifest = std::holds_alternative<std::shared_ptr<ImageSource>>(part.source);
  if (has_manifest && !annotations_of(metadata.annotations).manifest.empty()) {
    refuse_for_stored(word, "--annotation",
                      "index:KEY=VALUE puts it on the index, descriptor:KEY=VALUE on the image's "
                      "entry there");
  }
  return part;
}

OpenedParts open_parts(const std::vector<std::string>& words, Registries& registries,
                       const TransferArguments& arguments, const MetadataArguments& metadata) {
  OpenedParts opened;
  for (const std::string& word : words) {
    opened.parts.push_back(part_of(word, registries, arguments, metadata, opened.described));
  }
  return opened;
}

void say_costs_of(const std::vector<IndexPart>& parts, Progress& progress) {
  for (const IndexPart& part : parts) {
    const auto* image = std::get_if<Image>(&part.source);
    if (image != nullptr) say_costs(*image, part.name, progress);
  }
}

/// What a push of the index has to attach, before anything is sent.
std::optional<ReadyAttachments> attachments_of_parts(const IndexTransfer& transfer,
                                                     const std::stop_token& stop) {
  if (!transfer.attachments.is_asked()) return {};
  require_attachable(transfer.destination, false);
  for (const std::string& word : transfer.sources) {
    const std::string source = IndexArgument::parse(word).source;
    const auto address = Address::parse_source(source);
    require_description(transfer.attachments, source,
                        address && address->kind == Address::Kind::image_json);
  }
  return read_attachments(transfer.attachments, stop);
}

/// Every image, and the index behind them. An image that is described has the description whose
/// config it has.
PushedManifests pushed_manifests(const IndexTransfer& transfer, const TransferArguments& arguments,
                                 const std::vector<DescribedImage>& described,
                                 const IndexReport& report) {
  PushedManifests pushed{.to = *transfer.destination.reference,
                         .tags = arguments.tags,
                         .store_root = arguments.store_root,
                         .manifests = report.manifests};
  pushed.manifests.push_back(report.index);
  for (const DescribedImage& one : described) {
    pushed.descriptions.emplace(oci::Digest::of(one.image.config_json), &one);
  }
  return pushed;
}

void print_index(const IndexTransfer& transfer, const TransferArguments& arguments,
                 const IndexReport& report, const std::vector<AttachedToImage>& attached,
                 std::chrono::nanoseconds elapsed) {
  const Counts counts{report.present, report.mounted, report.sent, report.bytes_sent};
  const std::string named = pasteable(transfer.destination, report.index.digest);
  print_result(
      {.command = "index",
       .lines = {named},
       .sentence = cat(
           "pushed ", shown(transfer.destination), " @", report.index.digest.str(), " : ",
           report.manifests.size(), report.manifests.size() == 1 ? " image, " : " images, ",
           counts.str("blob", "blobs"), attachment_counts(attached), ", ", brief_duration(elapsed)),
       .reference = named,
       .digest = report.index.digest.str(),
       .names = arguments.tags,
       .counted = "blobs",
       .counts = counts,
       .attachments = attached,
       .elapsed = elapsed},
      arguments.progress, transfer.destination.is_standard_output());
}

}  // namespace

std::vector<std::string> sources_of(const std::string& first,
                                    const std::vector<std::string>& others) {
  std::vector<std::string> sources{first};
  sources.insert(sources.end(), others.begin(), others.end() - 1);
  return sources;
}

int run_index(const IndexTransfer& transfer, const TransferArguments& arguments,
              const MetadataArguments& metadata, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto attachments = attachments_of_parts(transfer, stop);
  if (!metadata.image_id_file.empty()) {
    throw Error(ErrorKind::usage, "--image-id-file: an index has no image id, its images have",
                "--digest-file takes the index's digest");
  }
  const AnnotationPlaces annotations = annotations_of(metadata.annotations);
  refuse_json_beside(transfer.destination, arguments.progress);
  require_output(arguments.digest_file, "--digest-file");
  IndexOptions options{.annotations = annotations.index,
                       .descriptor_annotations = annotations.descriptor,
                       .push = push_options_of(arguments, transfer.destination.kind)};
  options.push.annotations = annotations.manifest;
  const auto shown_progress = make_progress(arguments.progress);
  ConsoleProgress& progress = *shown_progress;
  RegistryOptions reached = make_registry_options(arguments.registry, progress, debug);
  reached.credentials_host = transfer.registry.to.repository.host;
  Registries registries(std::move(reached));
  const auto [parts, described] = open_parts(transfer.sources, registries, arguments, metadata);
  say_costs_of(parts, progress);
  DestinationOptions opened{.registries = registries,
                            .registry = transfer.registry,
                            .trust = blob_trust_of(arguments, transfer.destination)};
  opened.registry.untagged = attachments.has_value();
  const auto destination = open_destination(transfer.destination, opened);
  std::vector<AttachedToImage> attached;
  const IndexReport report = saying_how_far(progress, kept_at(transfer.destination), [&] {
    IndexReport pushed = destination->push_index(parts, options, progress, stop);
    if (attachments) {
      progress.finish();  // a signer's own lines come now
      attached =
          attach_and_tag(*attachments, pushed_manifests(transfer, arguments, described, pushed),
                         registries, progress, stop);
    }
    return pushed;
  });
  progress.finish();
  if (!arguments.digest_file.empty()) {
    write_output(arguments.digest_file, report.index.digest.str());
  }
  print_index(transfer, arguments, report, attached, std::chrono::steady_clock::now() - began);
  return 0;
}

namespace {

int run_index_command(const IndexArguments& arguments, bool debug, std::stop_token stop) {
  refuse_unused(arguments.attachments);
  const auto address =
      or_throw(Address::parse(arguments.others.back()), ErrorKind::usage, "DESTINATION");
  RegistryPush registry{.to = address.reference.value_or(oci::Reference{}),
                        .cache_file = DigestCache::usual_file(process_environment()),
                        .layer_index = arguments.transfer.layer_index};
  const IndexTransfer transfer{.sources = sources_of(arguments.first, arguments.others),
                               .destination = address,
                               .registry = std::move(registry),
                               .attachments = arguments.attachments};
  return run_index(transfer, arguments.transfer, arguments.metadata, debug, std::move(stop));
}

}  // namespace

void add_index_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<IndexArguments>();
  CLI::App* command = app.add_subcommand(
      "index", "write an index of several images, one for each platform, and the images with it");
  command
      ->add_option(
          "SOURCE", arguments->first,
          "images, each [OS/ARCHITECTURE[/VARIANT]=]SOURCE: image.json, a reference, oci:…, dir:…")
      ->option_text("SOURCE...")
      ->required();
  command
      ->add_option("DESTINATION", arguments->others,
                   "where they go: HOST/REPOSITORY[:TAG], oci:DIR[:TAG], dir:DIR")
      ->option_text("DESTINATION")
      ->required();
  add_transfer_options(*command, arguments->transfer);
  add_layer_index_option(*command, arguments->transfer);
  add_attachment_options(*command, arguments->attachments);
  add_metadata_options(*command, arguments->metadata);
  add_registry_options(*command, arguments->transfer.registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_signed([&] { return run_index_command(*arguments, chosen.debug, stop); });
    };
  });
}

}  // namespace n2c::cli
