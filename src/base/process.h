#pragma once
/// Other programs, run with an argument list and never through a shell.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stream.h"

namespace n2c {

/// The program's file by $PATH, or nothing. A name with a '/' is not looked for in $PATH.
std::optional<std::filesystem::path> find_program(std::string_view program);

/// What to run.
struct Program {
  std::vector<std::string> arguments;  ///< the first is the program, looked for in $PATH
  /// What it reads on standard input; none: it reads nothing.
  Reader* input = nullptr;
  /// Set over this process's own environment.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::uint64_t max_output = 4 << 20;  ///< of standard output; what is more is Error{local}
  /// Hears of standard error as it comes, in pieces of any length, on the calling thread.
  std::function<void(std::string_view)> on_messages{};
  /// In a session of its own (setsid(2)): it has no terminal, and what it has started and left
  /// behind in that session's group is killed when it has ended, or is ended.
  bool own_session = false;
};

/// How a program ended.
struct ProgramEnd {
  int exit_code = 0;     ///< 128 + N when signal N ended it
  int signal = 0;        ///< that signal; 0: it ended by itself, whatever its exit code
  std::string output;    ///< standard output
  std::string messages;  ///< standard error; of a long one its last 64 KiB
  /// Whether it read its input to the end.
  bool took_all_input = true;
};

/// Runs a program to its end. Input is read as fast as the program takes it, on the calling thread.
/// Throws Error{local} when it cannot be started, what `input` throws, and Error{cancelled} when
/// asked to stop. Before it throws, it ends the program (SIGTERM, after two seconds SIGKILL). Any
/// exit code is a value. Thread-safe. The process must ignore SIGPIPE.
ProgramEnd run_program(const Program& program, std::stop_token stop);

/// A program that is left running. Its standard input and output are `channel`, a socket; its
/// standard error is `messages`. It is ended (SIGTERM, then SIGKILL) when this object ends.
class BackgroundProgram {
 public:
  /// Throws Error{local} when it cannot be started.
  BackgroundProgram(const std::vector<std::string>& arguments, int channel, int messages);
  ~BackgroundProgram();
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  /// Whether it has ended by itself. What it has started may go on and hold its channel open.
  bool is_over() const;

 private:
  int pid_ = -1;
};

}  // namespace n2c
