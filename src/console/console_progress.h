#pragma once
/// Progress for people: lines that are redrawn on a terminal, a line now and then in a log.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/locked.h"
#include "base/terminal.h"
#include "console/progress_line.h"
#include "console/retry_lines.h"
#include "transfer/progress.h"

namespace n2c {

/// How progress is shown. `automatic` is `terminal` where standard error is one, else `plain`.
enum class ProgressStyle { automatic, terminal, plain, json, none };

/// What a test replaces.
struct ProgressSurroundings {
  std::shared_ptr<Clock> clock = std::make_shared<SystemClock>();
  std::function<void(const Printable&)> say = terminal::say;  ///< takes lines that stay
};

/// Writes to standard error. A terminal's lines are redrawn at most ten times a second; a log gets
/// a line when sending begins and one every thirty seconds, also while a phase before that lasts;
/// for programs that is a JSON object, once a second. Notes are lines of their own after "n2c: ";
/// requests that are tried again for one reason are one line that counts. Thread-safe.
class ConsoleProgress final : public Progress {
 public:
  enum class Notes { shown, hidden };
  /// `patience`: how long work lasts before a log gets its first line.
  explicit ConsoleProgress(ProgressStyle style, Notes notes = Notes::shown,
                           std::chrono::seconds patience = {}, ProgressSurroundings around = {});
  ~ConsoleProgress() override;
  ConsoleProgress(const ConsoleProgress&) = delete;
  ConsoleProgress& operator=(const ConsoleProgress&) = delete;

  void phase(std::string_view what) override;
  void begin(std::vector<BlobToSend> blobs, std::string_view unit) override;
  CompressionCount& compression() override { return compression_; }
  std::atomic<std::uint64_t>& meter(const oci::Digest& diff_id_or_digest) override;
  void done(const oci::Digest& diff_id_or_digest, BlobOutcome outcome) override;
  void give_up(const oci::Digest& diff_id_or_digest) override;
  void note(const Printable& line) override;
  void retry(const RetryNotice& notice) override;

  /// What of it is of use to the next try, when the command is stopped.
  enum class Kept { what_is_sent, nothing };
  /// How far it came: "stopped after 4 s: 14 of 20 layers are there; run again to go on". Where
  /// nothing is kept, or was begun, it says `nothing`.
  std::string stopped(Kept kept, std::string_view nothing) const;

  /// Takes the redrawn lines away: what is written next begins on a line of its own.
  void finish();
  /// Runs what writes lines that stay, while the redrawn ones are away. It tells no progress.
  void aside(const std::function<void()>& write);

 private:
  using Time = Clock::TimePoint;
  struct Counted {
    std::optional<BlobToSend> blob{};  // nothing when it was not told of
    std::unique_ptr<std::atomic<std::uint64_t>> sent =
        std::make_unique<std::atomic<std::uint64_t>>(0);
    bool is_done = false, is_given_up = false;
    bool is_awaited() const { return blob && !is_done && !is_given_up; }
  };
  struct State {
    std::map<oci::Digest, Counted> blobs;
    std::string phase, doing = "sending", unit = "layers";
    Time phase_began{}, all_sent_at{};
    int percent = 0;
    Rate rate;
    RetryLines retries;
    terminal::LiveLines lines;
    Time next_line{};
    bool begins = false;  // and a log was not told yet
  };
  std::vector<BlobMoment> moments(const State& state) const;
  double shrinking() const;
  ProgressFacts facts_of(State& state, std::span<const BlobMoment> blobs) const;
  void start();
  void end_where_all_is_sent(State& state);
  void show(State& state);
  void draw(State& state);
  void write_sentence(State& state, Time now);
  void write_json(State& state, Time now);

  const ProgressStyle style_;
  const Notes notes_;
  const std::chrono::seconds patience_;
  const ProgressSurroundings around_;
  const Time began_ = around_.clock->now();
  CompressionCount compression_;
  Locked<State> state_;
  std::jthread drawer_;
};

}  // namespace n2c
