#include "registry/server/api/byte_range.h"

#include <algorithm>

#include "base/large_number.h"
#include "base/text.h"

namespace n2c::registry {

std::variant<ByteRange, WholeBlob, Unsatisfiable> parse_range(std::string_view value,
                                                              std::uint64_t size) {
  value = trim(value);
  if (!value.starts_with("bytes=")) return WholeBlob{};
  value.remove_prefix(6);
  if (value.contains(',')) return WholeBlob{};
  const auto ends = cut(value, '-');
  if (!ends) return Unsatisfiable{};
  const auto first = parse_large_number(trim(ends->first));
  const auto last = parse_large_number(trim(ends->second));
  const bool from_end = trim(ends->first).empty();
  const bool to_end = trim(ends->second).empty();
  if ((!first && !from_end) || (!last && !to_end) || size == 0) return Unsatisfiable{};
  if (from_end) {
    if (to_end || *last == 0) return Unsatisfiable{};
    return ByteRange{size - std::min(*last, size), size - 1};
  }
  if (*first >= size || (last && *last < *first)) return Unsatisfiable{};
  return ByteRange{*first, to_end ? size - 1 : std::min(*last, size - 1)};
}

Parsed<ByteRange> parse_chunk_range(std::string_view value) {
  std::string_view text = trim(value);
  if (text.starts_with("bytes ")) text.remove_prefix(6);
  if (const auto total = cut(text, '/')) text = total->first;
  const auto ends = cut(text, '-');
  const auto first = ends ? parse_number(ends->first) : std::nullopt;
  const auto last = ends ? parse_number(ends->second) : std::nullopt;
  if (!first || !last || *last < *first || *last == UINT64_MAX) {
    return std::unexpected("not FIRST-LAST: " + printable(value, 60));
  }
  return ByteRange{*first, *last};
}

}  // namespace n2c::registry
