#include "remote/likely_tags.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "remote/layer_index.h"

namespace n2c {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A commit's hash is written with at least so many digits.
constexpr std::size_t shortest_hash = 7;

/// The end of the run that begins at `from`, whose characters are all `of`.
std::size_t end_of_run(std::string_view text, std::size_t from, bool (*of)(char)) {
  while (from < text.size() && of(text[from])) ++from;
  return from;
}

/// Whether the tag is kept for what belongs to an image: the referrers' fallback tag, cosign's, and
/// our own.
bool belongs_to_an_image(std::string_view tag) {
  if (tag == layer_index_tag) return true;
  for (const std::string_view algorithm : {"sha256-", "sha512-"}) {
    if (tag.starts_with(algorithm)) return true;
  }
  for (const std::string_view suffix : {".sig", ".att", ".sbom"}) {
    if (tag.ends_with(suffix)) return true;
  }
  return false;
}

std::string_view without_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "" : digits.substr(first);
}

std::size_t common_prefix(std::string_view left, std::string_view right) {
  const auto [end, other] = std::ranges::mismatch(left, right);
  return static_cast<std::size_t>(end - left.begin());
}

constexpr std::array<std::string_view, 6> usual_branches = {"main",  "master",  "develop",
                                                            "trunk", "nightly", "edge"};

}  // namespace

std::string form_of_tag(std::string_view tag) {
  std::string form;
  for (std::size_t at = 0; at < tag.size();) {
    const std::size_t word = end_of_run(tag, at, is_word);
    const bool begins_a_word = at == 0 || !is_word(tag[at - 1]);
    if (begins_a_word && word - at >= shortest_hash && end_of_run(tag, at, is_hex) == word) {
      form += '#';
      at = word;
    } else if (is_digit(tag[at])) {
      form += '#';
      at = end_of_run(tag, at, is_digit);
    } else {
      form += tag[at++];
    }
  }
  return form;
}

bool comes_before_naturally(std::string_view left, std::string_view right) {
  std::size_t l = 0, r = 0;
  while (l < left.size() && r < right.size()) {
    if (is_digit(left[l]) && is_digit(right[r])) {
      const std::size_t l_end = end_of_run(left, l, is_digit);
      const std::size_t r_end = end_of_run(right, r, is_digit);
      const auto one = without_zeros(left.substr(l, l_end - l));
      const auto other = without_zeros(right.substr(r, r_end - r));
      if (one.size() != other.size()) return one.size() < other.size();
      if (one != other) return one < other;
      l = l_end;
      r = r_end;
    } else {
      if (left[l] != right[r]) return left[l] < right[r];
      ++l;
      ++r;
    }
  }
  if (l == left.size() && r == right.size()) return left < right;  // "01" and "1"
  return l == left.size();
}

std::vector<std::string> likely_tags(std::span<const std::string> tags, std::string_view pushed,
                                     std::size_t limit) {
  std::vector<std::string> newest_first;
  for (const std::string& tag : tags) {
    if (tag != pushed && !belongs_to_an_image(tag)) newest_first.push_back(tag);
  }
  std::ranges::sort(newest_first,
                    [](const auto& a, const auto& b) { return comes_before_naturally(b, a); });
  std::vector<std::string> likely;
  std::set<std::string_view> taken;
  const auto take = [&](const std::string& tag) {
    if (likely.size() < limit && taken.insert(tag).second) likely.push_back(tag);
  };
  const auto take_named = [&](std::string_view name) {
    const auto found = std::ranges::find(newest_first, name);
    if (found != newest_first.end()) take(*found);
  };
  take_named("latest");
  // Of the same form: first the one before it, then the newest. Half of what may be asked for.
  const std::string form = form_of_tag(pushed);
  std::vector<std::string> alike;
  std::ranges::copy_if(newest_first, std::back_inserter(alike),
                       [&](const std::string& tag) { return form_of_tag(tag) == form; });
  const auto before = std::ranges::find_if(
      alike, [&](const std::string& tag) { return comes_before_naturally(tag, pushed); });
  if (before != alike.end()) take(*before);
  for (const std::string& tag : alike) {
    if (likely.size() > limit / 2) break;
    take(tag);
  }
  for (const std::string_view branch : usual_branches) take_named(branch);
  // Those that begin most alike, then the newest.
  std::vector<std::string> others = newest_first;
  std::ranges::stable_sort(others, std::greater{},
                           [&](const std::string& tag) { return common_prefix(tag, pushed); });
  for (const std::string& tag : others) take(tag);
  return likely;
}

}  // namespace n2c
