#include "registry/client/throttle.h"

#include <algorithm>

#include "base/error.h"

namespace n2c::registry {

void Throttle::enter(std::stop_token stop) {
  std::unique_lock hold(mutex_);
  if (!room_.wait(hold, stop, [&] { return inside_ < limit_; })) {
    throw Error(ErrorKind::cancelled, "stopped on request");
  }
  ++inside_;
}

void Throttle::leave(Outcome outcome, std::optional<std::chrono::nanoseconds> took) {
  {
    const std::scoped_lock hold(mutex_);
    const auto pace = took ? pace_.judge(*took, inside_) : Pace::Verdict::usual;
    if (outcome == Outcome::success && pace == Pace::Verdict::usual) {
      limit_ = std::min(limit_ + 1, most_);
    }
    if (pace == Pace::Verdict::too_much) {
      limit_ = std::min(limit_, std::max(fewest_when_slow, std::min(limit_, pace_.round()) / 2));
    }
    // The requests that are under way were too many, even if the limit was higher.
    if (outcome == Outcome::too_many) {
      limit_ = std::max<std::size_t>(1, std::min(limit_, inside_) / 2);
    }
    --inside_;
  }
  room_.notify_all();
}

std::size_t Throttle::limit() const {
  const std::scoped_lock hold(mutex_);
  return limit_;
}

}  // namespace n2c::registry
