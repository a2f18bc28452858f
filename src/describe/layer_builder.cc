#include "describe/layer_builder.h"

#include <algorithm>
#include <numeric>

#include "base/counting_reader.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/locked.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/text.h"
#include "image/store_layer.h"

namespace n2c {

namespace {

constexpr std::size_t block_bytes = 256 << 10;

/// The media type and the file name's ending of a codec's layers.
struct CodecNames {
  std::string_view media_type, suffix;
};

CodecNames names_of(Codec codec) {
  switch (codec) {
    case Codec::none: return {oci::media_type::layer_tar, ".tar"};
    case Codec::gzip: return {oci::media_type::layer_gzip, ".tar.gz"};
    case Codec::zstd: return {oci::media_type::layer_zstd, ".tar.zst"};
  }
  return {};
}

/// Writes everything to `to`, hashing.
TarFacts drain(Reader& from, AtomicFile& to, const std::stop_token& stop) {
  std::vector<std::byte> block(block_bytes);
  Hash hash;
  std::uint64_t size = 0;
  while (const std::size_t count = from.read(block)) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    const ByteView bytes = ByteView(block).first(count);
    hash.update(bytes);
    to.write(bytes);
    size += count;
  }
  return {oci::Digest::from_hex(HashAlgorithm::sha256, hash.finish_hex()), size};
}

/// A tar whose bytes are counted as they are read.
class CountedTar final : public ByteSource {
 public:
  CountedTar(const ByteSource& tar, std::atomic<std::uint64_t>& count) : tar_(tar), count_(count) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    return std::make_unique<CountingReader>(tar_.open(offset), count_);
  }

 private:
  const ByteSource& tar_;
  std::atomic<std::uint64_t>& count_;
};

class LayerBuilder {
 public:
  LayerBuilder(const LayerBuild& build, CompressionPool& pool) : build_(build), pool_(pool) {}

  LayerRecord describe(std::size_t layer, const std::vector<StorePath>& paths,
                       const std::stop_token& stop) {
    require_known_options(paths);
    const StoreLayerSource made(paths, build_.store);
    std::atomic<std::uint64_t> unheard = 0;
    LayerListener* const listener = build_.listener;
    const CountedTar tar(made, listener != nullptr ? listener->meter(layer) : unheard);
    LayerRecord record{.paths = paths,
                       .media_type = std::string(names_of(build_.compression.codec).media_type),
                       .history = build_.history};
    if (build_.keep_in.empty()) {
      const TarFacts facts = measure(tar, stop);
      set_facts(record, facts, facts.digest);
    } else {
      keep(record, tar, stop);
    }
    if (listener != nullptr) listener->done(layer);
    return record;
  }

  /// Removes the files made here, and none that was there before.
  void remove_kept() {
    kept_.with([](const std::vector<std::string>& files) {
      std::error_code ignored;
      for (const std::string& file : files) std::filesystem::remove(file, ignored);
    });
  }

 private:
  static void set_facts(LayerRecord& record, const TarFacts& stored, const oci::Digest& diff_id) {
    record.digest = stored.digest.str();
    record.size = static_cast<std::int64_t>(stored.size);
    record.diff_id = diff_id.str();
  }

  void keep(LayerRecord& record, const ByteSource& tar, const std::stop_token& stop) {
    const Codec codec = build_.compression.codec;
    AtomicFile file(
        AtomicFile::In{.folder = build_.keep_in, .shown = cat(build_.keep_in, ": a layer")});
    auto plain = std::make_unique<HashingReader>(tar.open());
    HashingReader& hashed = *plain;
    const std::unique_ptr<Reader> stored = compress(std::move(plain), build_.compression, pool_);
    const TarFacts facts = drain(*stored, file, stop);
    const auto diff_id = oci::Digest::from_hex(HashAlgorithm::sha256, hashed.finish_hex());
    set_facts(record, facts, diff_id);
    record.layer_path = cat(build_.keep_in, '/', facts.digest.hex(), names_of(codec).suffix);
    if (!std::filesystem::exists(record.layer_path)) {
      kept_.with([&](std::vector<std::string>& files) { files.push_back(record.layer_path); });
    }
    file.commit_as(record.layer_path);
  }

  const LayerBuild& build_;
  CompressionPool& pool_;
  Locked<std::vector<std::string>> kept_;
};

/// Layers of many paths go first, so that the longest work does not begin last.
std::vector<std::size_t> largest_first(const std::vector<std::vector<StorePath>>& layers) {
  std::vector<std::size_t> order(layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return layers[i].size(); });
  return order;
}

/// The folder that the layers' tars go to.
void make_place(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw Error(ErrorKind::local, cat("create ", folder.string(), ": ", failed.message()));
  }
}

}  // namespace

std::vector<LayerRecord> build_layers(const std::vector<std::vector<StorePath>>& layers,
                                      const LayerBuild& build, std::stop_token stop,
                                      const WriteRecords& write) {
  if (!build.keep_in.empty()) make_place(build.keep_in);
  CompressionPool pool(processor_count());
  LayerBuilder builder(build, pool);
  std::vector<LayerRecord> records(layers.size());
  const auto order = largest_first(layers);
  try {
    run_side_by_side(layers.size(), processor_count(), stop,
                     [&](std::size_t at, const std::stop_token& stop_all) {
                       const std::size_t i = order[at];
                       records[i] = builder.describe(i, layers[i], stop_all);
                     });
    if (write) write(records);
  } catch (...) {
    builder.remove_kept();
    throw;
  }
  return records;
}

}  // namespace n2c
