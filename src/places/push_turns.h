#pragma once
/// Which of several images are pushed side by side.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "oci/digest.h"

namespace n2c {

/// Gives out images so that none is pushed beside another that has a layer in common with it, but
/// for layers that are there by then. So what images share is compressed and sent once.
/// Thread-safe.
class PushTurns {
 public:
  struct Turn {
    std::size_t image = 0;
    std::size_t side_by_side = 1;  ///< how many may be pushed until this one has ended, itself too
  };

  /// The diff_ids of each image. An image without any is pushed alone: nobody knows what it has.
  /// `width`, from 1, is how many are pushed at once.
  PushTurns(std::vector<std::set<oci::Digest>> images, std::size_t width)
      : images_(std::move(images)), width_(width), state_(images_.size(), State::waiting) {}

  /// The first image that may be pushed now, once there is one. Nothing when all were given out.
  /// Throws Error{cancelled}. Every image has to be given back.
  std::optional<Turn> take(const std::stop_token& stop);
  /// The image's push ended. Its layers are there if it went well.
  void give_back(std::size_t image, bool is_there);

 private:
  enum class State { waiting, being_pushed, ended };
  bool may_begin(std::size_t image) const;
  bool all_given_out() const;
  std::size_t count_side_by_side() const;

  const std::vector<std::set<oci::Digest>> images_;
  const std::size_t width_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::vector<State> state_;
  std::set<oci::Digest> there_;
};

}  // namespace n2c
