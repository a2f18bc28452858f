#include "remote/prune_index.h"

#include <set>
#include <vector>

#include "base/tasks.h"
#include "remote/layer_index.h"

namespace n2c {

namespace {

constexpr std::size_t questions_at_once = 32;

/// The blobs of the index that the repository lacks.
std::set<oci::Digest> absent_of(registry::RegistryClient& client, const LayerIndex& index,
                                const std::stop_token& stop) {
  const PairedLayers& pairs = index.pairs();
  std::vector<char> is_there(pairs.size(), 0);
  run_side_by_side(pairs.size(), questions_at_once, stop,
                   [&](std::size_t i, std::stop_token inner) {
                     is_there[i] = client.has_blob(pairs[i].second, std::move(inner)) ? 1 : 0;
                   });
  std::set<oci::Digest> absent;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (is_there[i] == 0) absent.insert(pairs[i].second.digest);
  }
  return absent;
}

}  // namespace

std::optional<PrunedIndex> prune_layer_index(registry::RegistryClient& client, std::size_t keep,
                                             const std::stop_token& stop) {
  HeldLayerIndex held = read_layer_index(client, stop);
  if (!held.manifest) return std::nullopt;
  LayerIndex shortened = held.index.value_or(LayerIndex());
  const std::size_t before = shortened.pairs().size();
  shortened.keep_newest(keep);
  const std::set<oci::Digest> absent = absent_of(client, shortened, stop);
  const auto prune = [&](LayerIndex& index) {
    const std::size_t had = index.pairs().size();
    index.keep_newest(keep);
    index.drop(absent);
    return index.pairs().size() != had;
  };
  shortened.drop(absent);
  if (held.index && shortened.pairs().empty()) {
    client.delete_manifest(*held.manifest, stop);
    return PrunedIndex{0, before};
  }
  const std::size_t kept = change_layer_index(client, prune, stop).pairs().size();
  return PrunedIndex{kept, before > kept ? before - kept : 0};
}

}  // namespace n2c
