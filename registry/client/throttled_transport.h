#pragma once
/// A transport that as many requests use at once as a Throttle lets in.

#include <cstddef>

#include "http/transport.h"
#include "registry/client/throttle.h"

namespace n2c::registry {

/// Thread-safe.
class ThrottledTransport final : public http::Transport {
 public:
  ThrottledTransport(http::Transport& next, std::size_t most) : next_(next), throttle_(most) {}

  http::Response send(const http::Request& request, std::stop_token stop) override {
    throttle_.enter(stop);
    try {
      http::Response response = next_.send(request, std::move(stop));
      throttle_.leave(outcome_of(response.status));
      return response;
    } catch (...) {
      throttle_.leave(Throttle::Outcome::other);
      throw;
    }
  }

 private:
  static Throttle::Outcome outcome_of(int status) {
    if (status == 429 || status == 503) return Throttle::Outcome::too_many;
    return status < 400 ? Throttle::Outcome::success : Throttle::Outcome::other;
  }

  http::Transport& next_;
  Throttle throttle_;
};

}  // namespace n2c::registry
