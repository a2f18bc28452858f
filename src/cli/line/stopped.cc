#include "cli/line/stopped.h"

namespace n2c::cli {

Kept kept_at(const Address& place) {
  using What = ConsoleProgress::Kept;
  switch (place.kind) {
    case Address::Kind::docker_daemon:
    case Address::Kind::containers_storage: return {What::nothing, "nothing was loaded"};
    case Address::Kind::oci_archive:
    case Address::Kind::docker_archive:
    case Address::Kind::image_json: return {What::nothing, "nothing was written"};
    case Address::Kind::registry:
    case Address::Kind::oci_layout:
    case Address::Kind::dir: break;
  }
  return {What::what_is_sent, "nothing was sent"};
}

Error with_how_far(const Error& error, ConsoleProgress& progress, const Kept& kept) {
  if (error.kind() != ErrorKind::cancelled) return error;
  progress.finish();
  return {ErrorKind::cancelled, progress.stopped(kept.what, kept.nothing)};
}

}  // namespace n2c::cli
