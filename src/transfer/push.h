#pragma once
/// Pushing an image into a blob store: ask for everything, send what is missing,
/// make the manifest visible last.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "image/image.h"
#include "oci/descriptor.h"
#include "transfer/blob_store.h"
#include "transfer/known_forms.h"
#include "transfer/plan.h"
#include "transfer/progress.h"
#include "transfer/push_options.h"
#include "transfer/repository_state.h"

namespace n2c {

/// What became (or with dry_run, would become) of one distinct layer.
struct LayerOutcome {
  std::size_t first = 0;                ///< its place in Image::layers
  std::optional<oci::Descriptor> form;  ///< as stored; unknown only in a dry run
  std::optional<BlobOutcome> outcome;   ///< nothing: to be sent (dry run)
  std::string why;
  bool compressed = false;  ///< by this push: the form is what the codec gave
};

struct PushReport {
  std::optional<oci::Descriptor> manifest;  ///< unknown only in a dry run
  std::vector<LayerOutcome> layers;
  bool nothing_written = false;  ///< every tag held this manifest already
  std::uint64_t bytes_sent = 0;  ///< of layers, config and manifest, as they went out
  std::size_t count(BlobOutcome outcome) const;
};

/// A layer of the plan as a Progress is told of it.
BlobToSend blob_to_send(const Image& image, const PlannedLayer& layer);

/// Carries a plan out. Throws Error{integrity} when a layer's bytes are not what the image says, or
/// the manifest is not `must_be`. Whatever is thrown, no tag was written; of several tags, some may
/// have been. Blocks; starts threads of its own.
PushReport transfer(PushPlan plan, BlobStore& store, Progress& progress, std::stop_token stop);

/// Plans and transfers, into a blob store of which no more is known than `state` says.
PushReport push_to_store(const Image& image, BlobStore& store, const PushOptions& options,
                         Progress& progress, std::stop_token stop,
                         const RepositoryState& state = {});

/// What the codec made of the image's layers in that push.
PairedLayers compressed_forms(const Image& image, const PushReport& report);
/// How the image's layers are stored that the codec was needed for, in that push or an earlier one.
PairedLayers codec_forms(const Image& image, const PushReport& report);

}  // namespace n2c
