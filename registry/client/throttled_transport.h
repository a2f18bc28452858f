#pragma once
/// A transport that as many requests use at once as a Throttle lets in.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "http/transport.h"
#include "registry/client/throttle.h"

namespace n2c::registry {

/// Thread-safe.
class ThrottledTransport final : public http::Transport {
 public:
  ThrottledTransport(http::Transport& next, Clock& clock, std::size_t most)
      : next_(next), clock_(clock), throttle_(most) {}

  http::Response send(const http::Request& request, std::stop_token stop) override {
    throttle_.enter(stop);
    try {
      const auto began = clock_.now();
      http::Response response = next_.send(request, std::move(stop));
      std::optional<std::chrono::nanoseconds> took;
      if (is_small(request)) took = clock_.now() - began;
      throttle_.leave(outcome_of(response.status), took);
      return response;
    } catch (...) {
      throttle_.leave(Throttle::Outcome::other);
      throw;
    }
  }

 private:
  /// Whether its time tells how busy the host is, and not how long its bytes are or what it has to
  /// look through.
  static bool is_small(const http::Request& request) {
    constexpr std::uint64_t small_body = 64 << 10;
    return request.reply_sink == nullptr && request.reply_patience.count() == 0 &&
           (request.body.source == nullptr ||
            request.body.length.value_or(small_body + 1) <= small_body);
  }
  static Throttle::Outcome outcome_of(int status) {
    if (status == 429 || status == 503) return Throttle::Outcome::too_many;
    return status < 400 ? Throttle::Outcome::success : Throttle::Outcome::other;
  }

  http::Transport& next_;
  Clock& clock_;
  Throttle throttle_;
};

}  // namespace n2c::registry
