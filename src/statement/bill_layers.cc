#include "statement/bill_layers.h"

#include "base/tasks.h"
#include "base/text.h"
#include "codec/codec.h"
#include "describe/path_size.h"
#include "statement/held_paths.h"

namespace n2c {

namespace {

oci::Digest digest_in_record(const std::string& text, std::size_t place) {
  return or_throw(oci::Digest::parse(text), ErrorKind::input, cat("layer ", place + 1));
}

/// Where an opaque layer comes from, as far as anybody said.
std::string source_of(const LayerRecord& record) {
  std::string source = record.layer_path.empty() ? "" : cat("file ", record.layer_path);
  for (const std::string& word : {record.history.created_by, record.history.comment}) {
    if (!word.empty()) source += cat(source.empty() ? "" : "; ", word);
  }
  return source;
}

}  // namespace

std::vector<BillLayer> described_bill_layers(const ImageRecord& record, const ClosureFacts& facts,
                                             const StoreView& store, const std::stop_token& stop) {
  std::vector<BillLayer> layers;
  std::vector<std::string> unsized;
  for (const LayerRecord& one : record.layers.value_or(std::vector<LayerRecord>{})) {
    const std::size_t place = layers.size();
    BillLayer& layer = layers.emplace_back(
        BillLayer{.diff_id = digest_in_record(one.diff_id, place),
                  .digest = digest_in_record(one.digest, place),
                  .size = one.size < 0 ? 0 : static_cast<std::uint64_t>(one.size)});
    for (const StorePath& path : one.paths.value_or(std::vector<StorePath>{})) {
      layer.paths.push_back({path.path, 0});
      const auto found = facts.find(path.path);
      if (found == facts.end() || !found->second.nar_size) unsized.push_back(path.path);
    }
    if (layer.paths.empty()) layer.source = source_of(one);
  }
  const auto sizes = path_sizes(unsized, store, stop);
  std::size_t next = 0;
  for (BillLayer& layer : layers) {
    for (SizedPath& path : layer.paths) {
      if (next == unsized.size() || path.path != unsized[next]) continue;
      path.size = sizes[next++].value_or(0);
    }
  }
  return layers;
}

std::vector<BillLayer> stored_bill_layers(const Image& image, const std::stop_token& stop) {
  std::vector<BillLayer> layers;
  std::size_t paths = 0;
  for (const Layer& one : image.layers) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped");
    const std::string name = cat("layer ", layers.size() + 1, " of ", image.layers.size());
    BillLayer& layer = layers.emplace_back(BillLayer{.diff_id = one.diff_id,
                                                     .digest = one.blob.descriptor.digest,
                                                     .size = one.blob.descriptor.size});
    layer.paths = at_place(name + " (" + one.blob.descriptor.digest.brief() + ")", [&] {
      return held_paths(decompress(one.blob.bytes->open()), "its bytes");
    });
    if (layer.paths.empty()) layer.source = one.label;
    paths += layer.paths.size();
    if (paths > most_held_paths) throw too_many_paths("the image");
  }
  return layers;
}

}  // namespace n2c
