#pragma once
/// One blob's way into a repository: performs what an UploadPlan decides.

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/stream.h"
#include "oci/manifest.h"
#include "registry/client/host.h"

namespace n2c::registry {

struct UploadTask {
  const ByteSource& source;
  std::string media_type;
  std::optional<oci::Descriptor> known;
  std::optional<http::Url> session;  ///< opened already, by a refused mount
  /// Another repository of the registry may give the blob. Not of one that the registry said to
  /// have, and lacks.
  bool may_mount = false;
  std::atomic<std::uint64_t>& sent;
};

struct Uploaded {
  oci::Descriptor blob;
  bool mounted = false;  ///< the registry had it elsewhere: nothing was sent
};

/// Uploads a blob, as RegistryClient::upload(). Returns when the registry holds it. An upload that
/// fails or is stopped cancels its session.
Uploaded upload_blob(Host& host, const Scope& scope, const UploadTask& task, std::stop_token stop);

/// DELETEs an upload session. Failures are ignored. Returns false when it was given up after two
/// seconds.
bool cancel_session(Host& host, const Scope& scope, const http::Url& session);

/// Asks for a blob by HEAD. Anything but a clear yes is no, but for a fault that does not pass:
/// that throws.
bool probe_blob(Host& host, const Scope& scope, const oci::Digest& digest, std::stop_token stop);

/// How many bytes a session has, by its Range header: "0-1023" and "bytes=0-1023" give 1024.
/// Nothing when the range does not begin at 0.
std::optional<std::uint64_t> parse_session_range(std::string_view range);

}  // namespace n2c::registry
