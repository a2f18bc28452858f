#pragma once
/// The layer index of a repository: which blob holds which layer, in one small artifact that is
/// kept there (docs/design/reuse.md).

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string_view>

#include "oci/manifest.h"
#include "registry/client/client.h"
#include "transfer/known_forms.h"

namespace n2c {

/// The tag that it has in every repository.
inline constexpr std::string_view layer_index_tag = "n2c-layer-index";
inline constexpr std::string_view layer_index_type = "application/vnd.n2c.layer-index.v1";
/// What is older than so many pairs is dropped.
inline constexpr std::size_t most_indexed_pairs = 5000;

/// Pairs of a diff_id and the gzip or zstd blob that it is stored as, newest first. No I/O.
class LayerIndex {
 public:
  /// Nothing for a manifest of another artifactType. What is no pair is left out, and what is past
  /// most_indexed_pairs.
  static std::optional<LayerIndex> from_manifest(const oci::RawManifest& held);
  /// An OCI manifest whose layers are the blobs, each annotated with its diff_id. So a garbage
  /// collector keeps them. At most oci::max_manifest_bytes.
  oci::RawManifest to_manifest() const;

  const PairedLayers& pairs() const { return pairs_; }
  /// Whether it pairs all of these in the same way.
  bool has(const PairedLayers& pairs) const;
  /// Puts them before the others, in place of what is said of the same layers and blobs.
  void add(const PairedLayers& newest);
  /// Drops the pairs of those blobs.
  void drop(const std::set<oci::Digest>& blobs);
  /// Drops the oldest.
  void keep_newest(std::size_t count);

 private:
  PairedLayers pairs_;
};

/// What a repository has under layer_index_tag.
struct HeldLayerIndex {
  std::optional<oci::Digest> manifest{};  ///< nothing: there is no such tag
  std::optional<LayerIndex> index{};      ///< nothing: something else has the tag
  http::Headers unless_changed{};         ///< as in registry::ReadTag
};

/// One request. Throws Error as RegistryClient does.
HeldLayerIndex read_layer_index(registry::RegistryClient& client, std::stop_token stop);

/// Changes the repository's index, or makes one: it is read, changed by `change`, written unless it
/// was changed meanwhile, and read back, as often as others write it at the same time, within
/// bounds. A registry that has once refused to overwrite what others wrote needs no reading back.
/// `change` returns false when nothing is to be changed; it is called again for what was read.
/// Blobs that the registry turns out to lack are dropped. Throws Error{registry} where something
/// else has the tag (it is left alone), where the registry refuses the artifact, and where others
/// keep changing it. Returns what is there then.
LayerIndex change_layer_index(registry::RegistryClient& client,
                              const std::function<bool(LayerIndex&)>& change,
                              const std::stop_token& stop);

}  // namespace n2c
