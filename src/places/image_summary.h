#pragma once
/// What an image is, wherever it is: what people and programs ask for before they take it.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "go/encoding_json.h"
#include "image/image.h"
#include "oci/manifest.h"
#include "transfer/image_manifest.h"
#include "transfer/image_source.h"

namespace n2c {

struct ImageSummary {
  std::string place;  ///< "docker://ghcr.io/acme/app:1"
  oci::RawManifest root;
  std::optional<oci::Index> index{};  ///< of the root, where it is one
  /// The image: the root, or the one of the index that is for the platform. Nothing when the index
  /// has none, and then neither has it a config.
  std::optional<oci::RawManifest> image{};
  std::optional<oci::Manifest> manifest{};  ///< what `image` says
  std::string config_json{};
};

/// Reads manifests and the config, and no layer. With `platform`, throws Error{input} when the
/// index has no image for it; without, this machine's is looked for. Other artifacts than images
/// have a config that is no image's.
ImageSummary summarize(ImageSource& source, const std::optional<oci::Platform>& platform,
                       std::stop_token stop);
/// The same of an image that is stored nowhere, with the manifest that it would have.
ImageSummary summarize(const Image& image, std::string place, oci::RawManifest manifest);
/// In `format`, of the image's layers as they are, uncompressed; in Docker's format skopeo's
/// `docker-archive:` has this one.
oci::RawManifest manifest_of_plain_layers(const Image& image, ManifestFormat format);

/// Throws Error{input} when there is no image: an index that has none for the platform.
void require_image(const ImageSummary& summary);

/// name, digest, media_type, size, platforms of an index; and of the image its digest, platform,
/// created, layers, config and annotations.
go::Json json_of(const ImageSummary& summary);

/// As `skopeo inspect` says it (skopeo's cmd/skopeo/inspect/output.go): Name, Digest, RepoTags and
/// on to Env. `name` is the repository; empty: left out. Throws Error{input} when there is no
/// image.
go::Json skopeo_json_of(const ImageSummary& summary, const std::string& name,
                        const std::vector<std::string>& tags);

/// The config by itself. Throws Error{input} when there is no image, or it is no JSON.
go::Json config_of(const ImageSummary& summary);

}  // namespace n2c
