#pragma once
/// Learning from a repository how layers are stored there, without compressing them: a manifest's
/// layers pair with its config's diff_ids (docs/field-guide.md 4).

#include <set>
#include <stop_token>
#include <vector>

#include "registry/client/client.h"
#include "transfer/plan.h"

namespace n2c {

/// The stored forms of an image's layers. It makes one request, for the config, which has their
/// diff_ids. Empty for what is not a single image, and when the counts of layers and diff_ids
/// differ. Throws Error as RegistryClient does.
PairedLayers find_forms(registry::RegistryClient& client, const oci::RawManifest& image,
                        std::stop_token stop);

/// Pairs layers with diff_ids. Empty when their counts differ. Forms that are not a plain, gzip or
/// zstd layer are left out. Docker's media types become OCI's.
PairedLayers pair_forms(const oci::Manifest& manifest, const std::vector<oci::Digest>& diff_ids);

/// At most this many images of an index are read to learn how their layers are stored.
inline constexpr std::size_t max_learnt_from = 32;

/// The manifests of a held index that are worth a request: those that are `expected` to be written,
/// since they need not be written when they are there; and images to learn from, where forms are
/// lacking.
std::vector<oci::Descriptor> worth_a_look(const oci::Index& held,
                                          const std::set<oci::Digest>& expected, bool lacks_forms);

}  // namespace n2c
