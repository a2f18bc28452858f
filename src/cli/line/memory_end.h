#pragma once
/// What happens where memory ends while CLI11 reads the command line.

#include <exception>

namespace n2c::cli {

/// CLI11 copies names in functions that are noexcept, App::_find_subcommand() among them, so that a
/// lack of memory there calls std::terminate(). While this lives and is not over(), that ends the
/// process with words and the exit code of ErrorKind::local, in place of an abort. Anything else
/// that calls std::terminate() aborts as ever. One at a time, on the main thread.
class MemoryEnd {
 public:
  MemoryEnd();
  ~MemoryEnd() { over(); }
  MemoryEnd(const MemoryEnd&) = delete;
  MemoryEnd& operator=(const MemoryEnd&) = delete;

  /// The command line has been read.
  void over();

 private:
  std::terminate_handler before_;
};

}  // namespace n2c::cli
