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
      : images_(std::move(images)),
        width_(width),
        state_(images_.size(), State::waiting),
        waiting_(images_.size()) {}

  /// The first image that may be pushed now, once there is one. Nothing when all were given out.
  /// Throws Error{cancelled}. Every image has to be given back.
  std::optional<Turn> take(const std::stop_token& stop);
  /// The image's push ended. Its layers are there if it went well.
  void give_back(std::size_t image, bool is_there);

 private:
  enum class State { waiting, being_pushed, ended };
  std::optional<std::size_t> find_turn();
  bool may_begin(std::size_t image) const;
  bool is_one_alone() const;  ///< whether an image is being pushed that goes beside no other
  std::size_t count_side_by_side() const;

  const std::vector<std::set<oci::Digest>> images_;
  const std::size_t width_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::vector<State> state_;
  std::size_t waiting_ = 0;  // how many are
  std::size_t first_ = 0;    // none before it waits
  std::size_t count_ended_ = 0;
  std::vector<std::size_t> pushed_now_;  // few: those that are being pushed
  std::set<oci::Digest> there_;
};

}  // namespace n2c
