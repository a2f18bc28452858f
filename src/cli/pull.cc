#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/attest/subject.h"
#include "cli/command.h"
#include "cli/line/result.h"
#include "cli/transfer_options.h"
#include "console/stopped.h"
#include "places/open.h"
#include "places/pull.h"
#include "remote/referrers.h"

namespace n2c::cli {

namespace {

struct PullArguments {
  std::string reference, to, platform, referrer;
  bool blob = false, manifest = false, verify = false;
  ProgressArguments progress;
  RegistryArguments registry;
};

/// Calls write(Writer&) for the file, which appears when it is whole, or for standard output.
template <class Write>
void write_to(const std::string& to, Write&& write) {
  if (to == "-") {
    terminal::Output output("a blob");
    write(output);
    return;
  }
  AtomicFile file(to);
  write(file);
  file.commit();
}

int pull_one_blob(const PullArguments& arguments, const Address& from, Registries& registries,
                  std::stop_token stop) {
  if (from.kind != Address::Kind::registry || !from.reference->digest) {
    throw Error(ErrorKind::usage, "--blob: the reference has to name the blob by its digest",
                "HOST/REPOSITORY@sha256:…");
  }
  write_to(arguments.to,
           [&](Writer& writer) { pull_blob(registries, *from.reference, writer, stop); });
  return 0;
}

/// The file that an artifact holds which refers to the image.
int pull_referrer(const PullArguments& arguments, bool debug, const std::stop_token& stop) {
  Subject subject(arguments.reference, arguments.registry, registry::Access::pull, debug);
  auto& client = subject.client();
  const oci::Digest image = subject.manifest(stop).descriptor.digest;
  const oci::Descriptor referrer =
      only_referrer(list_typed_referrers(client, image, stop), arguments.referrer);
  const auto artifact = client.get_manifest(referrer.digest.str(), stop);
  const auto manifest = artifact ? oci::Manifest::from_json(artifact->json)
                                 : Parsed<oci::Manifest>(std::unexpected("it is not there"));
  if (!manifest || manifest->layers.size() != 1) {
    throw Error(ErrorKind::input, cat(referrer.digest.str(), " does not hold one file"),
                "n2c pull --manifest fetches what it says");
  }
  write_to(arguments.to, [&](Writer& writer) {
    copy(*client.open_blob(manifest->layers.front(), stop), writer);
  });
  return 0;
}

int run_pull(const PullArguments& arguments, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const bool is_part = arguments.blob || arguments.manifest || !arguments.referrer.empty();
  if (is_part && arguments.progress.json) {
    throw Error(ErrorKind::usage, "--json does not go with --blob, --manifest and --referrer",
                "what they fetch goes to OUT as it is");
  }
  if (!arguments.referrer.empty()) {
    return with_context("pulling what refers to " + arguments.reference,
                        [&] { return pull_referrer(arguments, debug, stop); });
  }
  const auto from =
      or_throw(Address::parse_source(arguments.reference), ErrorKind::usage, "REFERENCE");
  std::optional<oci::Platform> platform;
  if (!arguments.platform.empty()) {
    platform = or_throw(oci::Platform::parse(arguments.platform), ErrorKind::usage, "--platform");
  }
  const auto shown_progress = make_progress(arguments.progress);
  ConsoleProgress& progress = *shown_progress;
  Registries registries(make_registry_options(arguments.registry, from, progress, debug));
  if (arguments.blob) {
    return with_context("pulling " + shown(from),
                        [&] { return pull_one_blob(arguments, from, registries, stop); });
  }
  const OpenedSource opened = open_source(from, registries, {});
  const auto* source = std::get_if<std::shared_ptr<ImageSource>>(&opened);
  if (source == nullptr) {
    throw Error(ErrorKind::usage, cat(shown(from), ": there is no manifest to pull"),
                "n2c copy makes one: n2c copy SOURCE dir:DIR");
  }
  if (arguments.manifest) {
    const oci::RawManifest manifest = manifest_for(**source, platform, stop);
    if (arguments.to == "-" && terminal::output_is_terminal()) {
      terminal::print_json(manifest.json);
    } else {
      write_to(arguments.to, [&](Writer& writer) { writer.write(bytes_of(manifest.json)); });
    }
    return 0;
  }
  const Kept kept{ConsoleProgress::Kept::nothing, "nothing was kept"};
  const auto trust = arguments.verify ? BlobTrust::digest : BlobTrust::size;
  const CopyReport report = saying_how_far(progress, kept, [&] {
    progress.phase("asking for the image");
    return pull_image(*source, arguments.to, {.platform = platform, .trust = trust}, progress,
                      stop);
  });
  progress.finish();
  const std::string digest = report.manifest.digest.str();
  print_result({.command = "pull",
                .lines = {pasteable(from, report.manifest.digest)},
                .sentence = cat("pulled ", shown(from), " @", digest, " : ", report.sent,
                                " blobs, ", brief_bytes(report.bytes_sent)),
                .reference = pasteable(from, report.manifest.digest),
                .digest = digest,
                .counted = "blobs",
                .counts = Counts{.sent = report.sent, .bytes_sent = report.bytes_sent},
                .elapsed = std::chrono::steady_clock::now() - began},
               arguments.progress);
  return 0;
}

}  // namespace

void add_pull_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<PullArguments>();
  CLI::App* command = app.add_subcommand(
      "pull", "fetch one image into a folder that image-from-dir reads, or one blob or manifest");
  command->add_option("REFERENCE", arguments->reference, "HOST/REPOSITORY[:TAG][@DIGEST]")
      ->required();
  command
      ->add_option("OUT", arguments->to,
                   "a new or empty folder, or one that a killed pull left; with --blob or "
                   "--manifest a file, or - for standard output")
      ->required();
  command->add_option(
      "--platform", arguments->platform,
      "OS/ARCHITECTURE[/VARIANT]: fetch this image of an index (default: this machine's)");
  auto* blob = command->add_flag("--blob", arguments->blob,
                                 "fetch the blob with this digest to the file OUT");
  auto* manifest = command
                       ->add_flag("--manifest", arguments->manifest,
                                  "fetch only the image's manifest, unchanged, to the file OUT")
                       ->excludes(blob);
  auto* referrer = command
                       ->add_option("--referrer", arguments->referrer,
                                    "fetch the file of the artifact with this type or digest, "
                                    "which refers to the image, to the file OUT")
                       ->excludes(blob)
                       ->excludes(manifest);
  command
      ->add_flag("--verify", arguments->verify,
                 "check the digests of what a killed pull left in OUT, and fetch wrong blobs again "
                 "(default: check only their sizes)")
      ->excludes(blob)
      ->excludes(manifest)
      ->excludes(referrer);
  add_progress_options(*command, arguments->progress);
  add_registry_options(*command, arguments->registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_pull(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
