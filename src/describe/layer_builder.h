#pragma once
/// Describes layers by reading their tars once: digest and size and, where they are to be kept, the
/// bytes in a file.

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "image/image_json.h"

namespace n2c {

/// Hears how far layers are read. All calls may come from several threads.
class LayerListener {
 public:
  virtual ~LayerListener() = default;
  /// The counter of bytes of that layer's tar.
  virtual std::atomic<std::uint64_t>& meter(std::size_t layer) = 0;
  virtual void done(std::size_t layer) = 0;
};

/// How layers are described.
struct LayerBuild {
  StoreView store;
  oci::History history;  ///< of every layer
  /// The folder for the layers' files, which are named HEX.tar, HEX.tar.gz or HEX.tar.zst. "": none
  /// are kept.
  std::string keep_in;
  Compression compression{.codec = Codec::none};  ///< of what is kept
  LayerListener* listener = nullptr;              ///< outlives the building
};

/// Writes what the layers' files are for.
using WriteRecords = std::function<void(const std::vector<LayerRecord>& records)>;

/// The records of these layers, in their order (docs/format.md F4.2). Layers are read side by side
/// on all processors. A layer's bytes are never held in memory. When one layer fails, the files
/// made for the others are removed again, as they are when `write`, which is given the records at
/// the end, throws. Throws what StoreLayerSource does, and Error{input} for options that are not
/// known.
std::vector<LayerRecord> build_layers(const std::vector<std::vector<StorePath>>& layers,
                                      const LayerBuild& build, std::stop_token stop,
                                      const WriteRecords& write = {});

}  // namespace n2c
