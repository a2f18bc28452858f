#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <set>

#include "base/text.h"
#include "cli/command.h"
#include "cli/image_argument.h"
#include "cli/line/result.h"
#include "cli/transfer_options.h"
#include "console/console_progress.h"
#include "console/output.h"
#include "console/stopped.h"
#include "places/open.h"
#include "remote/copied_referrers.h"
#include "remote/registry_store.h"

namespace n2c::cli {

namespace {

/// What is said of one end alone.
struct EndArguments {
  std::string creds, auth_file;
  bool tls_verify = true, names_tls_verify = false;
};

struct CopyArguments {
  std::string source, destination, platform;
  std::string referrers;  // their types, or "all"; empty: none
  EndArguments of_source, of_destination;
  TransferArguments transfer;
};

RegistryArguments settled(RegistryArguments registry, const EndArguments& end) {
  if (!end.creds.empty()) registry.creds = end.creds;
  if (!end.auth_file.empty()) registry.auth_file = end.auth_file;
  registry.tls_verify = registry.tls_verify && end.tls_verify;
  registry.names_tls_verify = registry.names_tls_verify || end.names_tls_verify;
  return registry;
}

/// Throws Error{usage} when --creds could be meant for two registries.
void refuse_ambiguous_login(const RegistryArguments& registry, const Address& from,
                            const Address& to) {
  const bool is_ambiguous = from.kind == Address::Kind::registry &&
                            to.kind == Address::Kind::registry &&
                            from.reference->repository.host != to.reference->repository.host;
  const bool is_one_login = !registry.creds.empty() || !registry.registry_token.empty();
  if (is_ambiguous && is_one_login) {
    throw Error(ErrorKind::usage, "--creds: the login of which registry?",
                "use --src-creds and --dest-creds");
  }
}

CopyOptions copy_options_of(const CopyArguments& arguments) {
  const PushOptions push = push_options_of(arguments.transfer, Address::Kind::registry);
  CopyOptions options{.tags = push.tags,
                      .probes = push.probes,
                      .uploads = push.uploads,
                      .check_blobs = push.check_blobs};
  if (!arguments.platform.empty()) {
    options.platform =
        or_throw(oci::Platform::parse(arguments.platform), ErrorKind::usage, "--platform");
  }
  if (arguments.transfer.format != "auto") options.format = push.format;
  return options;
}

struct Copied {
  oci::Digest digest;
  std::string image_id;  // of what gets its manifest here
  Counts counts;
  std::string counted;  // in words
  std::optional<CopiedReferrers> referrers{};
};

Copied copy_described(const CopyArguments& arguments, ImageArgument& argument, const Address& to,
                      ImageDestination& destination, ConsoleProgress& progress,
                      std::stop_token stop) {
  if (const auto* described = std::get_if<DescribedImage>(&argument); !arguments.platform.empty()) {
    if (described == nullptr) {
      throw Error(ErrorKind::usage, "--platform: an archive in a pipe has the one it has",
                  "leave --platform out");
    }
    const Image& image = described->image;
    const auto wanted = oci::Platform::parse(arguments.platform);
    if (!wanted || !oci::platform_rank(*wanted, image.platform)) {
      throw Error(ErrorKind::input,
                  cat("the image is for ", image.platform.str(), ", not for ",
                      printable(arguments.platform)),
                  "an image.json is for one platform: leave --platform out");
    }
  }
  if (const auto* known = std::get_if<DescribedImage>(&argument)) {
    say_costs(known->image, "", progress);
  }
  const StreamedPush pushed = push_argument(
      argument, destination, push_options_of(arguments.transfer, to.kind), progress, stop);
  const PushReport& report = pushed.report;
  const Counts counts{report.count(BlobOutcome::present), report.count(BlobOutcome::mounted),
                      report.count(BlobOutcome::sent), report.bytes_sent};
  return {report.manifest->digest, pushed.config_id.str(), counts, counts.str("layer", "layers")};
}

Copied copy_stored(const CopyArguments& arguments, const std::shared_ptr<ImageSource>& source,
                   ImageDestination& destination, ConsoleProgress& progress, std::stop_token stop) {
  const CopyReport report = destination.copy(source, copy_options_of(arguments), progress, stop);
  const Counts counts{report.present, report.mounted, report.sent, report.bytes_sent};
  return {report.manifest.digest, "", counts,
          cat(report.images, report.images == 1 ? " image, " : " images, ",
              counts.str("blob", "blobs"))};
}

/// The artifactTypes of --referrers; none: all. Throws Error{usage}.
std::set<std::string> referrer_types_of(const std::string& words) {
  std::set<std::string> types;
  if (words == "all") return types;
  for (const std::string_view type : split(words, ',')) {
    if (trim(type).empty()) {
      throw Error(ErrorKind::usage,
                  cat("--referrers: \"", printable(words), "\" has an empty type in it"));
    }
    types.emplace(trim(type));
  }
  return types;
}

/// Throws Error{usage} where --referrers does not go with the rest.
void require_referrers(const CopyArguments& arguments, const Address& from, const Address& to) {
  if (arguments.referrers.empty()) return;
  if (from.kind != Address::Kind::registry || to.kind != Address::Kind::registry) {
    throw Error(ErrorKind::usage,
                "--referrers: what refers to an image is copied between registries");
  }
  if (arguments.transfer.format != "auto") {
    throw Error(ErrorKind::usage, "--referrers does not go with --format",
                "what refers to an image names its digest, and another format has another one");
  }
  referrer_types_of(arguments.referrers);
}

struct CopiedWithReferrers {
  oci::RawManifest root;
  CopiedReferrers referrers;
};

/// What refers to the image that was put by its digest. Returns its manifest, to be tagged now:
/// no tag ever names an image whose signature is not there yet.
CopiedWithReferrers copy_what_refers(const CopiedBetween& between, const oci::Digest& digest,
                                     const std::set<std::string>& types, Progress& progress,
                                     const std::stop_token& stop) {
  auto root =
      between.reading.client(between.from, registry::Access::pull).get_manifest(digest.str(), stop);
  if (!root) {
    throw Error(ErrorKind::registry,
                cat("the copy has another digest than the image at the source (", digest.str(),
                    "), and so nothing refers to it; no tag was written"),
                "copy it without --referrers");
  }
  const CopiedReferrers report = copy_referrers(between, *root, types, progress, stop);
  progress.note(cat("referrers: ", report.copied, " copied, ", report.present, " already there",
                    report.left_out == 0 ? "" : cat(", ", report.left_out, " left out")));
  return {*std::move(root), report};
}

/// What is copied as it is, and what gets its manifest at the destination.
using CopySource = std::variant<std::shared_ptr<ImageSource>, ImageArgument>;

CopySource open_copy_source(const CopyArguments& arguments, const Address& from,
                            Registries& registries, std::stop_token stop) {
  if (is_streamed(from)) return ImageArgument(open_streamed(from, std::move(stop)));
  OpenedSource opened = open_source(from, registries, {.root = arguments.transfer.store_root});
  if (auto* image = std::get_if<Image>(&opened)) {
    return ImageArgument(DescribedImage{std::move(*image), nullptr});
  }
  return std::get<std::shared_ptr<ImageSource>>(std::move(opened));
}

void print_copied(const CopyArguments& arguments, const Address& to, const Copied& copied,
                  std::chrono::nanoseconds elapsed) {
  const std::string named = pasteable(to, copied.digest);
  print_result({.command = "copy",
                .lines = {named},
                .sentence = cat("copied ", shown(to), " @", copied.digest.str(), " : ",
                                copied.counted, ", ", brief_duration(elapsed)),
                .reference = named,
                .digest = copied.digest.str(),
                .image_id = copied.image_id,
                .names = arguments.transfer.tags,
                .counted = copied.image_id.empty() ? "blobs" : "layers",
                .counts = copied.counts,
                .referrers = copied.referrers,
                .elapsed = elapsed},
               arguments.transfer.progress, to.is_standard_output());
}

int run_copy(const CopyArguments& arguments, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto from = or_throw(Address::parse_source(arguments.source), ErrorKind::usage, "SOURCE");
  const auto to = or_throw(Address::parse(arguments.destination), ErrorKind::usage, "DESTINATION");
  const RegistryArguments& of_both = arguments.transfer.registry;
  refuse_json_beside(to, arguments.transfer.progress);
  require_output(arguments.transfer.digest_file, "--digest-file");
  refuse_ambiguous_login(of_both, from, to);
  require_referrers(arguments, from, to);
  const auto shown_progress = make_progress(arguments.transfer.progress);
  ConsoleProgress& progress = *shown_progress;
  Registries reading(
      make_registry_options(settled(of_both, arguments.of_source), from, progress, debug));
  CopySource source = open_copy_source(arguments, from, reading, stop);
  auto* described = std::get_if<ImageArgument>(&source);
  RegistryOptions reached =
      make_registry_options(settled(of_both, arguments.of_destination), to, progress, debug);
  if (described != nullptr) reached = for_argument(*described, std::move(reached));
  Registries writing(std::move(reached));
  DestinationOptions opened{.registries = writing, .trust = blob_trust_of(arguments.transfer, to)};
  if (to.reference) opened.registry.to = *to.reference;
  opened.registry.reuse = !arguments.transfer.no_reuse;
  opened.registry.untagged = !arguments.referrers.empty();
  const auto destination = open_destination(to, opened);
  const Copied copied = saying_how_far(progress, kept_at(to), [&] {
    progress.phase("asking for the image");
    Copied image = described != nullptr
                       ? copy_described(arguments, *described, to, *destination, progress, stop)
                       : copy_stored(arguments, std::get<std::shared_ptr<ImageSource>>(source),
                                     *destination, progress, stop);
    if (arguments.referrers.empty()) return image;
    progress.phase("copying what refers to it");
    const auto [root, taken_along] =
        copy_what_refers({reading, from.reference->repository, writing, to.reference->repository},
                         image.digest, referrer_types_of(arguments.referrers), progress, stop);
    auto client = writing.client(to.reference->repository);
    write_tags(client, root, distinct_tags(to.reference->tag.value_or(""), arguments.transfer.tags),
               stop);
    image.referrers = taken_along;
    return image;
  });
  progress.finish();
  if (!arguments.transfer.digest_file.empty()) {
    write_output(arguments.transfer.digest_file, copied.digest.str());
  }
  print_copied(arguments, to, copied, std::chrono::steady_clock::now() - began);
  return 0;
}

/// `prefix` is "src" or "dest", `end` the word for people.
void add_end_options(CLI::App& command, const std::string& prefix, const std::string& end,
                     EndArguments& arguments) {
  command.add_option(cat("--", prefix, "-creds"), arguments.creds, "--creds for the " + end);
  command.add_option(cat("--", prefix, "-auth-file,--", prefix, "-authfile"), arguments.auth_file,
                     "--auth-file for the " + end);
  command
      .add_flag(cat("--", prefix, "-tls-verify"), arguments.tls_verify,
                "--tls-verify for the " + end)
      ->each([&arguments](const std::string&) { arguments.names_tls_verify = true; });
}

}  // namespace

void add_copy_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<CopyArguments>();
  CLI::App* command = app.add_subcommand(
      "copy", "copy an image as it is, from and to registries, layouts, archives, folders");
  command
      ->add_option(
          "SOURCE", arguments->source,
          "HOST/REPOSITORY[:TAG][@DIGEST], oci:DIR[:TAG][@DIGEST], oci-archive:FILE[:TAG], "
          "docker-archive:FILE[:NAME:TAG] (- reads it from standard input), dir:DIR, or a path to "
          "an image.json")
      ->required();
  command
      ->add_option(
          "DESTINATION", arguments->destination,
          "the same forms; docker-daemon:NAME:TAG and containers-storage:NAME:TAG too, and "
          "- for an archive on standard output")
      ->required();
  command->add_option("--platform", arguments->platform,
                      "OS/ARCHITECTURE[/VARIANT]: copy only this image of an index (default: all; "
                      "this machine's where the destination takes one image)");
  command->add_flag("--referrers{all}", arguments->referrers,
                    "between registries: also copy what refers to the image, or to the images of "
                    "an index; --referrers=TYPE,TYPE: only these artifactTypes");
  add_end_options(*command, "src", "source", arguments->of_source);
  add_end_options(*command, "dest", "destination", arguments->of_destination);
  add_transfer_options(*command, arguments->transfer);
  add_trust_options(*command, arguments->transfer);
  add_registry_options(*command, arguments->transfer.registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_copy(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
