#pragma once
/// The head of a request: its request line and header fields (RFC 9112 §2 to §7).
///
/// It is strict where two readers of the same bytes could differ on where a request ends. What is
/// not plainly one request is refused, and the connection is closed.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "registry/server/api/api_error.h"
#include "registry/server/api/request.h"

namespace n2c::registry {

/// Finds the end of a head, byte after byte, so that it does not matter how the bytes were cut. One
/// thread at a time.
class HeadScanner {
 public:
  /// A head is at most `limit` bytes.
  explicit HeadScanner(std::size_t limit) : limit_(limit) {}

  /// Goes on in `text`, which is all that has arrived since the head's first byte; each call has
  /// more at its end. Returns why this cannot be a head (400, 431), or nothing while it can.
  std::optional<ApiError> look(std::string_view text);
  /// Whether the empty line has come; then size() bytes are the head.
  bool whole() const { return state_ == State::whole; }
  std::size_t size() const { return size_; }

 private:
  enum class State { before, after_first_cr, line, after_cr, line_start, last_cr, whole };
  /// Returns false when the byte is not allowed there.
  bool take(char c);

  std::size_t limit_;
  std::size_t size_ = 0;
  State state_ = State::before;
};

struct RequestHead {
  std::string method;
  std::string target;  ///< begins with "/"; "*" is possible too
  HeaderMap fields;    ///< at most one Host: of an absolute target, its authority
  bool is_chunked = false;
  std::optional<std::uint64_t> length{};  ///< Content-Length
  bool keeps_alive = false;               ///< another request may follow
  bool expects_continue = false;
};

/// Parses what HeadScanner found whole. The error's status is 400, 417 (Expect), 431 (more
/// than 100 fields), 501 (a Transfer-Encoding that is not exactly "chunked") or 505.
std::expected<RequestHead, ApiError> parse_head(std::string_view text);

/// Whether a Host field's value has the form of RFC 9110 §7.2: a name or address, and a port
/// where there is one. It may be empty.
bool is_authority(std::string_view text);

}  // namespace n2c::registry
