#pragma once
/// What a push will do with each layer, decided without I/O.
///
/// The digest of a compressed layer is found by compressing it, unless someone knows it already:
/// the repository, whose manifest pairs layers with the diff_ids of its config, or the local cache.
/// See docs/design/reuse.md.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/codec.h"
#include "image/image.h"
#include "oci/manifest.h"

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

/// One distinct layer of the image and what becomes of it.
struct PlannedLayer {
  std::size_t first = 0;   ///< its (first) place in Image::layers
  std::string media_type;  ///< as it will be stored
  /// Digest and size as stored, when known before anything is read.
  std::optional<oci::Descriptor> form;
  bool compress = false;  ///< the bytes have to go through the codec when they are sent
  std::string why;        ///< for people: how the form is known, or why it is not
};

/// One entry for each distinct diff_id, in order of first appearance. Layers that are stored
/// compressed, and layers of an unknown media type, go as they are. When one form is known for two
/// layers, of this image or others, it is used for neither: two layers do not unpack to the same
/// bytes.
std::vector<PlannedLayer> plan_layers(const Image& image, const KnownForms& known,
                                      const Compression& compression);

/// The layer media type that a codec gives.
std::string_view layer_media_type(Codec codec);

}  // namespace n2c
