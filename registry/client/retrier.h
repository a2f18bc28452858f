#pragma once
/// Tries a request again while that may help.

#include <functional>

#include "registry/client/host_call.h"
#include "registry/client/retry_waits.h"

namespace n2c::registry {

/// Tries until the reply is final (base/retry.h says which are) or the policy ends. Calls that ask
/// for no retry pass. Thread-safe.
class Retrier final : public Sender {
 public:
  /// Gives a network failure the hints that only a registry's client knows.
  using Explain = std::function<Error(const Error&, const http::Request&)>;

  Retrier(Sender& next, RetryWaits& waits, Explain explain)
      : next_(next), waits_(waits), explain_(std::move(explain)) {}

  HostReply send(const HostCall& call, std::stop_token stop) override;

 private:
  Sender& next_;
  RetryWaits& waits_;
  const Explain explain_;
};

}  // namespace n2c::registry
