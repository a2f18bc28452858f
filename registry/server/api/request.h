#pragma once
/// One HTTP request and its reply, without sockets.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/stream.h"

namespace n2c::registry {

enum class Method { get, head, post, put, patch, del, other };

/// "GET", "DELETE"; "?" for other.
std::string_view method_text(Method method);

/// Header fields in order. Names are compared without case (RFC 9110 §5.1).
class HeaderMap {
 public:
  HeaderMap() = default;
  HeaderMap(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string field, std::string value) {
    fields_.emplace_back(std::move(field), std::move(value));
  }
  /// Replaces every field of that name.
  void set(std::string_view field, std::string value);
  void remove(std::string_view field);
  /// The first value of that name, or nothing.
  std::optional<std::string_view> find(std::string_view field) const;
  /// The first value, or "".
  std::string_view get(std::string_view field) const { return find(field).value_or(""); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request whose body has not been read yet.
struct Request {
  Method method = Method::get;
  std::string target;  ///< as on the request line: path and query, percent-encoded
  HeaderMap headers;
  Reader& body;  ///< throws Error{network} when the client leaves before the body's end
  std::optional<std::uint64_t> body_size{};  ///< Content-Length; nothing when chunked
  std::string peer{};                        ///< as in AccessRecord
};

/// A text, or a reader of exactly as many bytes as the Content-Length header says (chunked when
/// there is no such header). The reply to a HEAD is sent without it.
struct Reply {
  int status = 200;
  HeaderMap headers{};
  std::variant<std::string, std::unique_ptr<Reader>> body{};
};

}  // namespace n2c::registry
