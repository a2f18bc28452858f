#pragma once
/// From an archive that comes through a pipe to a place.

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/stream.h"
#include "oci/reference.h"
#include "places/image_destination.h"

namespace n2c {

/// docker-archive:- and its like.
struct StreamedArchive {
  std::unique_ptr<Reader> bytes;
  std::string name;                       ///< for people
  std::optional<oci::Reference> image{};  ///< which of its images; nothing: the only one
};

struct StreamedPush {
  PushReport report;      ///< layers that were sent as they passed count as sent
  oci::Digest config_id;  ///< the config's digest
};

/// Writes one image of the archive, layer by layer as it passes. The archive is read once and to
/// its end. A registry or a folder gets the layers as they pass, and no file is made but its own;
/// for other destinations they are kept until all have come (layer_spool.h). Throws Error as
/// ImageDestination::push() and read_docker_archive() do; then no tag was written.
StreamedPush push_stream(StreamedArchive archive, ImageDestination& to, const PushOptions& options,
                         Progress& progress, std::stop_token stop);

}  // namespace n2c
