#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "cli/image_argument.h"
#include "cli/transfer_options.h"
#include "console/console_progress.h"
#include "console/output.h"
#include "places/open.h"

namespace n2c::cli {

namespace {

struct CopyArguments {
  std::string source, destination, platform, source_creds, destination_creds;
  std::string source_auth_file, destination_auth_file;
  bool source_tls_verify = true, destination_tls_verify = true;
  TransferArguments transfer;
};

/// Gives --creds to the registry of the command, and each end what is said of it alone. Throws
/// Error{usage} when two registries could be meant.
void settle_creds(const CopyArguments& arguments, const Address& from, const Address& to,
                  RegistryArguments& source, RegistryArguments& destination) {
  const bool is_ambiguous = from.kind == Address::Kind::registry &&
                            to.kind == Address::Kind::registry &&
                            from.reference->repository.host != to.reference->repository.host;
  const bool is_one_login = !source.creds.empty() || !source.registry_token.empty();
  if (is_ambiguous && is_one_login) {
    throw Error(ErrorKind::usage, "--creds: the login of which registry?",
                "use --src-creds and --dest-creds");
  }
  if (!arguments.source_creds.empty()) source.creds = arguments.source_creds;
  if (!arguments.destination_creds.empty()) destination.creds = arguments.destination_creds;
  if (!arguments.source_auth_file.empty()) source.auth_file = arguments.source_auth_file;
  if (!arguments.destination_auth_file.empty()) {
    destination.auth_file = arguments.destination_auth_file;
  }
  source.tls_verify = source.tls_verify && arguments.source_tls_verify;
  destination.tls_verify = destination.tls_verify && arguments.destination_tls_verify;
}

RegistryOptions registry_options(const RegistryArguments& arguments, const Address& address,
                                 Progress& progress, bool debug) {
  RegistryOptions options = make_registry_options(arguments, progress, debug);
  if (address.reference) options.credentials_host = address.reference->repository.host;
  return options;
}

CopyOptions copy_options_of(const CopyArguments& arguments) {
  const PushOptions push = push_options_of(arguments.transfer, Address::Kind::registry);
  CopyOptions options{.tags = push.tags, .probes = push.probes, .uploads = push.uploads};
  if (!arguments.platform.empty()) {
    options.platform =
        or_throw(oci::Platform::parse(arguments.platform), ErrorKind::usage, "--platform");
  }
  if (arguments.transfer.format != "auto") options.format = push.format;
  return options;
}

struct Copied {
  oci::Digest digest;
  std::string counts;
};

Copied copy_described(const CopyArguments& arguments, ImageArgument& argument, const Address& to,
                      ImageDestination& destination, ConsoleProgress& progress,
                      std::stop_token stop) {
  if (const auto* described = std::get_if<Image>(&argument); !arguments.platform.empty()) {
    if (described == nullptr) {
      throw Error(ErrorKind::usage, "--platform: an archive in a pipe has the one it has",
                  "leave --platform out");
    }
    const Image& image = *described;
    const auto wanted = oci::Platform::parse(arguments.platform);
    if (!wanted || wanted->architecture != image.platform.architecture) {
      throw Error(ErrorKind::input, cat("the image is for ", image.platform.str(), ", not for ",
                                        printable(arguments.platform)));
    }
  }
  const PushReport report =
      push_argument(argument, destination, push_options_of(arguments.transfer, to.kind), progress,
                    stop)
          .report;
  const Counts counts{report.count(BlobOutcome::present), report.count(BlobOutcome::mounted),
                      report.count(BlobOutcome::sent), report.bytes_sent};
  return {report.manifest->digest, counts.str("layer", "layers")};
}

Copied copy_stored(const CopyArguments& arguments, const std::shared_ptr<ImageSource>& source,
                   ImageDestination& destination, ConsoleProgress& progress, std::stop_token stop) {
  const CopyReport report = destination.copy(source, copy_options_of(arguments), progress, stop);
  const Counts counts{report.present, report.mounted, report.sent, report.bytes_sent};
  return {report.manifest.digest, cat(report.images, report.images == 1 ? " image, " : " images, ",
                                      counts.str("blob", "blobs"))};
}

/// What is copied as it is, and what gets its manifest at the destination.
using CopySource = std::variant<std::shared_ptr<ImageSource>, ImageArgument>;

CopySource open_copy_source(const CopyArguments& arguments, const Address& from,
                            Registries& registries, std::stop_token stop) {
  if (is_streamed(from)) return ImageArgument(open_streamed(from, std::move(stop)));
  OpenedSource opened = open_source(from, registries, {.root = arguments.transfer.store_root});
  if (auto* image = std::get_if<Image>(&opened)) return ImageArgument(std::move(*image));
  return std::get<std::shared_ptr<ImageSource>>(std::move(opened));
}

int run_copy(const CopyArguments& arguments, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto from = or_throw(Address::parse_source(arguments.source), ErrorKind::usage, "SOURCE");
  const auto to = or_throw(Address::parse(arguments.destination), ErrorKind::usage, "DESTINATION");
  RegistryArguments source_registry = arguments.transfer.registry;
  RegistryArguments destination_registry = arguments.transfer.registry;
  settle_creds(arguments, from, to, source_registry, destination_registry);
  ConsoleProgress progress(arguments.transfer.quiet ? ConsoleProgress::Style::quiet
                                                    : ConsoleProgress::Style::automatic);
  Registries reading(registry_options(source_registry, from, progress, debug));
  CopySource source = open_copy_source(arguments, from, reading, stop);
  auto* described = std::get_if<ImageArgument>(&source);
  RegistryOptions reached = registry_options(destination_registry, to, progress, debug);
  if (described != nullptr) reached = for_argument(*described, std::move(reached));
  Registries writing(std::move(reached));
  DestinationOptions opened{.registries = writing, .trust = blob_trust_of(arguments.transfer, to)};
  if (to.reference) opened.registry.to = *to.reference;
  const auto destination = open_destination(to, opened);
  const Copied copied =
      described != nullptr ? copy_described(arguments, *described, to, *destination, progress, stop)
                           : copy_stored(arguments, std::get<std::shared_ptr<ImageSource>>(source),
                                         *destination, progress, stop);
  progress.finish();
  if (!arguments.transfer.digest_file.empty()) {
    write_output(arguments.transfer.digest_file, copied.digest.str());
  }
  const auto elapsed = std::chrono::steady_clock::now() - began;
  print_closing_line(to, cat("copied ", shown(to), " @", copied.digest.str(), " : ", copied.counts,
                             ", ", brief_duration(elapsed)));
  return 0;
}

/// What is said of one end alone.
void add_end_options(CLI::App& command, CopyArguments& arguments) {
  const auto group = "Registry";
  command.add_option("--src-creds", arguments.source_creds, "--creds for the source")->group(group);
  command.add_option("--dest-creds", arguments.destination_creds, "--creds for the destination")
      ->group(group);
  command
      .add_option("--src-auth-file,--src-authfile", arguments.source_auth_file,
                  "--auth-file for the source")
      ->group(group);
  command
      .add_option("--dest-auth-file,--dest-authfile", arguments.destination_auth_file,
                  "--auth-file for the destination")
      ->group(group);
  command.add_flag("--src-tls-verify", arguments.source_tls_verify, "--tls-verify for the source")
      ->group(group);
  command
      .add_flag("--dest-tls-verify", arguments.destination_tls_verify,
                "--tls-verify for the destination")
      ->group(group);
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
          "an "
          "image.json")
      ->required();
  command
      ->add_option(
          "DESTINATION", arguments->destination,
          "the same forms; docker-daemon:NAME:TAG and containers-storage:NAME:TAG too, and "
          "- for an archive on standard output")
      ->required();
  command->add_option(
      "--platform", arguments->platform,
      "OS/ARCHITECTURE[/VARIANT]: only that image of an index; default: all of them, "
      "and this machine's where one image is all that fits");
  add_end_options(*command, *arguments);
  add_transfer_options(*command, arguments->transfer);
  add_registry_options(*command, arguments->transfer.registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_copy(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
