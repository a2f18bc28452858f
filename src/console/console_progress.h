#pragma once
/// Progress for people: one line redrawn on a terminal, plain lines elsewhere.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/locked.h"
#include "transfer/progress.h"

namespace n2c {

/// The line for one moment of a transfer: "3 of 12 layers, 34.1 MiB sent, 98.0 MiB/s". A pure
/// function of the numbers.
std::string progress_line(std::size_t done, std::size_t blobs, std::uint64_t sent,
                          std::chrono::nanoseconds elapsed);

/// Writes to standard error. On a terminal a line of progress is redrawn ten times a second;
/// elsewhere only notes are written, one line each, after `name` ("n2c: ").
/// Thread-safe.
class ConsoleProgress final : public Progress {
 public:
  enum class Style { automatic, quiet };
  explicit ConsoleProgress(Style style);
  ~ConsoleProgress() override;
  ConsoleProgress(const ConsoleProgress&) = delete;
  ConsoleProgress& operator=(const ConsoleProgress&) = delete;

  void begin(std::size_t blobs, std::uint64_t bytes) override;
  std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) override;
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) override;
  void note(const Printable& line) override;
  /// Ends the redrawn line, so that further output begins on a line of its own.
  void finish();

 private:
  struct State {
    std::map<oci::Digest, std::unique_ptr<std::atomic<std::uint64_t>>> meters;
    std::size_t blobs = 0, done = 0;
    std::chrono::steady_clock::time_point began{};
    bool drawn = false;  // the redrawn line is on the screen
  };
  void draw();

  Style style_;
  bool terminal_;
  Locked<State> state_;
  std::jthread drawer_;
};

}  // namespace n2c
