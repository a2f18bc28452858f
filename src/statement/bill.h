#pragma once
/// A bill of materials: what an image holds, layer by layer, and what refers to what. It is written
/// by cyclonedx.h and spdx.h.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "describe/image_diff.h"
#include "go/encoding_json.h"
#include "oci/descriptor.h"
#include "statement/package_info.h"
#include "statement/store_name.h"

namespace n2c {

/// The image that the bill is of.
struct BillSubject {
  std::string name;  ///< "ghcr.io/acme/app"; not empty
  oci::Digest config;
  std::optional<oci::Digest> manifest{};  ///< where it is stored somewhere
  std::string purl{};                     ///< pkg:oci/…; empty: none
  oci::Platform platform;
  std::string created{};  ///< RFC 3339; empty: nobody said

  /// The manifest's digest, or else the config's.
  const oci::Digest& digest() const { return manifest ? *manifest : config; }
};

/// A layer, and what is in it. Without store paths it is opaque: a base image's, or files from
/// elsewhere.
struct BillLayer {
  oci::Digest diff_id;
  oci::Digest digest;  ///< as stored or described
  std::uint64_t size = 0;
  std::string source{};  ///< of an opaque one: where it comes from, for people
  std::vector<SizedPath> paths{};
};

/// One store path.
struct BillComponent {
  std::string path;
  StoreName name;
  PackageInfo info{};
  std::optional<oci::Digest> nar_hash{};
  std::optional<std::uint64_t> size{};    ///< of its NAR, or else as path_size() has it
  std::vector<std::size_t> layers{};      ///< places from 0, ascending
  std::vector<std::size_t> depends_on{};  ///< components, ascending
  bool is_needed = false;                 ///< another component depends on it
};

struct Bill {
  BillSubject subject;
  std::vector<BillLayer> layers;
  std::vector<BillComponent> components;  ///< by path, each once
};

/// Pure: the same of the same. References to what is not in the image are left out.
Bill make_bill(BillSubject subject, std::vector<BillLayer> layers, const ClosureFacts& facts,
               const PackageInfos& infos);

/// A whole document of that kind, made of one in which `member` of the root is still "": it gets
/// "urn:uuid:…", which is made of all the rest. So two documents that differ in anything never
/// share one, and the same document has the same. With a line end.
std::string with_urn(const go::Json& document, std::string_view member);

/// An SPDX licence expression of all of them, and "" for none. What SPDX's list does not name is a
/// LicenseRef.
std::string license_expression(const std::vector<License>& licenses);
/// "LicenseRef-…" of a licence that a document has to say more of: one without an id of SPDX's
/// list, as far as its form tells, and an exception, which is no licence of its own. "" for others.
std::string license_ref(const License& license);
/// What a licence that has such a reference is called: its full name, or else its id; "unnamed"
/// where it has neither.
std::string license_name(const License& license);
/// Reference and name of those that have one, in their order, the same pair once.
std::vector<std::pair<std::string, std::string>> license_refs(const std::vector<License>& licenses);

/// What validators of both formats take: a CPE 2.3 name of 13 parts, an http(s) URL without blanks.
bool is_cpe(std::string_view text);
bool is_web_url(std::string_view text);

/// RFC 3339 as "2024-01-31T12:00:00Z": in UTC, whole seconds. Nothing for what is no such time.
std::optional<std::string> utc_seconds(std::string_view time);

}  // namespace n2c
