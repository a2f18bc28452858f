#pragma once
/// Where an image can go.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "image/image.h"
#include "oci/digest.h"
#include "push/progress.h"

namespace n2c {

/// Holds blobs by digest. All calls may come from several threads.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// Present, mounted, or nothing when the bytes have to be put.
  virtual std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) = 0;
  /// Takes the bytes. With `known` they must have that digest; without, the descriptor
  /// (of `media_type`) comes out of the taking. Throws Error{integrity} on a mismatch.
  virtual oci::Descriptor put(const ByteSource& bytes, std::string media_type,
                              std::optional<oci::Descriptor> known,
                              std::atomic<std::uint64_t>& sent, std::stop_token stop) = 0;
  /// Makes the manifest visible, under each tag or by digest alone when there is none. Returns
  /// the blobs that the store turns out to lack: put them and call again.
  virtual std::vector<oci::Digest> put_manifest(const oci::Descriptor& manifest,
                                                std::string_view json,
                                                std::span<const std::string> tags,
                                                std::stop_token stop) = 0;
};

/// How a push goes about it.
struct PushContext {
  Progress& progress;
  std::stop_token stop{};
  Compression compression{};
  std::size_t probes = 32;              ///< questions in flight
  std::size_t uploads = 6;              ///< blobs being sent
  std::size_t compression_threads = 0;  ///< for all layers together; 0: one a processor
};

/// What a push did.
struct PushReport {
  oci::Descriptor manifest;
  std::size_t present = 0, mounted = 0, sent = 0;  ///< layers
  std::uint64_t bytes_sent = 0;                    ///< of layers, config and manifest, as sent
  std::chrono::nanoseconds elapsed{};
};

}  // namespace n2c
