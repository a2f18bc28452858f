#pragma once
/// Stored forms of layers that are known before a layer is read (docs/design/reuse.md).

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci/descriptor.h"
#include "oci/digest.h"

namespace n2c {

/// The stored form of a layer, and who says so.
struct KnownForm {
  oci::Descriptor descriptor;
  std::string said_by;  ///< for people: "ghcr.io/acme/app:1.3", "the cache"
};

/// Pairs of a diff_id and how that layer is stored.
using PairedLayers = std::vector<std::pair<oci::Digest, oci::Descriptor>>;

/// Stored forms by diff_id. The first one added for a diff_id and media type stays.
class KnownForms {
 public:
  void add(const oci::Digest& diff_id, KnownForm form);
  void add(const KnownForms& others);
  /// Replaces what was known of that layer with that media type.
  void replace(const oci::Digest& diff_id, KnownForm form);
  /// The form of that layer with that media type.
  const KnownForm* find(const oci::Digest& diff_id, std::string_view media_type) const;
  /// Forgets every form with that digest. To be called when it turned out to be absent or wrong.
  void forget(const oci::Digest& digest);
  /// For how many layers each form is known.
  std::map<oci::Digest, std::size_t> claims() const;
  bool empty() const { return forms_.empty(); }

 private:
  std::multimap<oci::Digest, KnownForm> forms_;
};

}  // namespace n2c
