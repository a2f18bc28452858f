#include "remote/layer_index.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <variant>

#include "base/clock.h"
#include "base/retry.h"
#include "base/system.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/artifact.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

constexpr const char* diff_id_key = "n2c.diff-id";

/// Of others that write at the same time, one comes through in each round.
constexpr int most_rounds = 24;

bool is_compressed_layer(std::string_view media_type) {
  return media_type == mt::layer_gzip || media_type == mt::layer_zstd;
}

/// Replaces what a repository has under the tag, and knows how far the registry guards it.
class IndexWriter {
 public:
  IndexWriter(registry::RegistryClient& client, const std::stop_token& stop)
      : client_(client), stop_(stop) {}

  /// To be told what is there, before it is asked or writes.
  void see(const HeldLayerIndex& held) {
    held_ = held;
    guard_.see(held.manifest);
  }
  /// Whether what is there is what was written last.
  bool wrote_that() const { return last_ && held_.manifest == last_; }

  enum class Outcome { refused, in_conflict, stored, stored_for_good };
  /// Refused where others changed it meanwhile, and where blobs that it names are not there: they
  /// are dropped from then on. In conflict where another one was writing it. Stored for good where
  /// nobody can have lost anything by it.
  Outcome write(LayerIndex& index) {
    index.drop(absent_);
    if (index.pairs().empty()) throw Error(ErrorKind::registry, "none of its blobs is there");
    if (!held_.manifest) put_empty_config(client_, stop_);
    const oci::RawManifest manifest = index.to_manifest();
    last_ = manifest.descriptor.digest;
    const auto put = client_.put_unless_changed(layer_index_tag, manifest,
                                                guard_.condition(held_.unless_changed), stop_);
    if (!put) {
      guard_.refused(put.error());
      return put.error().is_conflict ? Outcome::in_conflict : Outcome::refused;
    }
    if (const auto* refused = std::get_if<registry::FormatRefused>(&*put)) {
      throw Error(ErrorKind::registry, refused->why);
    }
    if (const auto* missing = std::get_if<registry::BlobsMissing>(&*put)) {
      learn_absent(*missing);
      return Outcome::refused;
    }
    return guard_.is_trusted() ? Outcome::stored_for_good : Outcome::stored;
  }

 private:
  void learn_absent(const registry::BlobsMissing& missing) {
    const std::size_t known = absent_.size();
    absent_.insert(missing.digests.begin(), missing.digests.end());
    if (absent_.size() == known) throw Error(ErrorKind::registry, "the registry lacks its blobs");
    if (absent_.erase(empty_config().digest) != 0) put_empty_config(client_, stop_);
  }

  registry::RegistryClient& client_;
  const std::stop_token& stop_;
  HeldLayerIndex held_;
  std::set<oci::Digest> absent_;
  std::optional<oci::Digest> last_;
  TagGuard guard_;
};

constexpr Settling other_pushers{.times = 2, .longest = std::chrono::seconds(1)};

}  // namespace

std::optional<LayerIndex> LayerIndex::from_manifest(const oci::RawManifest& held) {
  if (!oci::is_manifest(held.descriptor.media_type)) return std::nullopt;
  const auto manifest = oci::Manifest::from_json(held.json);
  if (!manifest) return std::nullopt;
  const auto more = go::Json::parse(manifest->more);
  if (!more || more->text_at("artifactType") != layer_index_type) return std::nullopt;
  LayerIndex index;
  for (const oci::Descriptor& blob : manifest->layers) {
    const auto named = blob.annotations.find(diff_id_key);
    if (named == blob.annotations.end() || !is_compressed_layer(blob.media_type)) continue;
    const auto diff_id = oci::Digest::parse(named->second);
    if (!diff_id) continue;
    if (index.pairs_.size() == most_indexed_pairs) break;
    index.pairs_.emplace_back(
        *diff_id,
        oci::Descriptor{.media_type = blob.media_type, .digest = blob.digest, .size = blob.size});
  }
  return index;
}

oci::RawManifest LayerIndex::to_manifest() const {
  oci::Manifest manifest{.config = empty_config(), .layers = {}};
  manifest.more =
      go::Json(go::Json::Object{{"artifactType", std::string(layer_index_type)}}).compact();
  for (const auto& [diff_id, blob] : pairs_) {
    oci::Descriptor layer = blob;
    layer.annotations = {{diff_id_key, diff_id.str()}};
    manifest.layers.push_back(std::move(layer));
  }
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

bool LayerIndex::has(const PairedLayers& pairs) const {
  const std::set<std::pair<oci::Digest, oci::Digest>> all = [&] {
    std::set<std::pair<oci::Digest, oci::Digest>> known;
    for (const auto& [diff_id, blob] : pairs_) known.emplace(diff_id, blob.digest);
    return known;
  }();
  return std::ranges::all_of(
      pairs, [&](const auto& pair) { return all.contains({pair.first, pair.second.digest}); });
}

void LayerIndex::add(const PairedLayers& newest) {
  std::set<std::pair<oci::Digest, std::string>> layers;
  std::set<oci::Digest> blobs;
  for (const auto& [diff_id, blob] : newest) {
    layers.emplace(diff_id, blob.media_type);
    blobs.insert(blob.digest);
  }
  std::erase_if(pairs_, [&](const auto& pair) {
    return layers.contains({pair.first, pair.second.media_type}) ||
           blobs.contains(pair.second.digest);
  });
  pairs_.insert(pairs_.begin(), newest.begin(), newest.end());
  keep_newest(most_indexed_pairs);
}

void LayerIndex::drop(const std::set<oci::Digest>& blobs) {
  std::erase_if(pairs_, [&](const auto& pair) { return blobs.contains(pair.second.digest); });
}

void LayerIndex::keep_newest(std::size_t count) {
  if (pairs_.size() > count) {
    pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(count), pairs_.end());
  }
}

HeldLayerIndex read_layer_index(registry::RegistryClient& client, std::stop_token stop) {
  auto [manifest, unless_changed] = client.read_tag(layer_index_tag, std::move(stop));
  HeldLayerIndex held{.unless_changed = std::move(unless_changed)};
  if (!manifest) return held;
  held.manifest = manifest->descriptor.digest;
  held.index = LayerIndex::from_manifest(*manifest);
  return held;
}

LayerIndex change_layer_index(registry::RegistryClient& client,
                              const std::function<bool(LayerIndex&)>& change,
                              const std::stop_token& stop) {
  std::mt19937_64 random{random_bits()};
  IndexWriter writer(client, stop);
  for (int round = 0; round < most_rounds; ++round) {
    const auto began = client.clock().now();
    const HeldLayerIndex held = read_layer_index(client, stop);
    if (held.manifest && !held.index) {
      throw Error(ErrorKind::registry,
                  cat("the tag ", layer_index_tag, " names something that is not a layer index"),
                  "push without --layer-index, or remove that tag");
    }
    writer.see(held);
    LayerIndex index = held.index.value_or(LayerIndex());
    if (writer.wrote_that() || !change(index)) return index;
    const IndexWriter::Outcome written = writer.write(index);
    if (written == IndexWriter::Outcome::stored_for_good) return index;
    if (written == IndexWriter::Outcome::refused) continue;
    client.clock().wait(settling_time(other_pushers, client.clock().now() - began, random), stop);
  }
  throw Error(ErrorKind::registry, "others keep changing it", "the next push adds what it knows");
}

}  // namespace n2c
