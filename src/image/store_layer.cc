#include "image/store_layer.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/read_ahead.h"
#include "image/layer_tar.h"

namespace n2c {

std::unique_ptr<Reader> StoreLayerSource::open(std::uint64_t offset) const {
  auto tar = std::make_shared<const LayerTar>(paths_, store_);
  LayerTar::Position position = tar->find(offset);
  return read_from(std::move(tar), std::move(position));
}

TarFacts measure(const ByteSource& tar, const std::stop_token& stop) {
  ReadAhead reader(tar.open());
  Hash hash;
  std::uint64_t size = 0;
  for (ByteView bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    hash.update(bytes);
    size += bytes.size();
  }
  return {oci::Digest::from_hex(HashAlgorithm::sha256, hash.finish_hex()), size};
}

}  // namespace n2c
