#pragma once
/// An image's manifest made, with everything that it names beside it.

#include <span>
#include <vector>

#include "image/image.h"
#include "oci/manifest.h"

namespace n2c {

/// A manifest and everything it names, as the blobs of a layout: manifest, config, layers.
struct ManifestBlobs {
  oci::Descriptor manifest;
  std::vector<Blob> blobs;
};
/// `layers` are the image's layers in the form to be stored; Image::layers' own blobs leave them as
/// they are.
ManifestBlobs manifest_blobs(const Image& image, std::span<const Blob> layers);

}  // namespace n2c
