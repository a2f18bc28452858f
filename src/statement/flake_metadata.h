#pragma once
/// What Nix says of a flake: where it is from, and what its lock file pins.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace n2c {

/// One flake, as Nix locked it. What is not known is empty.
struct FlakeSource {
  std::string name;      ///< of an input: "nixpkgs"
  std::string url;       ///< "github:NixOS/nixpkgs/5a3c…", without a login
  std::string revision;  ///< 40 or 64 hex digits
  std::string nar_hash;  ///< "sha256-…"
  bool is_git = false;   ///< the revision is a commit of git's
};

struct FlakeMetadata {
  FlakeSource self;
  std::vector<FlakeSource> inputs{};  ///< by name
};

/// Reads what `nix flake metadata --json` prints (Nix manual, "nix flake metadata"), or as much of
/// it as nix/statements.nix writes: `url`, `revision`, `locked`, `locks`. Unknown keys are passed
/// over. The error says where. Pure.
Parsed<FlakeMetadata> parse_flake_metadata(std::string_view text);

}  // namespace n2c
