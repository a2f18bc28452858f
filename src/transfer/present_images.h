#pragma once
/// What is there of an index some of whose images are not: `docker save` of one platform writes
/// such an archive.

#include <stop_token>
#include <string>
#include <vector>

#include "oci/manifest.h"
#include "transfer/image_source.h"

namespace n2c {

struct PresentImages {
  /// The index where all of its images are there. Else an index of those that are; of a single
  /// one, its manifest.
  oci::RawManifest root;
  /// The platforms of the others: "linux/arm64".
  std::vector<std::string> absent;
};

/// Asks the source whether it holds the manifests that `root`, an index, names, and their blobs.
/// The images of an index in it are listed in the outer one where some are missing. What is said
/// about a missing image (an attestation) goes with it. Throws Error{input} where no image is
/// there.
PresentImages present_images(ImageSource& source, const oci::RawManifest& root,
                             std::stop_token stop);

}  // namespace n2c
