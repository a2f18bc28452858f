#pragma once
/// An Image made of texts in memory. The layers are no tars: nothing here looks inside.

#include <memory>
#include <string>
#include <vector>

#include "image/image.h"
#include "oci/config.h"

namespace n2c::test {

/// One plain layer for each text. A text's digest is the layer's diff_id.
inline Image layered_image(const std::vector<std::string>& texts,
                           const std::string& command = "sh") {
  Image image;
  oci::Config config{.platform = {.os = "linux", .architecture = "amd64"}};
  config.container.cmd = std::vector<std::string>{command};
  for (const std::string& text : texts) {
    const oci::Digest digest = oci::Digest::of(text);
    image.layers.push_back({digest,
                            {{std::string(oci::media_type::layer_tar), digest, text.size()},
                             std::make_shared<MemorySource>(text)}});
    config.diff_ids.push_back(digest);
    config.history.emplace_back();
  }
  image.config_json = config.to_json();
  return image;
}

}  // namespace n2c::test
