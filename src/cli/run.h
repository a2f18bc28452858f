#pragma once
/// The command line as a function: arguments in, exit code out.

#include <atomic>
#include <string_view>

namespace n2c::cli {

/// Understands the arguments, runs the command, prints an Error as
/// "n2c: MESSAGE" and "hint: …" on standard error. SIGINT and SIGTERM ask the command to
/// stop. Called once, on the main thread, before other threads exist. --version names `commit`.
int run(int argc, char** argv, std::string_view commit);

/// What SIGHUP means: to read files anew, for a command that says so, or else to stop, with exit
/// code 129.
struct Hangup {
  std::atomic<bool> means_reload = false;
  std::atomic<unsigned> count = 0;
};
Hangup& hangup();

}  // namespace n2c::cli
