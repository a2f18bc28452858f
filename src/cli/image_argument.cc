#include "cli/image_argument.h"

#include "base/error.h"
#include "base/text.h"
#include "console/input.h"
#include "describe/inspection.h"
#include "layout/docker_archive.h"
#include "places/right_word.h"
#include "remote/registry_intake.h"

namespace n2c::cli {

namespace {

void refuse_for_archives(const std::string& text, const MetadataArguments& metadata) {
  if (metadata.labels.empty() && metadata.created.empty()) return;
  throw Error(ErrorKind::usage,
              cat(metadata.labels.empty() ? "--created" : "--label", ": ", printable(text),
                  " has a config already, and it goes as it is"),
              "only an image.json's config can still be changed");
}

}  // namespace

void say_costs(const Image& image, std::string_view name, Progress& progress) {
  std::vector<LayerWeight> layers;
  for (const Layer& layer : image.layers) {
    layers.push_back({.digest = layer.diff_id.str(),
                      .size = layer.blob.descriptor.size,
                      .path_count = layer.path_count});
  }
  for (const std::string& cost : costs_of_layers(layers)) {
    progress.note(cat(printable(name), name.empty() ? "" : ": ", cost));
  }
}

bool is_streamed(const Address& address) {
  return address.kind == Address::Kind::docker_archive && is_stream(address.path);
}

StreamedArchive open_streamed(const Address& address, std::stop_token stop) {
  return {
      .bytes = open_stream(address.path, stop), .name = address.str(), .image = address.reference};
}

std::optional<std::string> described_file(const std::string& text) {
  const auto address = Address::parse_source(text);
  if (!address) return text.contains(':') ? std::nullopt : std::optional(text);
  if (address->kind == Address::Kind::image_json) return address->path.string();
  const bool is_word = address->kind == Address::Kind::registry && !text.starts_with("docker://");
  return is_word ? std::optional(text) : std::nullopt;
}

ImageArgument open_image_argument(const std::string& text, const std::string& store_root,
                                  const MetadataArguments& metadata, std::stop_token stop) {
  if (const auto file = described_file(text)) return load_described(*file, store_root, metadata);
  const auto address = Address::parse_source(text);
  if (!address) {
    throw Error(ErrorKind::usage, cat("IMAGE: ", printable(text), ": ", address.error()));
  }
  if (address->kind != Address::Kind::docker_archive) {
    throw Error(ErrorKind::usage, cat("IMAGE: ", address->str(), " is a stored image"),
                "n2c copy takes it: n2c copy SOURCE DESTINATION");
  }
  refuse_for_archives(text, metadata);
  if (is_streamed(*address)) return open_streamed(*address, std::move(stop));
  return DescribedImage{open_docker_archive(open_archive(*address), address->reference), nullptr};
}

EarlyImage open_early(const std::string& text, const std::string& store_root,
                      const MetadataArguments& metadata, std::stop_token stop) {
  const auto address = Address::parse_source(text);
  if (address && is_streamed(*address)) return {};
  try {
    EarlyImage early{open_image_argument(text, store_root, metadata, std::move(stop))};
    for (const Layer& layer : std::get<DescribedImage>(*early.image).image.layers) {
      early.layers.insert(layer.diff_id);
    }
    return early;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    return {};
  }
}

RegistryOptions for_argument(const ImageArgument& image, RegistryOptions options) {
  if (std::holds_alternative<StreamedArchive>(image) && !options.chunk_size) {
    options.chunk_size = stream_chunk_bytes;
  }
  return options;
}

StreamedPush push_argument(ImageArgument& image, ImageDestination& to, const PushOptions& options,
                           Progress& progress, std::stop_token stop) {
  if (auto* archive = std::get_if<StreamedArchive>(&image)) {
    return push_stream(std::move(*archive), to, options, progress, std::move(stop));
  }
  const Image& described = std::get<DescribedImage>(image).image;
  return {.report = to.push(described, options, progress, std::move(stop)),
          .config_id = oci::Digest::of(described.config_json)};
}

}  // namespace n2c::cli
