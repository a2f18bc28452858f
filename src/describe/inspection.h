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

struct ImageFacts {
  std::vector<LayerFacts> layers;
  std::uint64_t size = 0;  ///< of all layers, each digest once
  std::size_t path_count = 0;
  std::vector<std::string> warnings;
};

/// Looks at the sizes of files, never at their contents. Files that are not there are left out.
ImageFacts inspect_image(const ImageRecord& image, const StoreView& store,
                         const std::stop_token& stop);

}  // namespace n2c
