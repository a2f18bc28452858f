#pragma once
/// Small images made in memory.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "image/image.h"

namespace n2c::test {

/// Bytes that do not compress, the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random();
    for (std::size_t k = i; k < std::min(i + 8, size); ++k) {
      bytes[k] = static_cast<char>(word >> (8 * (k - i)) & 0xff);
    }
  }
  return bytes;
}

/// A layer of these bytes, stored plain; nothing looks inside.
inline Layer layer_of(std::string bytes) {
  const oci::Descriptor descriptor{.media_type = std::string(oci::media_type::layer_tar),
                                   .digest = oci::Digest::of(bytes),
                                   .size = bytes.size()};
  return {.diff_id = descriptor.digest,
          .blob = {.descriptor = descriptor,
                   .bytes = std::make_shared<MemorySource>(std::move(bytes))}};
}

/// An image of these layers.
inline Image image_of(std::vector<Layer> layers) {
  Image image{.platform = {.os = "linux", .architecture = "amd64"}, .layers = std::move(layers)};
  oci::Config config{.platform = image.platform};
  for (const Layer& layer : image.layers) config.diff_ids.push_back(layer.diff_id);
  image.config_json = config.to_json();
  return image;
}

/// `count` layers of `size` bytes each, all different; another `seed`, other layers.
inline Image small_image(std::size_t count, std::size_t size, std::uint64_t seed = 1) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < count; ++i) layers.push_back(layer_of(noise(size, seed * 1000 + i)));
  return image_of(std::move(layers));
}

}  // namespace n2c::test
