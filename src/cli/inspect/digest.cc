/// n2c digest: the digest of an image's manifest, wherever it is.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/inspect/place.h"
#include "console/input.h"

namespace n2c::cli {

namespace {

struct DigestArguments {
  PlaceArguments place;
  std::string compression = "gzip", format = "oci";
  bool is_file = false;
};

/// Asks by HEAD, which counts nowhere as a pull, and reads the manifest where that is no answer.
oci::Digest digest_at(OpenPlace& place, const PlaceArguments& arguments, ImageSource& source,
                      std::stop_token stop) {
  const auto& reference = place.address().reference;
  if (!arguments.platform.empty()) {
    const auto platform =
        or_throw(oci::Platform::parse(arguments.platform), ErrorKind::usage, "--platform");
    return manifest_for(source, platform, std::move(stop)).descriptor.digest;
  }
  if (place.address().kind == Address::Kind::registry && reference->tag && !reference->digest) {
    auto client = place.registries().client(reference->repository, registry::Access::pull);
    if (const auto held = client.head_manifest(*reference->tag, stop)) return held->digest;
  }
  return source.root(std::move(stop)).descriptor.digest;
}

int run_digest(const DigestArguments& arguments, bool debug, std::stop_token stop) {
  if (arguments.is_file) {
    require_input(arguments.place.image, "");
    terminal::print(
        oci::Digest::of(read_argument(arguments.place.image, oci::max_manifest_bytes)).str());
    return 0;
  }
  OpenPlace place(arguments.place, debug);
  const auto compression =
      or_throw(Compression::parse(arguments.compression), ErrorKind::usage, "--compression");
  const OpenedSource opened = place.source(compression, stop);
  const auto* image = std::get_if<Image>(&opened);
  const PushOptions options{
      .compression = compression,
      .format = arguments.format == "docker" ? ManifestFormat::docker : ManifestFormat::oci};
  const oci::Digest digest = image != nullptr
                                 ? place.manifest_to_be(*image, options, stop).descriptor.digest
                                 : digest_at(place, arguments.place,
                                             *std::get<std::shared_ptr<ImageSource>>(opened), stop);
  terminal::print(digest.str());
  return 0;
}

}  // namespace

void add_digest_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<DigestArguments>();
  CLI::App& command =
      *app.add_subcommand("digest", "Print the digest of an image's manifest, wherever it is");
  add_place_options(command, arguments->place);
  command
      .add_option("--compression", arguments->compression,
                  "for an image.json or docker-archive, which have no manifest yet: the "
                  "--compression of the push")
      ->capture_default_str();
  command.add_option("--format", arguments->format, "for these: the manifest's format")
      ->check(CLI::IsMember({"oci", "docker"}))
      ->capture_default_str();
  command.add_flag("--manifest", arguments->is_file, "IMAGE is a file with a manifest");
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_digest(*arguments, chosen.debug, std::move(stop));
    };
  });
}

}  // namespace n2c::cli
