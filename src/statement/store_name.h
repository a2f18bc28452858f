#pragma once
/// What the name of a store path says of the package in it.

#include <string>
#include <string_view>

namespace n2c {

/// "/nix/store/HASH-openssl-3.0.13-dev" is openssl, 3.0.13, dev.
struct StoreName {
  std::string hash;     ///< the 32 letters before the name; empty where there are none
  std::string name;     ///< never empty
  std::string version;  ///< empty where Nix sees none
  std::string output;   ///< "dev", "lib"; empty for `out`, and where the name does not tell
};

/// Splits as Nix does (parseDrvName in the Nix manual, "Built-in Functions"): the version begins
/// behind the first '-' that no letter follows. What is then at its end and is the name of an
/// output that nixpkgs gives to packages is no part of the version.
StoreName parse_store_name(std::string_view path);

/// `text` as a component of a package URL: percent-encoded but for A-Z a-z 0-9 . - _ ~ (purl-spec,
/// "Character encoding").
std::string purl_encoded(std::string_view text);

/// "pkg:nix/openssl@3.0.13?output=dev".
std::string purl_of(const StoreName& name);

}  // namespace n2c
