#pragma once
/// What Nix knows of packages beyond their files: in a file that the Nix functions write, and in a
/// closure graph (docs/format.md F1).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "oci/digest.h"

namespace n2c {

struct License {
  std::string spdx_id;    ///< "MIT"; empty: the SPDX list has none
  std::string full_name;  ///< "MIT License"; may be empty
};

/// What a package's derivation and its meta say. What is not said is empty.
struct PackageInfo {
  std::string name, version, output, description, homepage, cpe;
  std::vector<License> licenses;
  std::vector<std::string> patches;  ///< file names
  std::vector<std::string> fixed;    ///< known vulnerabilities: "CVE-2023-4911"
  std::string deriver;               ///< the store path of its derivation
};
using PackageInfos = std::map<std::string, PackageInfo>;  ///< by store path

/// {"version": 1, "packages": [{"path": …, "pname": …, …}]} as docs/design/statements.md has it.
/// Unknown keys are passed over. What patches' names say of vulnerabilities is in `fixed` too. The
/// error says where.
Parsed<PackageInfos> parse_package_info(std::string_view text);

/// What a closure graph says of a store path.
struct PathFacts {
  std::optional<oci::Digest> nar_hash{};
  std::optional<std::uint64_t> nar_size{};
  std::vector<std::string> references{};  ///< store paths, its own may be among them
  std::string deriver{};                  ///< as `nix path-info --json` says it; may be empty
};
using ClosureFacts = std::map<std::string, PathFacts>;

/// A closure graph (docs/format.md F1), or what `nix path-info --json --recursive` prints since Nix
/// 2.19: the same entries in an object, by path; `null` is a path that is not there. The error says
/// where.
Parsed<ClosureFacts> parse_closure_facts(std::string_view text);

}  // namespace n2c
