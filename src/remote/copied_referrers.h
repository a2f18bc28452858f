#pragma once
/// Taking along what refers to an image that is copied from one repository to another.

#include <cstddef>
#include <set>
#include <stop_token>
#include <string>

#include "oci/manifest.h"
#include "oci/reference.h"
#include "remote/registries.h"
#include "transfer/progress.h"

namespace n2c {

/// From where to where.
struct CopiedBetween {
  Registries& reading;
  oci::Repository from;
  Registries& writing;
  oci::Repository to;
};

struct CopiedReferrers {
  std::size_t copied = 0, present = 0, left_out = 0;
};

/// Copies all that refers to the manifest, to the images that it names when it is an index, and to
/// what was so copied, each once: artifacts, indexes of them, and what cosign 2 keeps under tags of
/// a digest ("sha256-HEX.sig", ".att", ".sbom"). `types` are the artifactTypes to take, or the
/// media types of layers where a manifest has none; none: all. The manifest is at `to` already.
/// What is listed and not there, or is about something else, is left out and noted; so is one of
/// cosign's tags that holds there what `from` lacks. Throws Error as RegistryClient does.
CopiedReferrers copy_referrers(const CopiedBetween& between, const oci::RawManifest& root,
                               const std::set<std::string>& types, Progress& progress,
                               const std::stop_token& stop);

}  // namespace n2c
