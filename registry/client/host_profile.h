#pragma once
/// What uploads to a host have to respect.

#include <cstdint>
#include <optional>

namespace n2c::registry {

/// What is known about uploading to a host. It is set by options and learnt from replies.
struct HostProfile {
  std::optional<std::uint64_t> chunk{};  ///< bytes a request; unset: the whole blob in one
  bool whole_put = true;                 ///< false: the closing PUT must be empty (old Artifactory)
  /// Bodies go over connections of their own: kept ones were closed when one was to be sent.
  bool fresh_bodies = false;
  /// Whether POST ?mount= without from opens a session at least. False: the parameter is refused.
  bool mount_anywhere = true;
  bool mounted = false;  ///< such a mount took place
  int not_mounted = 0;   ///< such mounts that a session was the answer to; Host::learn() adds up
  /// Whether POST ?digest= with the bytes makes a blob. Unset: nobody tried.
  std::optional<bool> whole_post{};
  bool tags_together = true;               ///< false: PUT of a manifest ?tag=&tag= sets none
  int sessions = 8;                        ///< upload sessions to try for one blob
  std::uint64_t continue_from = 64 << 20;  ///< sent in a session before continuing it is worth it
  bool operator==(const HostProfile&) const = default;
};

}  // namespace n2c::registry
