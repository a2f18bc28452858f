#pragma once
/// What people read: standard output and standard error, which are a terminal or a log. Nothing
/// else in n2c writes to them (test/arch/includes.py checks it), and these functions take only text
/// that was made fit for them. Every function may be called from any thread; lines do not mix. A
/// line that cannot be written is lost without an error; for bytes there is one.

#include <string_view>

#include "base/printable.h"
#include "base/stream.h"

namespace n2c::terminal {

/// A line on standard output: what a command was run for.
void print(const Printable& line);
/// JSON for programs on standard output, and a line end after it.
void print_json(std::string_view json);
/// Passes on what standard output still holds back.
void flush();

/// A line on standard error: notes and errors.
void say(const Printable& line);
/// A prompt on standard error, without a line end.
void ask(const Printable& prompt);

/// Replaces the unfinished line that the cursor stands on, on standard error.
void redraw(const Printable& line);
void erase();

bool output_is_terminal();
bool error_is_terminal();

/// Bytes, not text, for standard output. The constructor throws Error{usage} where that is a
/// terminal; write() throws Error{local}.
class Output final : public Writer {
 public:
  /// "an archive"
  explicit Output(std::string_view what);
  void write(ByteView bytes) override;
};

}  // namespace n2c::terminal
