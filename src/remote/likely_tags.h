#pragma once
/// Which tags of a repository are worth a look before a push to a new tag.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace n2c {

/// At most this many tags are looked at, whatever the repository has.
inline constexpr std::size_t most_likely_tags = 8;

/// The tags whose images most probably share layers with the one that is pushed to `pushed`, best
/// first, at most `limit`: `latest`; those of the same form, such as other commits of the branch
/// ("main-3f2a1bc") or the versions next to it ("v1.4.2"), the newest by number first; the names of
/// default branches; and the last ones in natural order. Left out are `pushed` itself and what is
/// no image: the tags of referrers, signatures, attestations and SBOMs. No I/O.
std::vector<std::string> likely_tags(std::span<const std::string> tags, std::string_view pushed,
                                     std::size_t limit = most_likely_tags);

/// What a tag looks like: "main-3f2a1bc" and "main-90ab12c" both are "main-#". A run of digits, and
/// a word of at least seven hex digits, is "#".
std::string form_of_tag(std::string_view tag);

/// Whether `left` comes before `right` where runs of digits count as numbers: "v9" before "v10".
bool comes_before_naturally(std::string_view left, std::string_view right);

}  // namespace n2c
