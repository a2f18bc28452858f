#pragma once
/// The manifest of an image whose layers' stored forms are known.

#include <vector>

#include "image/image.h"
#include "oci/manifest.h"

namespace n2c {

enum class ManifestFormat { oci, docker };

/// The manifest of an image whose layers are stored as `layers` says: one entry for each of
/// Image::layers. It has the image's annotations; `annotations` win over them. Throws Error{usage}
/// for what Docker's format cannot say (zstd).
oci::Manifest make_manifest(const Image& image, std::vector<oci::Descriptor> layers,
                            ManifestFormat format, oci::Annotations annotations = {});

}  // namespace n2c
