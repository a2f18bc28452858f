#pragma once
/// Which layers an engine has already, decided from what it says of its images (docs/field-guide.md
/// 3). No I/O.

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "oci/digest.h"

namespace n2c {

/// One image's RootFS.Layers: its diff_ids, lowest first.
using LayerChain = std::vector<oci::Digest>;

/// How many of `wanted`'s lowest layers one of `held` begins with. It is for stores that keep
/// layers by chain, as Docker's classic one: there a layer exists only on top of the same layers
/// below it.
std::size_t held_by_chain(const LayerChain& wanted, std::span<const LayerChain> held);

/// The layers whose files a thin docker-archive leaves out when the lowest `count` are held. A
/// layer that comes again further up is not left out.
std::set<oci::Digest> omitted_from_chain(const LayerChain& wanted, std::size_t count);

/// The wanted diff_ids that are in one of `held`. It is for stores that keep blobs by digest
/// (containerd, podman): there a layer's place does not matter.
std::set<oci::Digest> held_anywhere(const LayerChain& wanted, std::span<const LayerChain> held);

/// An image as an engine lists it.
struct ListedImage {
  std::string id;
  std::vector<std::string> tags;  ///< as the engine writes them: "app:1", "docker.io/library/app:1"
};

/// The images whose layers are worth asking for, best first, at most `limit`: those of the
/// repositories of `names`, then others in the order of the list. `names` are whole
/// ("docker.io/library/app:1").
std::vector<std::string> likely_relatives(std::span<const ListedImage> images,
                                          std::span<const std::string> names, std::size_t limit);

}  // namespace n2c
