#pragma once
/// What people read: standard output and standard error, which are a terminal or a log. Nothing
/// else in n2c writes to them (test/arch/includes.py checks it), and these functions take only text
/// that was made fit for them. Every function may be called from any thread; lines do not mix. A
/// line that cannot be written is lost without an error, but that finish() throws one for standard
/// output; for bytes there is one at once.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "base/stream.h"

namespace n2c::terminal {

/// A line on standard output: what a command was run for.
void print(const Printable& line);
/// JSON for programs on standard output, and a line end after it.
void print_json(std::string_view json);
/// Passes on what standard output still holds back.
void flush();
/// The same at a command's end. Throws Error{local} when something that was printed was lost:
/// "write to standard output: No space left on device". Throws Error{cancelled} when a stop ended
/// the waiting for somebody who reads.
void finish();
/// As long as it lives, threads of its own do the writing, so that print() and say() never wait.
/// They keep up to 1 MiB of what is not read, and count the lines that they drop then. There is
/// one at a time; it ends when all is written or a second after the stop of the process.
class InBackground {
 public:
  /// Throws Error{local} where no thread can be made.
  InBackground();
  ~InBackground();
  InBackground(const InBackground&) = delete;
  InBackground& operator=(const InBackground&) = delete;
};
/// "n2c: out of memory" on standard error, in no memory of its own; or another whole line.
void say_out_of_memory(std::string_view line = "n2c: out of memory\n") noexcept;
/// Takes the places of standard streams that are closed, so that no file of ours gets one. What is
/// written there is lost. To be called before anything is opened.
void keep_places();

/// A line on standard error: notes and errors.
void say(const Printable& line);
/// A prompt on standard error, without a line end.
void ask(const Printable& prompt);

bool output_is_terminal();
bool error_is_terminal();
/// Whether lines on standard error can be drawn again: a terminal whose TERM is said and not dumb.
bool error_can_redraw();

struct Size {
  std::size_t columns = 80, rows = 24;
};
/// Of the terminal that standard error is, at this moment; COLUMNS and LINES where it does not say.
Size error_size();

/// Lines at the end of the screen that are drawn again and again, on standard error. One thread at
/// a time.
class LiveLines {
 public:
  /// Draws these in place of what was drawn before. The lines must fit the terminal's width.
  void draw(std::span<const Printable> lines);
  /// Takes them away; what is written next begins where they began.
  void erase();

 private:
  std::string beginning() const;
  std::vector<std::size_t> drawn_;  // the columns of each line that is on the screen
  std::string text_;
};

/// Bytes, not text, for standard output. The constructor throws Error{usage} where that is a
/// terminal; write() throws Error{local}.
class Output final : public Writer {
 public:
  /// "an archive"
  explicit Output(std::string_view what);
  void write(ByteView bytes) override;
};

}  // namespace n2c::terminal
