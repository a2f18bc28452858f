#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/text.h"
#include "cli/attest/push_attachments.h"
#include "cli/command.h"
#include "cli/index.h"
#include "cli/pushing/one_push.h"
#include "cli/pushing/push_of_all.h"

namespace n2c::cli {

namespace {

int push_index(const PushArguments& arguments, const Address& address, bool debug,
               std::stop_token stop) {
  if (arguments.dry_run) throw Error(ErrorKind::usage, "--index does not go with --dry-run");
  const IndexTransfer transfer{.sources = sources_of(arguments.image, arguments.others),
                               .destination = address,
                               .registry = address.reference
                                               ? registry_push_of(arguments, *address.reference)
                                               : RegistryPush{},
                               .attachments = arguments.attachments};
  return run_index(transfer, arguments.transfer, arguments.metadata, debug, stop);
}

/// Puts the image's own name behind the others when no destination is among them. What begins with
/// a slash is a description; no destination does.
void complete(PushArguments& arguments) {
  std::vector<std::string>& others = arguments.others;
  const bool has_destination = !others.empty() && !others.back().starts_with('/');
  if (!has_destination && !arguments.own_name.empty()) others.push_back(arguments.own_name);
}

/// Throws Error{usage} for "n2c push REFERENCE image.json".
void refuse_swapped(const PushArguments& arguments) {
  const std::string& last = arguments.others.back();
  std::error_code ignored;
  if (std::filesystem::exists(arguments.image, ignored) ||
      !std::filesystem::is_regular_file(last, ignored) || !Address::parse(arguments.image)) {
    return;
  }
  throw Error(ErrorKind::usage,
              cat(printable(last), " is a file, and ", printable(arguments.image), " is none"),
              "the image comes first: n2c push IMAGE.json DESTINATION");
}

int run_push(PushArguments arguments, bool debug, std::stop_token stop) {
  refuse_unused(arguments.attachments);
  if (arguments.all) return push_all(arguments, debug, stop);
  complete(arguments);
  if (arguments.others.empty()) {
    throw Error(ErrorKind::usage, "push needs DESTINATION",
                "n2c push [OPTIONS] IMAGE.json DESTINATION");
  }
  refuse_swapped(arguments);
  const auto address =
      or_throw(Address::parse(arguments.others.back()), ErrorKind::usage, "DESTINATION");
  if (arguments.index) return push_index(arguments, address, debug, stop);
  if (arguments.others.size() == 1) return push_one(arguments, address, debug, stop);
  throw Error(ErrorKind::usage, "push takes one image and one destination",
              "several images for several platforms are pushed with --index");
}

void add_push_options(CLI::App& command, PushArguments& arguments) {
  command
      .add_option("IMAGE.json", arguments.image,
                  "the image's description, or docker-archive:FILE (docker-archive:- reads it from "
                  "standard input); with --index, several")
      ->required();
  // Whether there has to be one depends on other options, which run_push() knows.
  command
      .add_option("DESTINATION", arguments.others,
                  "where it goes: HOST/REPOSITORY[:TAG][@DIGEST], docker-daemon:NAME:TAG, "
                  "containers-storage:NAME:TAG, oci:DIR[:TAG], "
                  "oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], dir:DIR, - (an "
                  "archive on standard output)")
      ->option_text("DESTINATION");
  command.add_option("--own-name", arguments.own_name,
                     "where to push when no DESTINATION is given; the commands that Nix makes for "
                     "an image set it");
  command.add_flag(
      "--all", arguments.all,
      "push several images: IMAGE.json is a file of lines IMAGE.json HOST/REPOSITORY[:TAG], or a "
      "folder whose NAME.json are pushed to DESTINATION/NAME");
  command.add_flag(
      "--index", arguments.index,
      "push several images, each [OS/ARCHITECTURE[/VARIANT]=]SOURCE, and an index that lists them");
  command.add_option(
      "--reuse-from", arguments.reuse_from,
      "an image or index at the registry whose compressed layers may be reused (repeatable)");
  command.add_flag("--verify-reuse", arguments.verify_reuse,
                   "fetch, decompress and check the blobs that are reused");
  command.add_option("--mount-from", arguments.mount_from,
                     "a repository of the same registry from which blobs are mounted (repeatable)");
  command.add_flag("-n,--dry-run", arguments.dry_run,
                   "say what would be sent and why; send nothing");
  add_transfer_options(command, arguments.transfer);
  add_trust_options(command, arguments.transfer);
  add_layer_index_option(command, arguments.transfer);
  add_attachment_options(command, arguments.attachments);
  add_metadata_options(command, arguments.metadata);
  add_registry_options(command, arguments.transfer.registry);
}

}  // namespace

void add_push_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<PushArguments>();
  CLI::App* command =
      app.add_subcommand("push", "push an image to a registry, or write it elsewhere");
  add_push_options(*command, *arguments);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_signed([&] { return run_push(*arguments, chosen.debug, stop); });
    };
  });
}

}  // namespace n2c::cli
