#pragma once
/// Pushes images to a FaultyRegistry with the real client over real sockets.

#include <doctest/doctest.h>

#include <memory>

#include "registry/client/host.h"
#include "remote/registry_store.h"
#include "test/support/faulty_registry.h"
#include "test/support/images.h"
#include "test/support/silent_progress.h"
#include "test/support/transports.h"
#include "transfer/push.h"

namespace n2c::test {

inline registry::Credentials test_login() {
  return {.username = test_user, .password = test_password, .source = "the test"};
}

struct RigOptions {
  registry::HostProfile profile{};
  std::optional<registry::Credentials> login = test_login();
  std::chrono::seconds stall_timeout{5};
  int attempts = 8;
  std::vector<std::string> mount_from{};
  std::function<http::TlsFiles(std::string_view)> tls = {};
  std::function<void(std::string_view)> trace = {};
};

/// One pusher and one repository, "acme/app".
class PushRig {
 public:
  explicit PushRig(const FaultyRegistry& registry, RigOptions options = {})
      : transport_(test_transport(
            {.stall_timeout = options.stall_timeout, .tls = options.tls, .trace = options.trace})),
        auth_(options.login),
        host_(std::make_shared<registry::Host>(
            registry.host(), *transport_, auth_, clock_,
            registry::HostOptions{
                .plain_http = false,
                .retry = {.attempts = options.attempts,
                          .first_delay = std::chrono::milliseconds(1),
                          .longest_delay = std::chrono::milliseconds(8)},
                .profile = options.profile,
                .seed = 1,
                .note = [this](std::string_view line) { progress_.note(line); }})),
        client_(host_, {registry.host(), "acme/app"}) {
    for (const std::string& path : options.mount_from) {
      mount_from_.push_back({registry.host(), path});
    }
  }

  PushReport push(const Image& image, PushOptions options = {.tags = {"1"}}) {
    if (options.compression.codec != Codec::none) options.compression.codec = Codec::none;
    return push_as(image, std::move(options));
  }
  /// With the compression that the options name.
  PushReport push_as(const Image& image, PushOptions options) {
    RegistryStore store(client_, mount_from_);
    return push_to_store(image, store, options, progress_, {});
  }

  registry::RegistryClient& client() { return client_; }
  std::vector<std::string> notes() const { return progress_.notes(); }

 private:
  std::unique_ptr<http::Transport> transport_;
  registry::FixedAuth auth_;
  SystemClock clock_;
  SilentProgress progress_;
  std::shared_ptr<registry::Host> host_;
  registry::RegistryClient client_;
  std::vector<oci::Repository> mount_from_;
};

/// Whether the registry serves exactly this image under acme/app:TAG, every blob whole.
inline bool holds_whole(FaultyRegistry& registry, const PushReport& report,
                        const std::string& tag = "1") {
  const auto digest = registry.store().find_tag("acme/app", tag);
  if (!digest || *digest != report.manifest->digest) return false;
  const auto record = registry.store().find_manifest("acme/app", *digest);
  const auto manifest = oci::Manifest::from_json(record->json);
  if (!manifest || oci::Digest::of(record->json) != *digest) return false;
  std::vector<oci::Descriptor> blobs = manifest->layers;
  blobs.push_back(manifest->config);
  return std::ranges::all_of(blobs, [&](const oci::Descriptor& blob) {
    const std::string bytes = registry.blob("acme/app", blob.digest);
    return bytes.size() == blob.size && oci::Digest::of(bytes) == blob.digest;
  });
}

}  // namespace n2c::test
