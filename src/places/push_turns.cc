#include "places/push_turns.h"

#include <algorithm>

#include "base/error.h"

namespace n2c {

std::optional<PushTurns::Turn> PushTurns::take(const std::stop_token& stop) {
  std::unique_lock hold(mutex_);
  while (waiting_ != 0) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    if (const auto image = find_turn()) {
      state_[*image] = State::being_pushed;
      --waiting_;
      pushed_now_.push_back(*image);
      return Turn{*image, count_side_by_side()};
    }
    const std::size_t ended = count_ended_;
    ended_.wait(hold, stop, [&] { return count_ended_ != ended; });
  }
  return std::nullopt;
}

void PushTurns::give_back(std::size_t image, bool is_there) {
  const std::scoped_lock hold(mutex_);
  state_[image] = State::ended;
  ++count_ended_;
  std::erase(pushed_now_, image);
  if (is_there) there_.insert(images_[image].begin(), images_[image].end());
  ended_.notify_all();
}

std::optional<std::size_t> PushTurns::find_turn() {
  while (state_[first_] != State::waiting) ++first_;
  if (is_one_alone()) return {};
  for (std::size_t i = first_; i < images_.size(); ++i) {
    if (state_[i] == State::waiting && may_begin(i)) return i;
  }
  return {};
}

/// Those that are being pushed, and those that may be beside them.
std::size_t PushTurns::count_side_by_side() const {
  std::size_t count = pushed_now_.size();
  if (is_one_alone()) return std::min(count, width_);
  for (std::size_t i = first_; i < images_.size() && count < width_; ++i) {
    if (state_[i] == State::waiting && may_begin(i)) ++count;
  }
  return std::min(count, width_);
}

bool PushTurns::is_one_alone() const {
  return std::ranges::any_of(pushed_now_, [&](std::size_t one) { return images_[one].empty(); });
}

bool PushTurns::may_begin(std::size_t image) const {
  return std::ranges::all_of(pushed_now_, [&](std::size_t other) {
    if (images_[image].empty() || images_[other].empty()) return false;
    return std::ranges::none_of(images_[image], [&](const oci::Digest& layer) {
      return images_[other].contains(layer) && !there_.contains(layer);
    });
  });
}

}  // namespace n2c
