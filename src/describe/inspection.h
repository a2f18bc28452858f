#pragma once
/// What an image.json holds, summed up for people.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "image/image_json.h"

namespace n2c {

struct LargestPath {
  std::string path;
  std::uint64_t size = 0;  ///< as path_size() has it
};

struct LayerFacts {
  std::string digest, diff_id, media_type, layer_path;
  std::uint64_t size = 0;  ///< as stored: the file's where there is one, else as described
  std::size_t path_count = 0;
  std::optional<LargestPath> largest;  ///< nothing where no path of the layer is there to be seen
};

/// A store path that several layers hold: all but one of them for nothing.
struct RepeatedPath {
  std::string path;
  std::optional<std::uint64_t> size;  ///< as path_size() has it; nothing where it is not there
  std::vector<std::size_t> layers;    ///< their places, from 1
};

struct ImageFacts {
  std::vector<LayerFacts> layers;
  std::uint64_t size = 0;  ///< of all layers, each digest once
  std::size_t path_count = 0;
  std::vector<RepeatedPath> repeated;  ///< the largest first
  std::vector<std::string> warnings;
};

/// Looks at the sizes of files, never at their contents. Files that are not there are left out.
ImageFacts inspect_image(const ImageRecord& image, const StoreView& store,
                         const std::stop_token& stop);

struct LayerWeight {
  std::string digest;  ///< a layer that is there twice counts once; empty: it is there once
  std::uint64_t size = 0;
  std::size_t path_count = 0;
};

/// The same of described layers. Pure.
std::vector<LayerWeight> weights_of(const std::vector<LayerRecord>& layers);

/// The place, from 0, of a layer of several store paths that has 64 MiB and more than half of all
/// bytes: a change of one path sends it all. Pure.
std::optional<std::size_t> heavy_layer_of(const std::vector<LayerWeight>& layers);

/// What is worth saying of layers whenever an image is built or pushed, a line each: more than a
/// hundred of them, and one of more than 64 MiB and half of the bytes that could be split.
/// Pure.
std::vector<std::string> costs_of_layers(const std::vector<LayerWeight>& layers);

}  // namespace n2c
