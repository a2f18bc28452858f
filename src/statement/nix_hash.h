#pragma once
/// Hashes as Nix writes them.

#include <string_view>

#include "oci/digest.h"

namespace n2c {

/// "sha256:" and 52 letters of Nix's base 32 or 64 hex digits, "sha256-" and base 64 (SRI); sha512
/// likewise. The error says what is wrong.
Parsed<oci::Digest> parse_nix_hash(std::string_view text);

}  // namespace n2c
