#pragma once
/// What the artifacts that n2c keeps in a repository have in common: the empty config, and how one
/// tag is written by several at the same time.

#include <chrono>
#include <random>
#include <stop_token>
#include <string_view>

#include "base/stream.h"
#include "oci/manifest.h"
#include "registry/client/client.h"

namespace n2c {

/// image-spec manifest.md, "Guidance for an Empty Descriptor".
inline constexpr std::string_view empty_config_type = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view empty_config_json = "{}";

/// Sends the blob unless it is there. Throws Error as RegistryClient does.
void put_blob(registry::RegistryClient& client, const oci::Descriptor& blob,
              const ByteSource& bytes, const std::stop_token& stop);

/// How slow another writer is taken to be.
struct Settling {
  int times;                         ///< as slow as this one
  std::chrono::nanoseconds longest;  ///< and no slower than that
};

/// How long a writer waits before it reads back, up to twice as long as such another one takes from
/// reading to written: who read before this one wrote has written by then.
std::chrono::nanoseconds settling_time(const Settling& others,
                                       std::chrono::nanoseconds from_reading_to_written,
                                       std::mt19937_64& random);

}  // namespace n2c
