#pragma once
/// Learning from a repository how layers are stored there, so that they need not be
/// compressed to know (field-guide: a manifest's layers pair with its config's diff_ids).

#include <set>
#include <stop_token>
#include <utility>
#include <vector>

#include "push/plan.h"
#include "registry/client/client.h"

namespace n2c {

/// The stored forms of an image's layers: one request, for the config that says their diff_ids.
/// None of what is not a single image, or contradicts itself (other counts of layers and
/// diff_ids). Throws Error as RegistryClient does.
LayerForms find_forms(registry::RegistryClient& client, const registry::FetchedManifest& image,
                      std::stop_token stop);

/// Pairs layers with diff_ids; empty when their counts differ. Forms whose media type is not
/// a plain, gzip or zstd layer are left out; Docker's media types become OCI's.
LayerForms pair_forms(const oci::Manifest& manifest, const std::vector<oci::Digest>& diff_ids);

/// No more images of an index are read to learn how their layers are stored.
inline constexpr std::size_t max_learnt_from = 32;

/// The manifests of a held index that are worth a request: those that are `expected` to be
/// written, as it need not be when it is there; and, where forms are lacking, images to learn from.
std::vector<oci::Descriptor> worth_a_look(const oci::Index& held,
                                          const std::set<oci::Digest>& expected, bool lacks_forms);

}  // namespace n2c
