#include "image/store_layer.h"

#include "base/hash.h"
#include "image/layer_tar.h"

namespace n2c {

namespace {

constexpr std::size_t measure_block = 256 << 10;

}  // namespace

std::unique_ptr<Reader> StoreLayerSource::open(std::uint64_t offset) const {
  auto tar = std::make_shared<const LayerTar>(paths_, store_);
  LayerTar::Position position = tar->find(offset);
  return read_from(std::move(tar), std::move(position));
}

TarFacts measure(const ByteSource& tar) {
  const std::unique_ptr<Reader> reader = tar.open();
  std::vector<std::byte> block(measure_block);
  Hash hash;
  std::uint64_t size = 0;
  while (const std::size_t count = reader->read(block)) {
    hash.update(ByteView(block).first(count));
    size += count;
  }
  return {oci::Digest::from_hex(HashAlgorithm::sha256, hash.finish_hex()), size};
}

}  // namespace n2c
