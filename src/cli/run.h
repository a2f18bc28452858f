#pragma once
/// The command line as a function: arguments in, exit code out.

namespace n2c::cli {

/// Understands the arguments, runs the command, prints an Error as
/// "n2c: MESSAGE" and "hint: …" on standard error. SIGINT and SIGTERM ask the command to
/// stop. Called once, on the main thread, before other threads exist.
int run(int argc, char** argv);

}  // namespace n2c::cli
