#pragma once
/// What is known of the destination before a push begins.

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "oci/digest.h"
#include "transfer/known_forms.h"

namespace n2c {

/// Found out by whoever knows the destination (remote/learning.h), and not changed by the push.
/// Empty, the push asks for everything.
struct RepositoryState {
  KnownForms forms{};                         ///< stored forms of layers
  std::map<std::string, oci::Digest> tags{};  ///< the manifest that a tag names now
  /// Further manifests that are there, and so all that they name.
  std::set<oci::Digest> manifests{};
  /// The layers whose forms are not known are probably there too. So it pays to find a large
  /// layer's digest by compressing it twice, and to ask for it before it is sent.
  bool probably_has_more = false;

  /// Whether the manifest, and so all that it names, is known to be there.
  bool has(const oci::Digest& manifest) const;
  /// Those of `tags` that are not known to name that manifest already.
  std::vector<std::string> tags_to_write(std::span<const std::string> tags,
                                         const oci::Digest& manifest) const;
};

}  // namespace n2c
