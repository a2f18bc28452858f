#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/registry_options.h"
#include "image/image_json.h"
#include "push/console_progress.h"
#include "push/digest_cache.h"
#include "push/open.h"

namespace n2c::cli {

namespace {

struct PushArguments {
  std::string image, destination, store_root;
  std::string compression = "gzip", format = "auto", digest_file;
  std::vector<std::string> tags, reuse_from, mount_from, annotations;
  std::size_t compression_threads = 0, uploads = 6, probes = 32;
  bool no_reuse = false, verify_reuse = false, dry_run = false, quiet = false;
  RegistryArguments registry;
};

oci::Reference reference_of(const std::string& text, std::string_view option) {
  return or_throw(oci::Reference::parse(text), ErrorKind::usage, option);
}

oci::Repository repository_of(const std::string& text, const oci::Repository& to) {
  if (text.starts_with(to.host + "/")) return reference_of(text, "--mount-from").repository;
  // A path alone means a repository beside the one that is pushed to.
  if (oci::is_repository_path(text)) return {to.host, text};
  throw Error(ErrorKind::usage,
              cat("--mount-from: \"", printable(text), "\" is no repository of ", to.host));
}

oci::Annotations annotations_of(const std::vector<std::string>& pairs) {
  oci::Annotations annotations;
  for (const std::string& pair : pairs) {
    const auto both = cut(pair, '=');
    if (!both || both->first.empty()) {
      throw Error(ErrorKind::usage,
                  cat("--annotation: \"", printable(pair), "\" is not KEY=VALUE"));
    }
    annotations[std::string(both->first)] = both->second;
  }
  return annotations;
}

/// What registries are told beyond what every destination is.
RegistryPush registry_push_of(const PushArguments& arguments, const oci::Reference& to) {
  RegistryPush push{.to = to,
                    .reuse = !arguments.no_reuse,
                    .verify_reuse = arguments.verify_reuse,
                    .cache_file = DigestCache::usual_file(process_environment())};
  for (const auto& text : arguments.reuse_from) {
    push.reuse_from.push_back(reference_of(text, "--reuse-from"));
  }
  for (const auto& text : arguments.mount_from) {
    push.mount_from.push_back(repository_of(text, to.repository));
  }
  return push;
}

PushOptions options_of(const PushArguments& arguments) {
  for (const std::string& tag : arguments.tags) {
    if (oci::is_tag(tag)) continue;
    throw Error(ErrorKind::usage, cat("--tag: \"", printable(tag), "\" is no tag"));
  }
  return {.tags = arguments.tags,
          .compression = or_throw(Compression::parse(arguments.compression), ErrorKind::usage,
                                  "--compression"),
          .format = arguments.format == "docker" ? ManifestFormat::docker : ManifestFormat::oci,
          .fall_back_to_docker = arguments.format == "auto",
          .annotations = annotations_of(arguments.annotations),
          .probes = arguments.probes,
          .uploads = arguments.uploads,
          .compression_threads = arguments.compression_threads,
          .dry_run = arguments.dry_run};
}

/// "99 layers already there, 2 mounted, 1 sent (3.1 MiB)".
std::string counts(const PushReport& report) {
  const std::size_t present = report.count(BlobOutcome::present);
  std::string text = cat(present, present == 1 ? " layer" : " layers", " already there, ");
  if (const auto mounted = report.count(BlobOutcome::mounted)) text += cat(mounted, " mounted, ");
  return cat(text, report.count(BlobOutcome::sent), " sent (", brief_bytes(report.bytes_sent), ")");
}

std::string_view verb(const LayerOutcome& layer) {
  if (!layer.outcome) return "send";
  return *layer.outcome == BlobOutcome::mounted ? "mount" : "already there";
}

void print_plan(const Image& image, const PushReport& report) {
  for (const LayerOutcome& layer : report.layers) {
    const Layer& source = image.layers[layer.first];
    const std::string size = layer.form ? brief_bytes(layer.form->size)
                                        : brief_bytes(source.blob.descriptor.size) + " plain";
    std::puts(cat("layer ", layer.first + 1, " ", source.diff_id.brief(), ": ", verb(layer), ", ",
                  size, ", ", layer.why)
                  .c_str());
  }
}

/// As the user would name it: a registry's reference without its digest, else the address.
std::string shown(const Address& address) {
  if (address.kind != Address::Kind::registry) return address.str();
  oci::Reference reference = *address.reference;
  reference.digest.reset();
  return reference.str();
}

int run_push(const PushArguments& arguments, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto address =
      or_throw(Address::parse(arguments.destination), ErrorKind::usage, "DESTINATION");
  const PushOptions options = options_of(arguments);
  const Image image = load_image_json(arguments.image, {.root = arguments.store_root});
  ConsoleProgress progress(arguments.quiet ? ConsoleProgress::Style::quiet
                                           : ConsoleProgress::Style::automatic);
  RegistryOptions reached = make_registry_options(arguments.registry, progress, debug);
  if (address.reference) reached.credentials_host = address.reference->repository.host;
  Registries registries(std::move(reached));
  DestinationOptions opened{.registries = registries};
  if (address.reference) opened.registry = registry_push_of(arguments, *address.reference);
  const PushReport report = open_destination(address, opened)->push(image, options, progress, stop);
  progress.finish();
  const auto elapsed = std::chrono::steady_clock::now() - began;
  if (arguments.dry_run) {
    print_plan(image, report);
    return 0;
  }
  if (!arguments.digest_file.empty()) {
    write_file(arguments.digest_file, report.manifest->digest.str());
  }
  // An archive on standard output leaves no room there for words.
  std::fputs(cat("pushed ", shown(address), " @", report.manifest->digest.str(), " : ",
                 counts(report), ", ", brief_duration(elapsed), "\n")
                 .c_str(),
             address.is_standard_output() ? stderr : stdout);
  return 0;
}

void add_push_options(CLI::App& command, PushArguments& arguments) {
  command.add_option("IMAGE.json", arguments.image, "the image's description")->required();
  command
      .add_option("DESTINATION", arguments.destination,
                  "HOST/REPOSITORY[:TAG][@DIGEST], or oci:DIR[:TAG], oci-archive:FILE[:TAG], "
                  "docker-archive:FILE[:NAME:TAG], dir:DIR, - (an archive on standard output)")
      ->required();
  command.add_option("--store-root", arguments.store_root, "read /nix/store/… below this folder");
  command
      .add_option("--compression", arguments.compression,
                  "gzip[:0-2], zstd[:1-19] or none, for layers that are stored plain")
      ->capture_default_str();
  command.add_option("--compression-threads", arguments.compression_threads,
                     "threads that compress; 0: one a processor. The bytes do not depend on it");
  command.add_option("--tag", arguments.tags, "a further tag for the image (repeatable)");
  command.add_option("--reuse-from", arguments.reuse_from,
                     "an image whose layers' stored forms are trusted (repeatable)");
  command.add_flag("--no-reuse", arguments.no_reuse, "compress everything anew");
  command.add_flag("--verify-reuse", arguments.verify_reuse,
                   "fetch and inflate the blobs that are reused, and check them");
  command.add_option("--mount-from", arguments.mount_from,
                     "a repository of the same registry to mount blobs from (repeatable)");
  command.add_flag("--dry-run", arguments.dry_run, "say what would be sent and why; send nothing");
  command.add_option("--format", arguments.format, "the manifest's: auto, oci or docker")
      ->check(CLI::IsMember({"auto", "oci", "docker"}))
      ->capture_default_str();
  command.add_option("--annotation", arguments.annotations,
                     "KEY=VALUE on the manifest (repeatable)");
  command.add_option("--digest-file,--digestfile", arguments.digest_file,
                     "write the manifest's digest to this file");
  command.add_option("--uploads", arguments.uploads, "blobs being sent at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--probes", arguments.probes, "questions in flight at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_flag("-q,--quiet", arguments.quiet, "only the closing line");
  add_registry_options(command, arguments.registry);
}

}  // namespace

void add_push_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<PushArguments>();
  CLI::App* command =
      app.add_subcommand("push", "push an image to a registry, or write it elsewhere");
  add_push_options(*command, *arguments);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_push(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
