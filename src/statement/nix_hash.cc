#include "statement/nix_hash.h"

#include <optional>
#include <string>

#include "base/text.h"

namespace n2c {

namespace {

/// Nix's base 32: the last letter has the first five bits (Nix manual, "Nix32").
std::optional<std::string> bytes_of_nix32(std::string_view text, std::size_t size) {
  constexpr std::string_view letters = "0123456789abcdfghijklmnpqrsvwxyz";
  if (text.size() != (size * 8 + 4) / 5) return {};
  std::string bytes(size, '\0');
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto digit = letters.find(text[text.size() - 1 - n]);
    if (digit == std::string_view::npos) return {};
    const std::size_t bit = n * 5;
    const auto wide = static_cast<unsigned>(digit) << (bit % 8);
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) | (wide & 255U));
    if (bit / 8 + 1 < size) {
      bytes[bit / 8 + 1] = static_cast<char>(wide >> 8U);
    } else if ((wide >> 8U) != 0) {
      return {};
    }
  }
  return bytes;
}

std::optional<std::string> bytes_of_base64(std::string_view text, std::size_t size) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto digit = letters.find(c);
    if (digit == std::string_view::npos) return {};
    held = (held << 6U) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> bits) & 255U);
    held &= (1U << bits) - 1;
  }
  if (bytes.size() != size) return {};
  return bytes;
}

}  // namespace

Parsed<oci::Digest> parse_nix_hash(std::string_view text) {
  if (auto digest = oci::Digest::parse(text)) return digest;
  const auto at = text.find_first_of(":-");
  const std::string_view name = text.substr(0, at);
  if (at == std::string_view::npos || (name != "sha256" && name != "sha512")) {
    return std::unexpected(
        cat("\"", printable(text), "\" is not a sha256 or sha512 in Nix's form"));
  }
  const bool is_short = name == "sha256";
  const std::size_t size = is_short ? 32 : 64;
  const std::string_view rest = text.substr(at + 1);
  const auto bytes = text[at] == '-' ? bytes_of_base64(rest, size) : bytes_of_nix32(rest, size);
  if (!bytes) return std::unexpected(cat("\"", printable(text), "\" is not a hash in Nix's form"));
  return oci::Digest::from_hex(is_short ? HashAlgorithm::sha256 : HashAlgorithm::sha512,
                               hex_of(*bytes));
}

}  // namespace n2c
