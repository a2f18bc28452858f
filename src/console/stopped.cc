#include "console/stopped.h"

namespace n2c {

Error with_how_far(const Error& error, ConsoleProgress& progress, const Kept& kept) {
  if (error.kind() != ErrorKind::cancelled) return error;
  progress.finish();
  return {ErrorKind::cancelled, progress.stopped(kept.what, kept.nothing)};
}

}  // namespace n2c
