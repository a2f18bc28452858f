#pragma once
/// Where an image can go, as a push sees it.

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "transfer/progress.h"

namespace n2c {

/// What became of writing a manifest.
struct ManifestOutcome {
  /// Blobs that the blob store turns out to lack: put them and write the manifest again.
  std::vector<oci::Digest> missing{};
  /// Why the blob store does not take manifests of this media type; empty when it does.
  std::string format_refused{};
  bool stored() const { return missing.empty() && format_refused.empty(); }
};

/// A blob that was put: sent, or mounted in place of that.
struct PutBlob {
  PutBlob(oci::Descriptor put, BlobOutcome became = BlobOutcome::sent)
      : blob(std::move(put)), outcome(became) {}
  oci::Descriptor blob;
  BlobOutcome outcome;
};

/// Holds blobs by digest, and manifests by tag and digest. All calls may come from several
/// threads; each throws Error.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// What people call it in a sentence.
  virtual std::string_view name() const { return "the destination"; }
  /// Present, mounted, or nothing when the bytes have to be put.
  virtual std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) = 0;
  /// Takes the bytes and returns their descriptor. It need not read them where it gets the blob by
  /// itself. With `known` they must have its digest: on a
  /// mismatch it throws Error{integrity} and keeps nothing. Without, digest and size are found
  /// while the bytes are taken, and `media_type` is the descriptor's.
  virtual PutBlob put(const ByteSource& bytes, std::string media_type,
                      std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                      std::stop_token stop) = 0;
  /// Makes the manifest visible under each tag, or by digest alone when there is none.
  virtual ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                                       std::span<const std::string> tags, std::stop_token stop) = 0;
  /// Holds a manifest that an index will name, and shows it to nobody until then. Where manifests
  /// can be found by digest alone, this is put_manifest() without tags.
  virtual ManifestOutcome put_listed(const oci::Descriptor& manifest, std::string_view json,
                                     std::stop_token stop) {
    return put_manifest(manifest, json, {}, stop);
  }
};

}  // namespace n2c
