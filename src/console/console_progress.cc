#include "console/console_progress.h"

#include <condition_variable>

#include "base/clock.h"
#include "base/terminal.h"
#include "base/text.h"

namespace n2c {

std::string progress_line(std::size_t done, std::size_t blobs, std::uint64_t sent,
                          std::chrono::nanoseconds elapsed) {
  std::string line =
      cat(done, " of ", blobs, blobs == 1 ? " layer" : " layers", ", ", brief_bytes(sent), " sent");
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (seconds >= 0.5) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(sent) / seconds);
    line += cat(", ", brief_bytes(rate), "/s");
  }
  return line;
}

ConsoleProgress::ConsoleProgress(Style style)
    : style_(style), terminal_(style == Style::automatic && terminal::error_is_terminal()) {
  if (!terminal_) return;
  drawer_ = std::jthread([this](std::stop_token stop) {
    SystemClock clock;
    while (clock.wait(std::chrono::milliseconds(100), stop)) draw();
  });
}

ConsoleProgress::~ConsoleProgress() { finish(); }

void ConsoleProgress::begin(std::size_t blobs, std::uint64_t) {
  state_.with([&](State& state) {
    state.blobs = blobs;
    state.began = std::chrono::steady_clock::now();
  });
}

std::atomic<std::uint64_t>& ConsoleProgress::meter(const oci::Digest& diff_id_or_digest) {
  auto* meter = state_.with([&](State& state) {
    auto& slot = state.meters[diff_id_or_digest];
    if (!slot) slot = std::make_unique<std::atomic<std::uint64_t>>(0);
    return slot.get();
  });
  return *meter;
}

void ConsoleProgress::done(const oci::Digest&, BlobOutcome outcome) {
  if (outcome != BlobOutcome::sent) return;
  state_.with([](State& state) { ++state.done; });
}

void ConsoleProgress::note(const Printable& line) {
  if (style_ == Style::quiet) return;
  state_.with([&](State& state) {
    if (state.drawn) terminal::erase();
    terminal::say(cat("n2c: ", line));
    state.drawn = false;
  });
}

void ConsoleProgress::finish() {
  if (drawer_.joinable()) {
    drawer_.request_stop();
    drawer_.join();
  }
  state_.with([](State& state) {
    if (state.drawn) terminal::erase();
    state.drawn = false;
  });
}

void ConsoleProgress::draw() {
  state_.with([](State& state) {
    if (state.blobs == 0) return;
    std::uint64_t sent = 0;
    for (const auto& [digest, meter] : state.meters) sent += meter->load();
    const auto elapsed = std::chrono::steady_clock::now() - state.began;
    terminal::redraw(progress_line(state.done, state.blobs, sent, elapsed));
    state.drawn = true;
  });
}

}  // namespace n2c
