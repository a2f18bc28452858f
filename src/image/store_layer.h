#pragma once
/// A layer's tar, made from store paths as often as it is asked for, with Go's bytes
/// (docs/format.md B, D, E). The file tree is walked at open(); sizes are known before any content
/// is read, so an offset is found without reading what lies before it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "image/image_json.h"
#include "image/layer_record.h"

namespace n2c {

/// The tar of these paths. open() throws Error{local} for a path that is not there or cannot
/// be read and for files the format cannot hold (FIFO, device, socket), Error{input} for
/// conflicts, bad modes and bad regular expressions, and, while it is read, Error{local} for
/// a file that grew or shrank. Thread-safe.
class StoreLayerSource final : public ByteSource {
 public:
  using Layers = std::vector<std::vector<StorePath>>;

  StoreLayerSource(std::vector<StorePath> paths, StoreView store)
      : StoreLayerSource(std::make_shared<const Layers>(Layers{std::move(paths)}), 0,
                         std::move(store)) {}
  /// Layer number `layer` of an image's. The others are counted when a path is not there.
  StoreLayerSource(std::shared_ptr<const Layers> layers, std::size_t layer, StoreView store)
      : layers_(std::move(layers)), paths_((*layers_)[layer]), store_(std::move(store)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  std::shared_ptr<const Layers> layers_;
  const std::vector<StorePath>& paths_;
  StoreView store_;
};

/// Throws Error{local} for the first path that is not there, and counts those of all layers.
void require_paths(const StoreLayerSource::Layers& layers, const StoreView& store);

/// The same of all paths that an image's layers are made from.
void require_store_paths(const ImageRecord& record, const StoreView& store);

/// What one pass over a layer's tar tells.
struct TarFacts {
  oci::Digest digest;
  std::uint64_t size = 0;
};

/// Reads the tar once, hashing; the two overlap where a processor is free. Throws what the
/// source does, and Error{cancelled} once a stop is asked for.
TarFacts measure(const ByteSource& tar, const std::stop_token& stop = {});

/// What people call a layer of these paths: a single one without its folder and hash, or how many
/// there are.
std::string label_of(const std::vector<StorePath>& paths);

}  // namespace n2c
