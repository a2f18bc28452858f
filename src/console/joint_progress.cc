#include "console/joint_progress.h"

#include <utility>

namespace n2c {

JointProgress::JointProgress(Progress& heard, std::vector<BlobToSend> awaited) : heard_(heard) {
  state_.with([&](State& state) {
    for (BlobToSend& blob : awaited) state.awaited.emplace(blob.key, std::move(blob));
  });
}

void JointProgress::phase(std::string_view what) {
  state_.with([&](const State& state) {
    if (!state.begun) heard_.phase(what);
  });
}

void JointProgress::begin(std::vector<BlobToSend> blobs, std::string_view unit) {
  if (blobs.empty()) return;
  state_.with([&](State& state) {
    for (const BlobToSend& blob : blobs) state.awaited.erase(blob.key);
    if (!state.begun) {
      heard_.phase("sending");  // another push may have said what it does meanwhile
      for (auto& [key, blob] : state.awaited) blobs.push_back(std::move(blob));
      state.awaited.clear();
      state.begun = true;
    }
    heard_.begin(std::move(blobs), unit);
  });
}

void JointProgress::done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) {
  state_.with([&](State& state) {
    state.awaited.erase(diff_id_or_digest);
    heard_.done(diff_id_or_digest, outcome);
  });
}

}  // namespace n2c
