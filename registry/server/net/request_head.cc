#include "registry/server/net/request_head.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace n2c::registry {

namespace {

constexpr std::size_t most_fields = 100;
constexpr std::string_view line_end = "\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// RFC 9110 §5.6.2, tchar.
bool is_token_char(char c) {
  return is_digit(c) || is_letter(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

/// The text without optional white space (RFC 9110 §5.6.3) at both ends.
std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

ApiError bad_request(std::string message, int status = 400) {
  return {ApiErrorCode::unsupported, std::move(message), {}, status};
}

std::vector<std::string_view> values_of(const HeaderMap& fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [field, value] : fields) {
    if (lower_ascii(field) == name) values.push_back(value);
  }
  return values;
}

/// Parses one head. Each step returns what is wrong, or nothing.
class HeadParser {
 public:
  using Refusal = std::optional<ApiError>;

  Refusal parse(std::string_view text) {
    while (text.starts_with(line_end)) text.remove_prefix(line_end.size());
    if (auto refused = request_line(next_line(text))) return refused;
    for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
      if (auto refused = field_line(line)) return refused;
    }
    for (const auto step : {&HeadParser::host, &HeadParser::body, &HeadParser::expectation}) {
      if (auto refused = (this->*step)()) return refused;
    }
    head_.keeps_alive = is_1_1_ && !says_close();
    return {};
  }
  RequestHead& head() { return head_; }

 private:
  static std::string_view next_line(std::string_view& text) {
    const auto both = text.find(line_end);
    const std::string_view line = text.substr(0, both);
    text.remove_prefix(std::min(text.size(), line.size() + line_end.size()));
    return line;
  }

  Refusal request_line(std::string_view line) {
    const auto words = split(line, ' ');
    if (words.size() != 3 || !is_token(words[0]) || words[1].empty() ||
        !std::ranges::all_of(words[1], is_visible)) {
      return bad_request("no valid HTTP/1.1 request");
    }
    const std::string_view version = words[2];
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7])) {
      return bad_request("no valid HTTP/1.1 request");
    }
    if (version[5] != '1') return bad_request("HTTP/1.1 is spoken here", 505);
    is_1_1_ = version[7] != '0';
    head_.method = words[0];
    head_.target = words[1];
    return {};
  }

  Refusal field_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon))) {
      return bad_request("a header field has no valid name");
    }
    if (++count_ > most_fields) return bad_request("the header has too many fields", 431);
    head_.fields.add(std::string(line.substr(0, colon)),
                     std::string(without_blanks(line.substr(colon + 1))));
    return {};
  }

  /// RFC 9112 §3.2: one Host; the authority of an absolute target comes before it.
  Refusal host() {
    const auto hosts = values_of(head_.fields, "host");
    if (hosts.size() > 1) return bad_request("Host is given more than once");
    if (hosts.empty() && is_1_1_) return bad_request("Host is missing");
    if (!hosts.empty() && !is_authority(hosts[0])) return bad_request("Host is not valid");
    if (head_.target.starts_with('/') || head_.target == "*") return {};
    const std::size_t scheme = head_.target.find("://");
    const std::string name = lower_ascii(std::string_view(head_.target).substr(0, scheme));
    if (scheme == head_.target.npos || (name != "http" && name != "https")) {
      return bad_request("the target is not a path");
    }
    const std::string_view rest = std::string_view(head_.target).substr(scheme + 3);
    const std::string authority(rest.substr(0, rest.find_first_of("/?")));
    if (authority.empty() || !is_authority(authority)) {
      return bad_request("the target is not a path");
    }
    std::string path(rest.substr(authority.size()));
    if (!path.starts_with('/')) path.insert(0, 1, '/');
    head_.target = std::move(path);
    head_.fields.set("Host", authority);
    return {};
  }

  /// RFC 9112 §6: how long the body is must be said once and plainly.
  Refusal body() {
    const auto codings = values_of(head_.fields, "transfer-encoding");
    const auto lengths = values_of(head_.fields, "content-length");
    if (!codings.empty() && !lengths.empty()) {
      return bad_request("Transfer-Encoding and Content-Length are given both");
    }
    if (!codings.empty() && !is_1_1_) {
      return bad_request("HTTP/1.0 has no Transfer-Encoding");
    }
    if (codings.size() > 1 || (codings.size() == 1 && lower_ascii(codings[0]) != "chunked")) {
      return bad_request("the only Transfer-Encoding known here is chunked", 501);
    }
    head_.is_chunked = !codings.empty();
    if (lengths.empty()) return {};
    head_.length = lengths.size() == 1 ? parse_number(lengths[0]) : std::nullopt;
    if (!head_.length || *head_.length > (std::uint64_t{1} << 62)) {
      return bad_request("Content-Length is not one number");
    }
    return {};
  }

  Refusal expectation() {
    if (!is_1_1_) return {};
    for (const std::string_view value : values_of(head_.fields, "expect")) {
      if (lower_ascii(value) != "100-continue") {
        return bad_request("Expect: only 100-continue is known here", 417);
      }
      head_.expects_continue = true;
    }
    return {};
  }

  bool says_close() const {
    for (const std::string_view value : values_of(head_.fields, "connection")) {
      for (const std::string_view option : split(value, ',')) {
        if (lower_ascii(without_blanks(option)) == "close") return true;
      }
    }
    return false;
  }

  RequestHead head_;
  std::size_t count_ = 0;
  bool is_1_1_ = false;
};

bool is_port(std::string_view text) {
  return text.empty() || (text.starts_with(':') && text.size() <= 6 &&
                          std::ranges::all_of(text.substr(1), is_digit));
}

}  // namespace

std::optional<ApiError> HeadScanner::look(std::string_view text) {
  while (size_ < text.size() && !whole()) {
    if (!take(text[size_])) return bad_request("no valid HTTP/1.1 request");
    ++size_;
    if (size_ >= limit_ && !whole()) {
      return ApiError{ApiErrorCode::size_invalid, "the header is too large", {}, 431};
    }
  }
  return {};
}

bool HeadScanner::take(char c) {
  const auto to = [&](State next) {
    state_ = next;
    return true;
  };
  switch (state_) {
    case State::before:  // empty lines before a request are passed over (RFC 9112 §2.2)
      return to(c == '\r' ? State::after_first_cr : State::line) && (c == '\r' || is_token_char(c));
    case State::after_first_cr: return to(State::before) && c == '\n';
    case State::line_start:
      if (c == '\r') return to(State::last_cr);
      return to(State::line) && is_token_char(c);
    case State::line:
      return to(c == '\r' ? State::after_cr : State::line) && (c == '\r' || !is_control(c));
    case State::after_cr: return to(State::line_start) && c == '\n';
    case State::last_cr: return to(State::whole) && c == '\n';
    case State::whole: return false;
  }
  return false;
}

std::expected<RequestHead, ApiError> parse_head(std::string_view text) {
  HeadParser parser;
  if (auto refused = parser.parse(text)) return std::unexpected(*std::move(refused));
  return std::move(parser.head());
}

bool is_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end != text.npos && end > 1 && is_port(text.substr(end + 1)) &&
           std::ranges::all_of(text.substr(1, end - 1), [](char c) {
             return is_digit(c) ||
                    (lower_ascii({&c, 1})[0] >= 'a' && lower_ascii({&c, 1})[0] <= 'f') ||
                    c == ':' || c == '.';
           });
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  return std::ranges::all_of(name,
                             [](char c) {
                               return is_digit(c) || is_letter(c) ||
                                      std::string_view("-._~%!$&'()*+,;=").contains(c);
                             }) &&
         (colon == text.npos || is_port(text.substr(colon)));
}

}  // namespace n2c::registry
