#include "console/joint_progress.h"

#include <iterator>
#include <utility>

namespace n2c {

JointProgress::JointProgress(Progress& heard, const std::vector<std::vector<BlobToSend>>& awaited)
    : heard_(heard) {
  state_.with([&](State& state) {
    for (std::size_t push = 0; push < awaited.size(); ++push) {
      for (const BlobToSend& blob : awaited[push]) {
        Blob& known = state.blobs[blob.key];
        known.awaited = blob;
        known.pushes.insert(push);
      }
    }
  });
}

void JointProgress::Part::begin(std::vector<BlobToSend> blobs, std::string_view unit) {
  all_.begin(push_, std::move(blobs), unit);
}

void JointProgress::phase(std::string_view what) {
  state_.with([&](const State& state) {
    if (!state.begun) heard_.phase(what);
  });
}

void JointProgress::begin(std::size_t push, std::vector<BlobToSend> blobs, std::string_view unit) {
  if (blobs.empty()) return;
  state_.with([&](State& state) {
    for (const BlobToSend& blob : blobs) {
      Blob& known = state.blobs[blob.key];
      known.awaited.reset();
      known.pushes.insert(push);
    }
    if (!state.begun) {
      heard_.phase("sending");  // another push may have said what it does meanwhile
      for (auto& [key, blob] : state.blobs) {
        if (blob.awaited) blobs.push_back(*std::exchange(blob.awaited, std::nullopt));
      }
      state.begun = true;
    }
    heard_.begin(std::move(blobs), unit);
  });
}

void JointProgress::done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) {
  state_.with([&](State& state) {
    state.blobs.erase(diff_id_or_digest);
    heard_.done(diff_id_or_digest, outcome);
  });
}

void JointProgress::end(std::size_t push) {
  state_.with([&](State& state) {
    for (auto at = state.blobs.begin(); at != state.blobs.end();) {
      auto& [key, blob] = *at;
      const bool is_left = blob.pushes.erase(push) != 0 && blob.pushes.empty();
      if (is_left && !blob.awaited) heard_.give_up(key);
      at = is_left ? state.blobs.erase(at) : std::next(at);
    }
  });
}

}  // namespace n2c
