#pragma once
/// What Docker's image config has beside OCI's, in its `config` object: Docker and podman write it
/// into OCI's config as well (github.com/moby/docker-image-spec; StopTimeout: dockerd's own).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "go/encoding_json.h"

namespace n2c::oci {

/// How an engine finds out whether a container is well. What is 0 or absent is the base's, or the
/// engine's own.
struct Healthcheck {
  /// ["NONE"], ["CMD", word…] or ["CMD-SHELL", line].
  std::optional<std::vector<std::string>> test;
  std::int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;  ///< nanoseconds
  std::int64_t retries = 0;
  go::Json::Object others;  ///< members that this n2c does not know, as they were written

  go::Decoded decode(const go::Json& json);
  go::Json to_json() const;
};

struct DockerConfig {
  std::optional<Healthcheck> healthcheck;
  std::optional<std::vector<std::string>> on_build, shell;
  std::optional<std::int64_t> stop_timeout;  ///< seconds; 0 and less mean something

  /// The keys of `config`, to be decoded into this object, which has to outlive them.
  std::vector<go::Field> fields();
  /// Appends what is there to a `config`.
  void add_to(go::Json& config) const;
};

/// What engines would refuse or pass over, although its types are right: times below a millisecond,
/// which are seconds taken for nanoseconds, a test of no known kind, members of no known name.
std::optional<std::string> find_fault(const DockerConfig& config);

}  // namespace n2c::oci
