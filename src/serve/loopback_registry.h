#pragma once
/// A registry on 127.0.0.1 that holds one image for as long as an engine pulls it.

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "transfer/manifest_blobs.h"

namespace n2c {

/// Serves a manifest and its blobs, read only, on a free port of the loopback, as long as it lives.
/// Blobs are read when they are asked for.
class LoopbackRegistry {
 public:
  /// `image` outlives this. Throws Error{local} when nothing can be listened on.
  explicit LoopbackRegistry(const ManifestBlobs& image);
  ~LoopbackRegistry();

  /// "127.0.0.1:PORT/n2c".
  std::string repository() const;
  /// The manifest's own: its digest's hex.
  std::string tag() const;
  std::string reference() const { return repository() + ":" + tag(); }

  /// Runs `pull`, in which the engine pulls from here. When a blob cannot be read (a store path is
  /// not what it was), `pull` is asked to stop at once and that failure is thrown. Otherwise the
  /// engine would try again for minutes and report an end of file.
  void serve(std::stop_token stop, const std::function<void(std::stop_token)>& pull) const;

  /// Distinct layers that were asked for so far, and bytes of blobs that left.
  std::size_t layers_sent() const;
  std::uint64_t bytes_sent() const;

 private:
  class OneImage;

  const ManifestBlobs& image_;
  std::unique_ptr<OneImage> store_;
  std::unique_ptr<registry::Api> api_;
  std::unique_ptr<registry::Server> server_;
};

}  // namespace n2c
