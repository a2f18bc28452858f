#pragma once
/// What a repository lists, page by page: its tags, and what refers to a manifest
/// (distribution-spec, "Listing Tags" and "Listing Referrers").

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "oci/manifest.h"
#include "registry/client/host.h"

namespace n2c::registry {

struct TagPage {
  std::vector<std::string> tags;      ///< in the registry's order
  std::optional<std::string> next{};  ///< the query of the next page
  std::uint64_t bytes = 0;            ///< of the whole page
};

struct TagQuery {
  std::string query{};  ///< empty: the first page, of the registry's own size
  bool retry = true;    ///< false: one try
};

/// One page. Nothing when the registry has no such repository. Throws Error{registry} for other
/// refusals, and for a page above 64 MiB (4 MiB where it is tried once).
std::optional<TagPage> read_tag_page(Host& host, const Scope& scope, const TagQuery& query,
                                     std::stop_token stop);

/// All tags, in the registry's order. Nothing when it has no such repository. Throws
/// Error{registry} past a million tags or 64 MiB, for a list that does not end (a page that leads
/// to an earlier one, a thousand pages with next to nothing in them, 30 minutes), and for other
/// refusals.
std::optional<std::vector<std::string>> list_tags(Host& host, const Scope& scope,
                                                  std::stop_token stop);

/// All manifests whose subject it is, in the registry's order, with artifactType and annotations.
/// Nothing where the registry has no such list: it answers with anything but an index. Throws
/// Error{registry} as list_tags() does, and for a fault that does not pass, and Error{auth}.
std::optional<std::vector<oci::Descriptor>> list_referrers(Host& host, const Scope& scope,
                                                           const oci::Digest& subject,
                                                           std::stop_token stop);

/// The query of the next page, of a Link header (RFC 8288): `</v2/a/tags/list?n=2&last=b>;
/// rel="next"` gives "n=2&last=b". Nothing when it leads to no next page. Only the query is taken:
/// where requests go is not for a reply to say.
std::optional<std::string> next_page(std::string_view link);

}  // namespace n2c::registry
