#pragma once
/// How far a transfer is, in numbers. Values and decisions only; what people see of them is made in
/// console/progress_line.h.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace n2c {

/// One blob at one moment.
struct BlobMoment {
  std::uint64_t bytes = 0;  ///< as it will arrive; plain, when it is compressed on the way
  bool is_compressed_on_the_way = false;
  bool is_rough = false;   ///< `bytes` is an estimate
  std::uint64_t sent = 0;  ///< bytes that left
  bool done = false;       ///< the peer has it
  bool given_up = false;   ///< nobody sends the rest
  std::string_view label{};
};

/// All of them at one moment.
struct TransferMoment {
  std::size_t done = 0, blobs = 0;
  std::uint64_t sent = 0;
  std::uint64_t total = 0;   ///< of bytes to send, those that were sent among them
  bool is_estimate = false;  ///< whether the total is one
  std::string_view label{};  ///< of the largest blob that is under way
  bool is_over() const { return done == blobs; }
  /// 0 to 100; 100 only when the peer has everything.
  int percent() const;
};

/// What layers shrink to before anything is known: most closures are near it.
inline constexpr double usual_shrinking = 0.4;

/// Blobs that were given up are in the bytes that were sent, and in nothing else.
/// What is still to be compressed is taken to shrink to `shrinking` of its size.
TransferMoment moment_of(std::span<const BlobMoment> blobs, double shrinking);

/// Bytes a second over the last ten seconds. One thread at a time.
class Rate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  void add(Time now, std::uint64_t sent);
  /// Nothing in the first second, and while nothing moves.
  std::optional<double> bytes_per_second() const;

 private:
  struct Sample {
    Time at;
    std::uint64_t sent;
  };
  std::deque<Sample> samples_;
};

}  // namespace n2c
