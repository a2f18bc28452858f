#include "places/stream_push.h"

#include "base/error.h"
#include "base/text.h"
#include "layout/docker_archive_stream.h"

namespace n2c {

namespace {

/// A push finds the layers that were sent just before. They were sent all the same.
void count_as_sent(PushReport& report, const PassedImage& passed) {
  for (LayerOutcome& layer : report.layers) {
    const auto taken = passed.taken.find(passed.image.layers[layer.first].diff_id);
    if (taken == passed.taken.end() || layer.outcome != BlobOutcome::present) continue;
    layer.outcome = taken->second.outcome;
    if (layer.outcome == BlobOutcome::sent) report.bytes_sent += taken->second.stored.size;
  }
}

}  // namespace

StreamedPush push_stream(StreamedArchive archive, ImageDestination& to, const PushOptions& options,
                         Progress& progress, std::stop_token stop) {
  if (options.dry_run) {
    throw Error(ErrorKind::usage,
                archive.name + ": what is to be sent shows only while the archive passes",
                "leave --dry-run out, or save the archive to a file");
  }
  PassedImage passed = [&] {
    const auto intake = to.open_intake(options, progress, stop);
    PassedImage read =
        read_docker_archive(std::move(archive.bytes), archive.name, archive.image, *intake, stop);
    read.image = intake->openable(std::move(read.image));
    return read;
  }();
  StreamedPush pushed{.report = to.push(passed.image, options, progress, stop),
                      .config_id = oci::Digest::of(passed.image.config_json)};
  count_as_sent(pushed.report, passed);
  return pushed;
}

}  // namespace n2c
