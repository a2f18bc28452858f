#include "image/plain_layers.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "base/tasks.h"
#include "codec/codec.h"
#include "oci/digest.h"
#include "oci/media_type.h"

namespace n2c {

namespace {

/// A stored layer's plain tar, checked against its diff_id.
class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(Layer layer) : layer_(std::move(layer)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override {
    auto reader = oci::verify(decompress(layer_.blob.bytes->open()), layer_.diff_id, std::nullopt,
                              "layer " + layer_.diff_id.brief());
    if (offset != 0) skip(*reader, offset);
    return reader;
  }

 private:
  Layer layer_;
};

}  // namespace

bool is_stored_compressed(const Layer& layer) {
  return layer.blob.descriptor.digest != layer.diff_id;
}

bool is_stored_as_zstd(const Layer& layer) {
  return layer.blob.descriptor.media_type.ends_with("zstd");  // Docker's word, OCI's, foreign ones
}

Image with_plain_layers(Image image, const LayerChoice& chosen, std::size_t at_once,
                        std::stop_token stop) {
  run_side_by_side(
      image.layers.size(), at_once, std::move(stop), [&](std::size_t i, std::stop_token) {
        Layer& layer = image.layers[i];
        if (!chosen(layer)) return;
        auto plain = std::make_shared<const PlainSource>(layer);
        const std::uint64_t size = skip(*plain->open(), std::numeric_limits<std::uint64_t>::max());
        layer.blob = Blob{oci::Descriptor{.media_type = std::string(oci::media_type::layer_tar),
                                          .digest = layer.diff_id,
                                          .size = size},
                          std::move(plain)};
      });
  return image;
}

}  // namespace n2c
