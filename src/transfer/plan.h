#pragma once
/// What a push will do, decided without I/O.
///
/// The digest of a compressed layer is found by compressing it, unless someone knows it already:
/// the repository, whose manifest pairs layers with the diff_ids of its config, or the local cache.
/// See docs/design/reuse.md.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/codec.h"
#include "image/image.h"
#include "oci/manifest.h"
#include "transfer/known_forms.h"
#include "transfer/push_options.h"
#include "transfer/repository_state.h"

namespace n2c {

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

/// All that is decided about the push of an image before it begins. The image, the options and the
/// state outlive it.
struct PushPlan {
  const Image& image;
  const PushOptions& options;
  const RepositoryState& state;
  oci::Descriptor config;
  std::vector<PlannedLayer> layers;
  /// What will be written. Nothing unless every layer's form is known.
  std::optional<oci::Descriptor> manifest;

  /// Whether all is there but perhaps the tags.
  bool is_there() const { return manifest && state.has(manifest->digest); }
};

/// Throws Error{usage} as make_manifest does.
PushPlan plan_push(const Image& image, const PushOptions& options, const RepositoryState& state);

/// The manifest of layers whose forms are all known.
oci::RawManifest planned_manifest(const Image& image, const std::vector<PlannedLayer>& layers,
                                  ManifestFormat format, const oci::Annotations& annotations = {});

/// What plan_push() says of the manifest when these forms are known.
std::optional<oci::Descriptor> expected_manifest(const Image& image, const PushOptions& options,
                                                 const KnownForms& forms);

/// What a push will write, as far as the known forms of layers tell.
struct ExpectedManifests {
  std::optional<oci::Digest> root{};  ///< what the tags will name; unknown while any form is
  std::set<oci::Digest> all{};        ///< the root, and what it lists
};

/// The layer media type that a codec gives.
std::string_view layer_media_type(Codec codec);

}  // namespace n2c
