/// Parse, run, turn an Error into a message and an exit code.

#include "cli/run.h"

#ifdef __GLIBC__
#include <malloc.h>

namespace {

/// Memory that a thread freed is kept for that thread, and blocks once given back to the system
/// are kept from then on: with a few megabytes in each of many threads that is more
/// than n2c uses.
void keep_little_memory() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

}  // namespace
#else
namespace {
void keep_little_memory() {}
}  // namespace
#endif

int main(int argc, char** argv) {
  keep_little_memory();
  return n2c::cli::run(argc, argv);
}
