#include "console/console_progress.h"

#include <algorithm>
#include <exception>

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

}  // namespace

ConsoleProgress::ConsoleProgress(ProgressStyle style, Notes notes)
    : style_(settled(style)), notes_(notes) {
  // A terminal is told of phases too; to a log there is nothing to say before bytes are sent.
  if (style_ == ProgressStyle::terminal) start();
}

void ConsoleProgress::start() {
  drawer_ = start_thread([this](std::stop_token stop) {
    SystemClock clock;
    try {
      while (clock.wait(redraw_apart, stop)) {
        state_.with([&](State& state) { show(state); });
      }
    } catch (const std::exception&) {
      // No memory for a line: the work goes on and nothing is drawn any more.
    }
  });
}

ConsoleProgress::~ConsoleProgress() { finish(); }

void ConsoleProgress::phase(std::string_view what) {
  state_.with([&](State& state) {
    state.phase = what;
    state.phase_began = std::chrono::steady_clock::now();
  });
}

void ConsoleProgress::begin(std::vector<BlobToSend> blobs, std::string_view unit) {
  if (blobs.empty()) return;
  state_.with([&](State& state) {
    state.unit = unit;
    for (BlobToSend& blob : blobs) {
      Counted& counted = state.blobs[blob.key];
      counted.blob = std::move(blob);
      counted.is_done = false;
    }
    state.next_line = {};
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
    const auto found = state.blobs.find(diff_id_or_digest);
    if (found == state.blobs.end()) return;
    found->second.is_done = true;
    const bool all = std::ranges::all_of(
        state.blobs, [](const auto& one) { return one.second.is_done || !one.second.blob; });
    if (!all) return;
    state.all_sent_at = std::chrono::steady_clock::now();
    if (style_ == ProgressStyle::terminal) draw(state);
  });
}

void ConsoleProgress::note(const Printable& line) {
  if (notes_ == Notes::hidden) return;
  state_.with([&](State& state) {
    state.lines.erase();
    terminal::say(cat("n2c: ", line));
  });
}

void ConsoleProgress::finish() {
  if (drawer_.joinable()) {
    drawer_.request_stop();
    drawer_.join();
  }
  state_.with([](State& state) { state.lines.erase(); });
}

std::vector<BlobMoment> ConsoleProgress::moments(const State& state) const {
  std::vector<BlobMoment> moments;
  for (const auto& [digest, counted] : state.blobs) {
    if (!counted.blob) continue;
    moments.push_back({.bytes = counted.blob->bytes,
                       .is_compressed_on_the_way = counted.blob->is_compressed_on_the_way,
                       .sent = counted.sent->load(),
                       .done = counted.is_done,
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
  ProgressFacts facts{.moment = moment_of(blobs, shrinking()), .unit = state.unit};
  state.percent = std::max(state.percent, facts.moment.percent());
  facts.percent = facts.moment.is_over() ? 100 : std::min(state.percent, 99);
  facts.bytes_per_second = state.rate.bytes_per_second();
  return facts;
}

void ConsoleProgress::show(State& state) {
  if (style_ == ProgressStyle::terminal) return draw(state);
  if (style_ != ProgressStyle::none) write_line(state);
}

void ConsoleProgress::draw(State& state) {
  const auto now = std::chrono::steady_clock::now();
  const auto [columns, rows] = terminal::error_size();
  const std::size_t width = columns - 1;  // a character in the last column may begin a new line
  const auto since = [&](Time began) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - began);
  };
  auto blobs = moments(state);
  const ProgressFacts facts = facts_of(state, blobs);
  std::vector<Printable> lines;
  if (facts.moment.blobs == 0) {
    // What is over at once is not worth a line that comes and goes.
    if (state.phase.empty() || now - state.phase_began < std::chrono::milliseconds(500)) return;
    lines.emplace_back(phase_line(state.phase, false, since(state.phase_began), width));
  } else if (facts.moment.is_over() && now - state.all_sent_at > std::chrono::seconds(1)) {
    lines.emplace_back(phase_line(state.phase, true, since(state.all_sent_at), width));
  } else {
    state.rate.add(now, facts.moment.sent);
    lines.emplace_back(progress_bar(facts, width));
    std::erase_if(blobs, [](const BlobMoment& blob) { return blob.done || blob.sent == 0; });
    std::ranges::sort(blobs, std::greater{}, &BlobMoment::bytes);
    const std::size_t most = std::min(rows / rows_a_blob - 1, most_blob_lines);
    if (rows / rows_a_blob > 1 && blobs.size() > 1) {
      blobs.resize(std::min(blobs.size(), most));
      for (const BlobMoment& blob : blobs) {
        lines.emplace_back(blob_bar(blob, shrinking(), width));
      }
    }
  }
  state.lines.draw(lines);
}

void ConsoleProgress::write_line(State& state) {
  const auto now = std::chrono::steady_clock::now();
  const ProgressFacts facts = facts_of(state, moments(state));
  if (facts.moment.blobs == 0 || facts.moment.is_over()) return;
  state.rate.add(now, facts.moment.sent);
  if (now < state.next_line) return;
  const bool first = state.next_line == Time{};
  if (style_ == ProgressStyle::json) {
    state.next_line = now + json_apart;
    return terminal::say(progress_json(facts));
  }
  state.next_line = now + plain_apart;
  if (notes_ == Notes::hidden) return;
  terminal::say(cat("n2c: ", first ? progress_beginning(facts) : progress_sentence(facts)));
}

}  // namespace n2c
