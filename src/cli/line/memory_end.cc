#include "cli/line/memory_end.h"

#include <cstdlib>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/terminal.h"

namespace n2c::cli {

namespace {

/// Takes no memory: rethrowing uses the exception that is there.
bool ended_for_memory() noexcept {
  if (std::current_exception() == nullptr) return true;  // there was none for an exception either
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void end_plainly() {
  if (!ended_for_memory()) std::abort();
  terminal::say_out_of_memory("n2c: no memory left while the command line was read\n");
  std::_Exit(exit_code(ErrorKind::local));
}

}  // namespace

MemoryEnd::MemoryEnd() : before_(std::set_terminate(&end_plainly)) {}

void MemoryEnd::over() {
  if (before_ != nullptr) std::set_terminate(std::exchange(before_, nullptr));
}

}  // namespace n2c::cli
