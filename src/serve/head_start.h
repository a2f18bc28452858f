#pragma once
/// Decides which of the layers that an engine fetches at once waits for another.

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>

#include "base/clock.h"
#include "base/locked.h"
#include "base/stream.h"
#include "image/image.h"

namespace n2c {

/// Gives the layer that is more than half of an image, where there is one, a head start.
///
/// Engines ask for layers in the manifest's order, a few at once, and unpack them in that order
/// while they fetch. The whole load waits for that one layer to be fetched and hashed. It is mostly
/// the last: nix2container puts there what has no layer of its own. So the first layer is held back
/// until the large one is asked for; until then the processors fetch and do not unpack. An engine
/// that waits for the first layer gets it after `patience`.
///
/// Any thread may call it.
class HeadStart {
 public:
  /// The manifest's layers, in order. They and the clock outlive this.
  HeadStart(std::span<const Blob> layers, Clock& clock,
            std::chrono::milliseconds patience = std::chrono::milliseconds(200));

  /// To be called when `layer`, one of the layers, is asked for. Returns its bytes, perhaps
  /// delayed. This outlives them.
  std::unique_ptr<Reader> pace(const Blob& layer, std::unique_ptr<Reader> bytes);

 private:
  class PacedReader;

  void note_progress();
  void wait();

  Clock& clock_;
  const std::chrono::milliseconds patience_;
  const Blob* first_ = nullptr;    // held back; nullptr: none is
  const Blob* largest_ = nullptr;  // until this is asked for
  std::stop_source over_;          // stopped: nothing waits, or not any more
  Locked<Clock::TimePoint> progressed_;
};

}  // namespace n2c
