#pragma once
/// What refers to an image of a repository (distribution-spec, "Listing Referrers"): by the
/// registry's own list, or, where it keeps none, by an index under a tag of the subject's digest.

#include <stop_token>
#include <string>
#include <vector>

#include "oci/manifest.h"
#include "registry/client/client.h"

namespace n2c {

/// "sha256-" and the digest's hex digits: the tag of that index.
std::string referrers_tag(const oci::Digest& subject);

/// The artifactType that a descriptor of a referrer says; "" when none.
std::string artifact_type_of(const oci::Descriptor& referrer);
/// The descriptor of a manifest, with its artifactType and annotations, as lists of referrers have
/// it. Without an artifactType it is the config's media type that counts. Throws Error{input} for
/// what is no manifest or index.
oci::Descriptor as_referrer(const oci::RawManifest& manifest);

bool names(const std::vector<oci::Descriptor>& referrers, const oci::Digest& digest);

/// All that refers to the subject, each once, in the registry's order. Throws Error as
/// RegistryClient does.
std::vector<oci::Descriptor> list_referrers(registry::RegistryClient& client,
                                            const oci::Digest& subject, std::stop_token stop);

/// The same, with the artifactType and the annotations that a manifest itself has where the list
/// has none, or the empty config's media type for one. It asks for each such manifest; one that is
/// gone, or is none, stays as it is listed.
std::vector<oci::Descriptor> list_typed_referrers(registry::RegistryClient& client,
                                                  const oci::Digest& subject,
                                                  const std::stop_token& stop);

/// Adds a referrer to the index under the tag: it is read, merged, written and read back, as often
/// as others write it at the same time, within bounds. Throws Error{registry} where something else
/// than an index has the tag (it is left alone), and where others keep changing it.
void add_to_referrers_tag(registry::RegistryClient& client, const oci::Digest& subject,
                          const oci::Descriptor& referrer, const std::stop_token& stop);

}  // namespace n2c
