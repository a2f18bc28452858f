#include "console/transfer_moment.h"

#include <algorithm>

namespace n2c {

namespace {

constexpr auto rate_window = std::chrono::seconds(10);
constexpr auto sample_apart = std::chrono::milliseconds(200);

}  // namespace

int TransferMoment::percent() const {
  if (is_over()) return 100;
  if (total == 0) return 0;
  const double part = static_cast<double>(sent) / static_cast<double>(total);
  return std::min(99, static_cast<int>(100 * part));
}

TransferMoment moment_of(std::span<const BlobMoment> blobs, double shrinking) {
  TransferMoment moment{.blobs = blobs.size()};
  std::uint64_t largest = 0;
  for (const BlobMoment& blob : blobs) {
    moment.sent += blob.sent;
    if (blob.given_up) {
      --moment.blobs;
      moment.total += blob.sent;
      continue;
    }
    if (blob.done) {
      ++moment.done;
      moment.total += blob.sent;
      continue;
    }
    std::uint64_t expected = blob.bytes;
    if (blob.is_compressed_on_the_way) {
      expected = static_cast<std::uint64_t>(static_cast<double>(blob.bytes) * shrinking);
      moment.is_estimate = true;
    }
    moment.is_estimate = moment.is_estimate || blob.is_rough;
    moment.total += std::max(expected, blob.sent);
    if (blob.sent > 0 && blob.bytes >= largest) {
      largest = blob.bytes;
      moment.label = blob.label;
    }
  }
  return moment;
}

void Rate::add(Time now, std::uint64_t sent) {
  // What is sent again counts from where the blob began.
  if (!samples_.empty() && sent < samples_.back().sent) samples_.clear();
  if (!samples_.empty() && now - samples_.back().at < sample_apart) return;
  samples_.push_back({now, sent});
  while (now - samples_.front().at > rate_window) samples_.pop_front();
}

std::optional<double> Rate::bytes_per_second() const {
  if (samples_.size() < 2) return std::nullopt;
  const auto elapsed = std::chrono::duration<double>(samples_.back().at - samples_.front().at);
  if (elapsed.count() < 1 || samples_.back().sent == samples_.front().sent) return std::nullopt;
  return static_cast<double>(samples_.back().sent - samples_.front().sent) / elapsed.count();
}

}  // namespace n2c
