#pragma once
/// Layers that come through a pipe, kept in files for a place that takes a whole image: an engine
/// says what it lacks only when it knows all layers, and an archive is written from its manifest
/// on.

#include <map>
#include <memory>
#include <stop_token>
#include <string_view>

#include "base/file.h"
#include "places/stream_push.h"
#include "transfer/layer_intake.h"
#include "transfer/progress.h"

namespace n2c {

/// Keeps each distinct layer as a plain tar in a temporary folder, which goes away with this and
/// with the last image of openable(). What is held in memory does not depend on the layers.
class LayerSpool final : public LayerIntake {
 public:
  /// Tells the progress where the layers are kept and that `place` is why.
  LayerSpool(std::string_view place, Progress& progress);

  LayerTaken take(PassingLayer layer, std::stop_token stop) override;
  Image openable(Image passed) const override;

 private:
  std::shared_ptr<const TemporaryFolder> folder_;
  std::map<oci::Digest, LayerTaken> kept_;
};

/// Reads the archive to its end, and gives its image with layers that are kept so. `place` is where
/// it goes, for people. Throws what read_docker_archive() does, and Error{local} where they cannot
/// be kept.
Image spool_archive(StreamedArchive archive, std::string_view place, Progress& progress,
                    std::stop_token stop);

}  // namespace n2c
