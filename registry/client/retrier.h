#pragma once
/// Tries a request again while that may help.

#include <atomic>
#include <functional>

#include "registry/client/host_call.h"
#include "registry/client/retry_waits.h"

namespace n2c::registry {

/// Tries until the reply is final (base/retry.h says which are) or the policy ends. Calls that ask
/// for no retry pass. A host that was never reached is given up after first_contact. Thread-safe.
class Retrier final : public Sender {
 public:
  /// Gives a network failure the hints that only a registry's client knows.
  using Explain = std::function<Error(const Error&, const http::Request&)>;

  Retrier(Sender& next, RetryWaits& waits, Explain explain)
      : next_(next), waits_(waits), explain_(std::move(explain)) {}

  HostReply send(const HostCall& call, std::stop_token stop) override;

 private:
  static constexpr std::chrono::seconds first_contact{3};

  Sender& next_;
  RetryWaits& waits_;
  std::atomic<bool> is_reached_ = false;  // once there was a reply, or half of one
  const Explain explain_;
};

}  // namespace n2c::registry
