#include "console/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

/// "124 of ~268 MiB": both in the unit of the total.
std::string amount(const TransferMoment& moment) {
  static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
  double sent = static_cast<double>(moment.sent), total = static_cast<double>(moment.total);
  std::size_t unit = 0;
  while (total >= 1000 && unit + 1 < units.size()) {
    sent /= 1024;
    total /= 1024;
    ++unit;
  }
  const int places = unit == 0 || total >= 99.95 ? 0 : 1;
  return fmt::format("{:.{}f} of {}{:.{}f} {}", sent, places, moment.is_estimate ? "~" : "", total,
                     places, units.at(unit));
}

std::string left(const ProgressFacts& facts) {
  if (!facts.bytes_per_second) return "";
  const auto bytes = facts.moment.total - std::min(facts.moment.sent, facts.moment.total);
  const double seconds = static_cast<double>(bytes) / *facts.bytes_per_second;
  if (seconds > 99 * 3600) return "";
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  if (whole < 60) return cat(whole, " s left");
  if (whole < 3600) return fmt::format("{} min {:02} s left", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min left", whole / 3600, whole / 60 % 60);
}

std::string rate(const ProgressFacts& facts) {
  if (!facts.bytes_per_second) return "";
  return brief_bytes(static_cast<std::uint64_t>(*facts.bytes_per_second)) + "/s";
}

std::string bar(int percent) {
  constexpr int cells = 15;
  std::string text(cells, '.');
  std::fill_n(text.begin(), percent * cells / 100, '#');
  return "[" + text + "]";
}

struct Piece {
  std::string text;
  int matters;  // 0 the most
};

}  // namespace

std::string clipped(std::string text, std::size_t width) {
  while (columns_of(text) > width) text.pop_back();
  return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string_view word : split(text, ' ')) {
    if (!lines.empty() && columns_of(lines.back()) + 1 + columns_of(word) <= width) {
      lines.back() += cat(" ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string progress_bar(const ProgressFacts& facts, std::size_t width) {
  const TransferMoment& moment = facts.moment;
  const std::array pieces = {
      Piece{bar(facts.percent), 5},
      Piece{cat(facts.percent, " %"), 0},
      Piece{amount(moment), 1},
      Piece{rate(facts), 3},
      Piece{left(facts), 2},
      Piece{cat(moment.done, "/", moment.blobs, " ", facts.unit), 4},
      Piece{std::string(moment.label), 6},
  };
  std::array<bool, pieces.size()> shown{};
  std::size_t used = 0;
  for (int matters = 0; matters < static_cast<int>(pieces.size()); ++matters) {
    const auto* piece = std::ranges::find(pieces, matters, &Piece::matters);
    if (piece->text.empty()) continue;
    const std::size_t more = columns_of(piece->text) + (used == 0 ? 0 : 2);
    if (used + more > width) break;
    used += more;
    shown.at(static_cast<std::size_t>(piece - pieces.begin())) = true;
  }
  std::string line;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!shown.at(i)) continue;
    if (!line.empty()) line += i == 1 ? " " : "  ";
    line += pieces.at(i).text;
  }
  return line;
}

std::string blob_bar(const BlobMoment& blob, double shrinking, std::size_t width) {
  const TransferMoment alone = moment_of({&blob, 1}, shrinking);
  const auto line = cat("  ", alone.percent() < 10 ? " " : "", alone.percent(), " %  ",
                        amount(alone), "  ", blob.label);
  return clipped(line, width);
}

std::string phase_line(std::string_view phase, bool all_sent, std::chrono::seconds since,
                       std::size_t width) {
  std::string line = cat(all_sent ? "all sent; " : "", phase);
  if (since.count() > 0) line += cat(" (", since.count(), " s)");
  return clipped(std::move(line), width);
}

std::string stopped_sentence(const StoppedFacts& facts) {
  std::string line = facts.since < std::chrono::seconds(1)
                         ? cat("stopped after ", brief_duration(facts.since))
                         : cat("stopped after ", facts.since / std::chrono::seconds(1), " s");
  const bool is_nothing = facts.is_whole_or_nothing || facts.all == 0;
  const bool is_between = is_nothing || facts.there == facts.all;  // the count does not say where
  if (is_between && !facts.phase.empty()) line += cat(" (", facts.phase, ")");
  if (is_nothing) return cat(line, ": ", facts.nothing);
  return cat(line, ": ", facts.there, " of ", facts.all, " ", facts.unit,
             " are there; run again to go on");
}

std::string progress_beginning(const ProgressFacts& facts) {
  const TransferMoment& moment = facts.moment;
  std::string unit(facts.unit);
  if (moment.blobs == 1 && unit.ends_with('s')) unit.pop_back();
  return cat(facts.doing, " ", moment.blobs, " ", unit, ", ", moment.is_estimate ? "~" : "",
             brief_bytes(moment.total));
}

std::string progress_sentence(const ProgressFacts& facts) {
  std::string line = cat(facts.percent, " %, ", amount(facts.moment));
  for (const std::string& more : {rate(facts), left(facts)}) {
    if (!more.empty()) line += ", " + more;
  }
  return cat(line, ", ", facts.moment.done, " of ", facts.moment.blobs, " ", facts.unit);
}

std::string progress_json(const ProgressFacts& facts) {
  go::Json json(go::Json::Object{});
  json.set("phase", std::string(facts.doing));
  json.set("percent", go::Json(static_cast<std::uint64_t>(facts.percent)));
  json.set("sent", go::Json(facts.moment.sent));
  json.set("total", go::Json(facts.moment.total));
  json.set("estimated", go::Json(facts.moment.is_estimate));
  json.set("done", go::Json(std::uint64_t{facts.moment.done}));
  json.set("blobs", go::Json(std::uint64_t{facts.moment.blobs}));
  return json.compact();
}

}  // namespace n2c
