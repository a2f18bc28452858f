#include "http/trace.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/url.h"

namespace n2c::http {

namespace {

bool is_secret(std::string_view lower_name) {
  // Shown: it says which realm and scope are wanted, which is what a reader of a trace looks for.
  if (lower_name == "www-authenticate" || lower_name == "proxy-authenticate") return false;
  // X-Registry-Auth, X-Amz-Security-Token, X-JFrog-Art-Api, X-Api-Key and their like.
  static constexpr std::array<std::string_view, 9> words = {
      "auth", "cookie", "token", "secret", "password", "key", "credential", "signature", "-api"};
  return std::ranges::any_of(
      words, [&](auto word) { return lower_name.find(word) != std::string_view::npos; });
}

/// "Bearer …" for "Bearer abc": which scheme was used is worth knowing.
std::string masked_value(std::string_view lower_name, std::string_view value) {
  const auto parts = cut(value, ' ');
  return parts && lower_name.ends_with("authorization") ? cat(parts->first, " …") : "…";
}

/// A request target or URL reference without user information and query.
std::string masked_target(std::string_view target) {
  if (const auto url = Url::parse(target)) return url->redacted();
  const auto parts = cut(target, '?');
  const std::string_view path = parts ? parts->first : target;
  if (path.find('@') != std::string_view::npos) return "…";
  return printable(parts ? cat(path, "?…") : path, 1024);
}

std::string masked_line(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() == 3 && words[2].starts_with("HTTP/")) {
    return cat(words[0], ' ', masked_target(words[1]), ' ', words[2]);
  }
  const auto parts = cut(line, ':');
  if (!parts || line.starts_with("HTTP/")) return printable(line, 1024);
  const std::string name = lower_ascii(trim(parts->first));
  const auto value = trim(parts->second);
  if (is_secret(name)) return printable(cat(parts->first, ": ", masked_value(name, value)), 1024);
  if (name == "location" || name == "link" || name == "content-location" || name == "referer") {
    return cat(parts->first, ": ", masked_target(value));
  }
  return printable(line, 1024);
}

}  // namespace

std::vector<std::string> masked_lines(std::string_view header_block) {
  std::vector<std::string> lines;
  for (const auto line : split(header_block, '\n')) {
    if (const auto text = trim(line); !text.empty()) lines.push_back(masked_line(text));
  }
  return lines;
}

}  // namespace n2c::http
