#pragma once
/// Range and Content-Range: parts of a blob in a pull and in a chunked push.

#include <cstdint>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace n2c::registry {

/// Bytes first to last, both included.
struct ByteRange {
  std::uint64_t first = 0, last = 0;
  std::uint64_t count() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

struct WholeBlob {};      ///< no range was asked for, or one this server may ignore
struct Unsatisfiable {};  ///< 416

/// A Range header's value for a blob of `size` bytes (RFC 9110 §14.2): "bytes=500-1499",
/// "bytes=500-", "bytes=-500". Other units and several ranges are ignored, as a server may.
/// "bytes=500-0", and a range after the end, are unsatisfiable.
std::variant<ByteRange, WholeBlob, Unsatisfiable> parse_range(std::string_view value,
                                                              std::uint64_t size);

/// A chunk's Content-Range in a push: "0-1023", both ends included, without a unit
/// (distribution-spec, "Pushing a blob in chunks"). "bytes 0-1023/…" is accepted too.
Parsed<ByteRange> parse_chunk_range(std::string_view value);

}  // namespace n2c::registry
