#include "cli/inspect/place.h"

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/image_argument.h"
#include "layout/docker_archive_stream.h"
#include "transfer/measuring_store.h"

namespace n2c::cli {

void add_place_options(CLI::App& command, PlaceArguments& arguments) {
  command
      .add_option("IMAGE", arguments.image,
                  "an image.json, HOST/REPOSITORY[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE, "
                  "docker-archive:FILE or dir:DIR")
      ->required();
  command.add_option("--platform", arguments.platform,
                     "OS/ARCHITECTURE[/VARIANT]: this image of an index (default: this machine's)");
  command.add_option("--store-root", arguments.store_root, "read /nix/store/… below this folder");
  add_registry_options(command, arguments.registry);
}

Address place_of(const std::string& text) {
  auto address = Address::parse_source(text);
  const bool is_bare =
      !address || (address->kind == Address::Kind::registry && !text.starts_with("docker://"));
  if (is_bare && is_there(text)) return {.kind = Address::Kind::image_json, .path = text};
  return or_throw(std::move(address), ErrorKind::usage, "IMAGE");
}

OpenPlace::OpenPlace(const PlaceArguments& arguments, bool debug)
    : arguments_(arguments),
      address_(place_of(arguments.image)),
      registries_(make_registry_options(arguments.registry, address_, progress_, debug)) {
  if (arguments.platform.empty()) return;
  platform_ = or_throw(oci::Platform::parse(arguments.platform), ErrorKind::usage, "--platform");
}

OpenedSource OpenPlace::source(const Compression& compression, std::stop_token stop) {
  if (!is_streamed(address_)) {
    return open_source(address_, registries_, {.root = arguments_.store_root});
  }
  StreamedArchive archive = open_streamed(address_, stop);
  MeasuringStore nowhere;
  StoreIntake intake(nowhere, compression, 0, {}, progress_);
  return read_docker_archive(std::move(archive.bytes), archive.name, archive.image, intake,
                             std::move(stop))
      .image;
}

oci::RawManifest OpenPlace::manifest_to_be(const Image& image, const PushOptions& options,
                                           std::stop_token stop) {
  MeasuringStore measuring;
  push_to_store(image, measuring, options, progress_, std::move(stop));
  const Blob& manifest = measuring.manifest();
  return oci::RawManifest::of(manifest.descriptor.media_type,
                              read_all(*manifest.bytes->open(), oci::max_manifest_bytes));
}

ImageSummary OpenPlace::summary(Asked asked, std::stop_token stop) {
  const OpenedSource opened = source({.codec = Codec::none, .level = 0}, stop);
  if (const auto* image = std::get_if<Image>(&opened)) {
    const bool is_archive = address_.kind == Address::Kind::docker_archive;
    if (!is_archive && asked == Asked::manifest) {
      return summarize(*image, address_.str(), manifest_to_be(*image, {}, std::move(stop)));
    }
    const auto format = is_archive ? ManifestFormat::docker : ManifestFormat::oci;
    return summarize(*image, address_.str(), manifest_of_plain_layers(*image, format));
  }
  return summarize(*std::get<std::shared_ptr<ImageSource>>(opened), platform_, std::move(stop));
}

void print_lines(std::string_view text) {
  if (terminal::output_is_terminal()) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (const std::string_view line : split(text, '\n')) {
      terminal::print(printable(line, line.size() * 4 + 1));
    }
    return;
  }
  terminal::Output output("text");
  output.write(bytes_of(text));
  if (!text.ends_with('\n')) output.write(bytes_of("\n"));
}

}  // namespace n2c::cli
