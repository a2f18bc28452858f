#include "console/console_progress.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>

#include "base/text.h"
#include "base/thread.h"

namespace n2c {

namespace {

constexpr auto redraw_apart = std::chrono::milliseconds(100);
constexpr auto plain_apart = std::chrono::seconds(30);
constexpr auto json_apart = std::chrono::seconds(1);
/// A terminal has a line for each of the largest blobs under way, when it has this many rows for
/// each.
constexpr std::size_t rows_a_blob = 4, most_blob_lines = 5;

ProgressStyle settled(ProgressStyle style) {
  if (style != ProgressStyle::automatic) return style;
  return terminal::error_can_redraw() ? ProgressStyle::terminal : ProgressStyle::plain;
}

std::chrono::seconds between(Clock::TimePoint began, Clock::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - began);
}

/// Lines for the largest blobs under way, where the terminal is high enough.
void add_blob_lines(std::vector<BlobMoment> blobs, double shrinking, terminal::Size size,
                    std::vector<Printable>& lines) {
  std::erase_if(
      blobs, [](const BlobMoment& blob) { return blob.done || blob.given_up || blob.sent == 0; });
  if (size.rows / rows_a_blob < 2 || blobs.size() < 2) return;
  std::ranges::sort(blobs, std::greater{}, &BlobMoment::bytes);
  blobs.resize(std::min({blobs.size(), size.rows / rows_a_blob - 1, most_blob_lines}));
  for (const BlobMoment& blob : blobs) {
    lines.emplace_back(blob_bar(blob, shrinking, size.columns));
  }
}

}  // namespace

ConsoleProgress::ConsoleProgress(ProgressStyle style, Notes notes, std::chrono::seconds patience,
                                 ProgressSurroundings around)
    : style_(settled(style)), notes_(notes), patience_(patience), around_(std::move(around)) {
  if (style_ == ProgressStyle::terminal) start();
}

void ConsoleProgress::start() {
  drawer_ = start_thread([this](std::stop_token stop) {
    try {
      while (around_.clock->wait(redraw_apart, stop)) {
        state_.with([&](State& state) { show(state); });
      }
    } catch (const std::exception&) {
      return;  // no memory for a line: the work goes on and nothing is drawn any more
    }
  });
}

ConsoleProgress::~ConsoleProgress() { finish(); }

void ConsoleProgress::phase(std::string_view what) {
  state_.with([&](State& state) {
    state.phase = what;
    state.phase_began = around_.clock->now();
    if (style_ != ProgressStyle::plain || drawer_.joinable()) return;
    state.next_line = state.phase_began + plain_apart;
    start();
  });
}

void ConsoleProgress::begin(std::vector<BlobToSend> blobs, std::string_view unit) {
  if (blobs.empty()) return;
  state_.with([&](State& state) {
    if (!state.phase.empty()) state.doing = state.phase;
    state.unit = unit;
    const bool goes_on =
        std::ranges::any_of(state.blobs, [](const auto& one) { return one.second.is_awaited(); });
    for (BlobToSend& blob : blobs) {
      Counted& counted = state.blobs[blob.key];
      counted.blob = std::move(blob);
      counted.is_done = counted.is_given_up = false;
    }
    if (!goes_on) {
      state.begins = true;
      state.next_line = {};
      if (style_ == ProgressStyle::plain) state.next_line = state.phase_began + patience_;
    }
    show(state);
    if (style_ != ProgressStyle::none && !drawer_.joinable()) start();
  });
}

std::atomic<std::uint64_t>& ConsoleProgress::meter(const oci::Digest& diff_id_or_digest) {
  auto* meter =
      state_.with([&](State& state) { return state.blobs[diff_id_or_digest].sent.get(); });
  return *meter;
}

void ConsoleProgress::done(const oci::Digest& diff_id_or_digest, BlobOutcome) {
  state_.with([&](State& state) {
    Counted& counted = state.blobs[diff_id_or_digest];
    counted.is_done = true;
    if (counted.blob) end_where_all_is_sent(state);  // else it was there before
  });
}

void ConsoleProgress::give_up(const oci::Digest& diff_id_or_digest) {
  state_.with([&](State& state) {
    Counted& counted = state.blobs[diff_id_or_digest];
    if (!counted.is_awaited()) return;
    counted.is_given_up = true;
    end_where_all_is_sent(state);
  });
}

void ConsoleProgress::end_where_all_is_sent(State& state) {
  const bool goes_on =
      std::ranges::any_of(state.blobs, [](const auto& one) { return one.second.is_awaited(); });
  if (goes_on) return;
  state.all_sent_at = around_.clock->now();
  if (style_ == ProgressStyle::plain) return;
  state.next_line = {};
  show(state);
}

void ConsoleProgress::note(const Printable& line) {
  if (notes_ == Notes::hidden) return;
  state_.with([&](State& state) {
    state.lines.erase();
    around_.say(cat("n2c: ", line));
  });
}

void ConsoleProgress::retry(const RetryNotice& notice) {
  if (notes_ == Notes::hidden) return;
  state_.with([&](State& state) {
    const bool is_drawn = style_ == ProgressStyle::terminal;
    if (!state.retries.add(notice, !is_drawn) || is_drawn) return;
    around_.say(cat("n2c: ", notice.why, "; ", notice.next));
  });
}

std::string ConsoleProgress::stopped(Kept kept, std::string_view nothing) const {
  return state_.with([&](const State& state) {
    using std::chrono::milliseconds;
    const bool was_begun = std::ranges::any_of(
        state.blobs, [](const auto& one) { return one.second.blob.has_value(); });
    const auto there = static_cast<std::size_t>(
        std::ranges::count_if(state.blobs, [](const auto& one) { return one.second.is_done; }));
    return stopped_sentence(
        {.since = std::chrono::duration_cast<milliseconds>(around_.clock->now() - began_),
         .there = there,
         .all = was_begun ? state.blobs.size() : 0,
         .unit = state.unit,
         .phase = state.phase,
         .is_whole_or_nothing = kept == Kept::nothing,
         .nothing = nothing});
  });
}

void ConsoleProgress::finish() {
  if (drawer_.joinable()) {
    drawer_.request_stop();
    drawer_.join();
  }
  state_.with([this](State& state) {
    state.lines.erase();
    for (const Printable& line : state.retries.take_counts()) {
      around_.say(cat("n2c: ", line));
    }
  });
}

void ConsoleProgress::aside(const std::function<void()>& write) {
  state_.with([&](State& state) {
    state.lines.erase();
    write();
    terminal::flush();
  });
}

std::vector<BlobMoment> ConsoleProgress::moments(const State& state) const {
  std::vector<BlobMoment> moments;
  for (const auto& [digest, counted] : state.blobs) {
    if (!counted.blob) continue;
    moments.push_back({.bytes = counted.blob->bytes,
                       .is_compressed_on_the_way = counted.blob->is_compressed_on_the_way,
                       .is_rough = counted.blob->is_rough,
                       .sent = counted.sent->load(),
                       .done = counted.is_done,
                       .given_up = counted.is_given_up,
                       .label = counted.blob->label});
  }
  return moments;
}

double ConsoleProgress::shrinking() const {
  const auto plain = compression_.plain.load();
  if (plain == 0) return usual_shrinking;
  return static_cast<double>(compression_.compressed.load()) / static_cast<double>(plain);
}

ProgressFacts ConsoleProgress::facts_of(State& state, std::span<const BlobMoment> blobs) const {
  ProgressFacts facts{
      .moment = moment_of(blobs, shrinking()), .doing = state.doing, .unit = state.unit};
  // Of nothing all is done, which is no percentage of what comes then.
  if (facts.moment.blobs != 0) state.percent = std::max(state.percent, facts.moment.percent());
  const bool is_all = facts.moment.blobs != 0 && facts.moment.is_over();
  facts.percent = is_all ? 100 : std::min(state.percent, 99);
  facts.bytes_per_second = state.rate.bytes_per_second();
  return facts;
}

void ConsoleProgress::show(State& state) {
  const auto now = around_.clock->now();
  if (style_ == ProgressStyle::terminal) draw(state);
  if (style_ == ProgressStyle::plain) write_sentence(state, now);
  if (style_ == ProgressStyle::json) write_json(state, now);
}

void ConsoleProgress::draw(State& state) {
  const auto now = around_.clock->now();
  terminal::Size size = terminal::error_size();
  --size.columns;  // a character in the last column may begin a new line
  const auto blobs = moments(state);
  const ProgressFacts facts = facts_of(state, blobs);
  std::vector<Printable> lines = state.retries.now(size.columns);
  if (facts.moment.blobs == 0) {
    // What is over at once is not worth a line that comes and goes.
    if (!state.phase.empty() && now - state.phase_began >= std::chrono::milliseconds(500)) {
      const auto since = between(state.phase_began, now);
      lines.emplace_back(phase_line(state.phase, false, since, size.columns));
    }
  } else if (facts.moment.is_over() && state.phase != state.doing &&
             now - state.all_sent_at > std::chrono::seconds(1)) {
    const auto since = between(state.all_sent_at, now);
    lines.emplace_back(phase_line(state.phase, true, since, size.columns));
  } else {
    state.rate.add(now, facts.moment.sent);
    lines.emplace_back(progress_bar(facts, size.columns));
    add_blob_lines(blobs, shrinking(), size, lines);
  }
  if (!lines.empty()) state.lines.draw(lines);
}

/// A line for a log.
void ConsoleProgress::write_sentence(State& state, Time now) {
  const ProgressFacts facts = facts_of(state, moments(state));
  state.rate.add(now, facts.moment.sent);
  if (now < state.next_line) return;
  state.next_line = now + plain_apart;
  if (notes_ == Notes::hidden) return;
  for (const Printable& line : state.retries.take_counts()) around_.say(cat("n2c: ", line));
  constexpr std::size_t any_width = 200;
  std::string text = progress_sentence(facts);
  if (facts.moment.blobs == 0) {
    text = phase_line(state.phase, false, between(state.phase_began, now), any_width);
  } else if (facts.moment.is_over() && state.phase != state.doing) {
    text = phase_line(state.phase, true, between(state.all_sent_at, now), any_width);
  } else if (std::exchange(state.begins, false)) {
    text = progress_beginning(facts);
  }
  around_.say(cat("n2c: ", text));
}

/// An object for a program.
void ConsoleProgress::write_json(State& state, Time now) {
  ProgressFacts facts = facts_of(state, moments(state));
  state.rate.add(now, facts.moment.sent);
  if (now < state.next_line) return;
  state.next_line = now + json_apart;
  if (facts.moment.is_over()) facts.doing = state.phase;
  around_.say(progress_json(facts));
}

}  // namespace n2c
