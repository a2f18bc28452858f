#pragma once
/// The way out to people: a terminal, or the log that standard output and standard error are.
/// Nothing else in n2c writes to either (test/arch/includes.py sees to it), and what stands here
/// takes only what was made fit for them. All of it may be called from any thread; lines do not
/// mix. What cannot be written is lost, but for bytes.

#include <string_view>

#include "base/printable.h"
#include "base/stream.h"

namespace n2c::terminal {

/// A line on standard output: what a command was run for.
void print(const Printable& line);
/// JSON for programs on standard output, and a line end after it.
void print_json(std::string_view json);
/// Standard output, as far as it is not at its reader's yet.
void flush();

/// A line on standard error: what is told beside it.
void say(const Printable& line);
/// On standard error, in front of what somebody is to type.
void ask(const Printable& prompt);

/// The line that the cursor stands on, which is on standard error and has no end yet, becomes
/// this one.
void redraw(const Printable& line);
void erase();

bool output_is_terminal();
bool error_is_terminal();

/// Bytes for standard output that are no text. Throws Error{usage} where it is a terminal, and
/// write() Error{local}.
class Output final : public Writer {
 public:
  /// "an archive"
  explicit Output(std::string_view what);
  void write(ByteView bytes) override;
};

}  // namespace n2c::terminal
