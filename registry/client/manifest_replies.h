#pragma once
/// What the replies to a manifest's GET and PUT say. No I/O.

#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/transport.h"
#include "oci/digest.h"
#include "registry/client/failure.h"

namespace n2c::registry {

inline std::vector<oci::Digest> digests_of(const std::vector<OciError>& errors) {
  std::vector<oci::Digest> digests;
  for (const OciError& error : errors) {
    for (const std::string& text : error.digests) {
      if (auto digest = oci::Digest::parse(text)) digests.push_back(*std::move(digest));
    }
  }
  return digests;
}

/// Whether the registry lacks blobs that its HEAD said it has (docs/field-guide.md 2.2: ggcr#1820,
/// nerdctl#2404).
inline bool lacks_blobs(const std::vector<OciError>& errors) {
  return has_code(errors, "MANIFEST_BLOB_UNKNOWN") || has_code(errors, "BLOB_UNKNOWN");
}

/// Whether the registry lacks images that an index names: some say so by a bare 404 (#19).
inline bool lacks_images(int status, const std::vector<OciError>& errors) {
  return has_code(errors, "MANIFEST_UNKNOWN") || (status == 404 && errors.empty());
}

/// A weak entity tag matches nothing (RFC 9110 §13.1.1).
inline http::Headers condition_of(const http::Response& response) {
  if (const auto version = response.headers.find("ETag")) {
    if (version->starts_with('"')) return {{"If-Match", *version}};
    return {};
  }
  const auto named = response.headers.find("Docker-Content-Digest");
  if (!named) return {};
  return {{"If-Match", cat('"', trim(*named), '"')}};
}

/// The statuses by which registries refuse to overwrite a tag (containers-roadmap#2380, #2179).
inline bool may_be_immutable(int status) {
  return status == 400 || status == 403 || status == 405 || status == 409 || status == 412 ||
         status == 422;
}

/// Whether a PUT is refused because it has a condition (RFC 9110 §13.1 lets a server pass it over,
/// and some refuse what they do not know). What is said of blobs is no such refusal.
inline bool takes_no_condition(int status, const std::vector<OciError>& errors) {
  return (status == 400 || status == 405 || status == 501) && !lacks_blobs(errors);
}

/// distribution-spec, "Pushing Manifests": 201. What answers 200 to everything is no registry, so
/// another success counts with the digest that registries name.
inline bool is_stored(const http::Response& response) {
  if (response.status == 201 || response.status == 202) return true;
  return response.status >= 200 && response.status <= 204 &&
         response.headers.find("Docker-Content-Digest").has_value();
}

/// By the registry's own word, where that is comparable.
inline oci::Digest digest_stored(const http::Response& response, const oci::Digest& ours) {
  const auto named = response.headers.find("Docker-Content-Digest");
  const auto theirs = named ? oci::Digest::parse(trim(*named)) : Parsed<oci::Digest>(ours);
  return theirs && theirs->algorithm() == ours.algorithm() ? *theirs : ours;
}

/// zot refuses Docker's media types (imgpkg#621), old registries OCI's (quay/oras#738).
inline bool refuses_format(int status, const std::vector<OciError>& errors) {
  if (status == 415) return true;
  return status >= 400 && status < 500 && status != 401 && status != 403 &&
         (has_code(errors, "MANIFEST_INVALID") || has_code(errors, "UNSUPPORTED"));
}

}  // namespace n2c::registry
