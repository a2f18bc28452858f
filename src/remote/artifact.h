#pragma once
/// What the artifacts that n2c keeps in a repository have in common: the empty config, and how one
/// tag is written by several at the same time.

#include <chrono>
#include <optional>
#include <random>
#include <stop_token>

#include "base/stream.h"
#include "http/transport.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/client/client.h"

namespace n2c {

/// What stands in the config's place: image-spec manifest.md, "Guidance for an Empty Descriptor".
oci::Descriptor empty_config();
/// Sends it unless it is there. Throws Error as RegistryClient does.
void put_empty_config(registry::RegistryClient& client, const std::stop_token& stop);

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

/// How far a registry guards a tag that is written with conditions, by what it refused.
class TagGuard {
 public:
  /// To be told what is there when it was read, before each write. Throws the registry's refusal
  /// where it goes on with a conflict (409) though nothing changes.
  void see(const std::optional<oci::Digest>& held);
  /// To be told of each write that did not take place.
  void refused(const registry::NotPut& why) { refusal_.emplace(Refusal{why, held_}); }
  /// The condition to write with, of those that reading gave. None for a registry that refused by
  /// it (412) though nothing had changed: it cannot tell, and what is written is to be read back.
  http::Headers condition(const http::Headers& unless_changed) const {
    return trust_ == Trust::useless ? http::Headers{} : unless_changed;
  }
  /// It refused because another one had written: what it stores is not lost.
  bool is_trusted() const { return trust_ == Trust::proven; }

 private:
  struct Refusal {
    registry::NotPut why;
    std::optional<oci::Digest> over;  ///< what was there
  };
  enum class Trust { unknown, proven, useless } trust_ = Trust::unknown;
  std::optional<oci::Digest> held_;
  std::optional<Refusal> refusal_;
  int conflicts_ = 0;  ///< one after another, while nothing changed
};

}  // namespace n2c
