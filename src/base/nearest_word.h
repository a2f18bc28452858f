#pragma once
/// What a person may have meant by a word that is not known.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace n2c {

namespace detail {

inline constexpr std::size_t longest_word = 40;
inline constexpr std::size_t shortest_part = 4;

/// How many letters have to be put, taken away, replaced or swapped with the next.
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

/// Whether the letters are all in the other word, in that order, and the first is its first.
inline bool is_part_of(std::string_view letters, std::string_view word) {
  if (letters.size() < shortest_part || letters.front() != word.front()) return false;
  for (const char letter : word) {
    if (!letters.empty() && letters.front() == letter) letters.remove_prefix(1);
  }
  return letters.empty();
}

}  // namespace detail

/// The first of `words` that `typed` is the least slips away from, in any case of letters: a letter
/// put, taken away, replaced or swapped with the next. A quarter of its letters, rounded, may be
/// slips, one at least. Where there is none, a word of four letters or more may be a shortened one
/// ("Workdir"). Nothing for what is like none of them.
inline std::optional<std::string_view> nearest_word(std::string_view typed,
                                                    std::span<const std::string_view> words) {
  if (typed.size() > detail::longest_word) return {};
  const std::string lower = lower_ascii(typed);
  std::optional<std::string_view> nearest;
  std::size_t least = 1 + std::max<std::size_t>(1, (typed.size() + 2) / 4);
  for (const std::string_view word : words) {
    const std::string other = lower_ascii(word);
    if (other.empty()) continue;
    const std::size_t far = detail::distance(lower, other);
    // What has no letter right is no slip.
    if (far >= least || far >= std::max(lower.size(), other.size())) continue;
    least = far;
    nearest = word;
  }
  if (nearest) return nearest;
  for (const std::string_view word : words) {
    if (detail::is_part_of(lower, lower_ascii(word))) return word;
  }
  return {};
}

}  // namespace n2c
