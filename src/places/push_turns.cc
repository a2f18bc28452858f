#include "places/push_turns.h"

#include <algorithm>

#include "base/error.h"

namespace n2c {

std::optional<PushTurns::Turn> PushTurns::take(const std::stop_token& stop) {
  std::unique_lock hold(mutex_);
  while (!all_given_out()) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    for (std::size_t i = 0; i < images_.size(); ++i) {
      if (state_[i] != State::waiting || !may_begin(i)) continue;
      state_[i] = State::being_pushed;
      return Turn{i, count_side_by_side()};
    }
    const auto ended = std::ranges::count(state_, State::ended);
    ended_.wait(hold, stop, [&] { return std::ranges::count(state_, State::ended) != ended; });
  }
  return std::nullopt;
}

void PushTurns::give_back(std::size_t image, bool is_there) {
  const std::scoped_lock hold(mutex_);
  state_[image] = State::ended;
  if (is_there) there_.insert(images_[image].begin(), images_[image].end());
  ended_.notify_all();
}

bool PushTurns::all_given_out() const {
  return std::ranges::find(state_, State::waiting) == state_.end();
}

/// Those that are being pushed, and those that may be beside them.
std::size_t PushTurns::count_side_by_side() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const bool may = state_[i] == State::waiting && may_begin(i);
    if (may || state_[i] == State::being_pushed) ++count;
  }
  return std::min(count, width_);
}

bool PushTurns::may_begin(std::size_t image) const {
  for (std::size_t other = 0; other < images_.size(); ++other) {
    if (state_[other] != State::being_pushed) continue;
    if (images_[image].empty() || images_[other].empty()) return false;
    const bool share = std::ranges::any_of(images_[image], [&](const oci::Digest& layer) {
      return images_[other].contains(layer) && !there_.contains(layer);
    });
    if (share) return false;
  }
  return true;
}

}  // namespace n2c
