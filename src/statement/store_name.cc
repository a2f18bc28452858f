#include "statement/store_name.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "image/image_json.h"

namespace n2c {

namespace {

constexpr std::size_t hash_letters = 32;

/// Those of nixpkgs' multiple-outputs.sh, and gcc's.
constexpr std::array<std::string_view, 12> outputs{"bin",    "debug", "dev",    "devdoc",
                                                   "devman", "doc",   "info",   "lib",
                                                   "libgcc", "man",   "static", "terminfo"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the version's '-' is.
std::size_t version_at(std::string_view name) {
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    if (name[i] == '-' && !is_letter(name[i + 1])) return i;
  }
  return std::string_view::npos;
}

}  // namespace

StoreName parse_store_name(std::string_view path) {
  StoreName made;
  if (path.starts_with(store_folder)) path.remove_prefix(store_folder.size());
  path = path.substr(path.starts_with('/') ? path.rfind('/') + 1 : 0);
  const bool has_hash = path.size() > hash_letters + 1 && path[hash_letters] == '-' &&
                        std::ranges::all_of(path.substr(0, hash_letters), [](char c) {
                          return is_digit(c) || (c >= 'a' && c <= 'z');
                        });
  if (has_hash) {
    made.hash = path.substr(0, hash_letters);
    path.remove_prefix(hash_letters + 1);
  }
  const std::size_t at = version_at(path);
  made.name = path.substr(0, at);
  if (made.name.empty()) made.name = path.empty() ? "unnamed" : path;
  if (at == std::string_view::npos || at == 0) return made;
  std::string_view version = path.substr(at + 1);
  const auto last = version.rfind('-');
  if (last != std::string_view::npos &&
      std::ranges::find(outputs, version.substr(last + 1)) != outputs.end()) {
    made.output = version.substr(last + 1);
    version = version.substr(0, last);
  }
  made.version = version;
  return made;
}

std::string purl_encoded(std::string_view text) {
  constexpr std::string_view plain = ".-_~";
  std::string made;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || plain.contains(c)) {
      made += c;
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      made += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return made;
}

std::string purl_of(const StoreName& name) {
  std::string made = cat("pkg:nix/", purl_encoded(name.name));
  if (!name.version.empty()) made += cat("@", purl_encoded(name.version));
  if (!name.output.empty()) made += cat("?output=", purl_encoded(name.output));
  return made;
}

}  // namespace n2c
