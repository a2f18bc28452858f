#pragma once
/// The words and bars of a moment. Pure functions.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/transfer_moment.h"

namespace n2c {

/// What there is to say.
struct ProgressFacts {
  TransferMoment moment{};
  int percent = 0;  ///< never less than it was
  std::optional<double> bytes_per_second{};
  std::string_view doing = "sending", unit = "layers";
};

/// What there is to say of a command that was stopped.
struct StoppedFacts {
  std::chrono::milliseconds since{};
  std::size_t there = 0, all = 0;  ///< all: 0 when it is not known what there is to send
  std::string_view unit = "layers", phase{};
  bool is_whole_or_nothing = false;  ///< what was sent is of no use to the next try
  std::string_view nothing{};        ///< what is said then, and when nothing was begun
};

/// At most `width` columns, with what matters most when not all fits:
///
///     [#######........] 46 %  124 of ~268 MiB  1.9 MiB/s  1 min 16 s left  99/100 layers  nodejs
std::string progress_bar(const ProgressFacts& facts, std::size_t width);

/// One blob under way: "   7 %  3.1 of ~40.0 MiB  nodejs".
std::string blob_bar(const BlobMoment& blob, double shrinking, std::size_t width);

/// "all sent; the engine is unpacking (12 s)", or the phase alone when nothing was to be sent: at
/// most `width` columns.
std::string phase_line(std::string_view phase, bool all_sent, std::chrono::seconds since,
                       std::size_t width);

/// "stopped after 4 s: 14 of 20 layers are there; run again to go on", or "stopped after 4 s
/// (docker is unpacking): nothing was loaded", or "stopped after 4 s (attaching): 20 of 20 layers
/// are there; run again to go on".
std::string stopped_sentence(const StoppedFacts& facts);

/// The text on lines of at most `width` columns, broken between words. A word that is longer has a
/// line of its own, so that it can be copied whole.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// The first columns of it.
std::string clipped(std::string text, std::size_t width);

/// For logs, first: "sending 12 layers, ~268 MiB".
std::string progress_beginning(const ProgressFacts& facts);

/// For logs, then: "46 %, 124 of ~268 MiB, 1.9 MiB/s, 1 min 16 s left, 99 of 100 layers".
std::string progress_sentence(const ProgressFacts& facts);

/// For programs: one JSON object. `doing` is its member "phase".
std::string progress_json(const ProgressFacts& facts);

}  // namespace n2c
