#pragma once
/// Where whole images go: registries, layouts, folders, archives, engines.

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "image/image.h"
#include "layout/blob_file.h"
#include "places/address.h"
#include "remote/registry_push.h"
#include "transfer/copy.h"
#include "transfer/index.h"
#include "transfer/layer_intake.h"
#include "transfer/progress.h"
#include "transfer/push.h"

namespace n2c {

/// One place, opened for one command. Calls block; one at a time.
class ImageDestination {
 public:
  virtual ~ImageDestination() = default;
  /// For people: "oci:out:v1".
  virtual std::string str() const = 0;
  /// Writes an image that is described; its manifest is made here. `options` has further tags; the
  /// address' own tag and digest are added to them. Throws Error. Then what was there before is
  /// still there, and nothing half-written is visible.
  virtual PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                          std::stop_token stop) = 0;
  /// Writes a stored image, or an index with its images, unchanged where the destination's form
  /// allows it. The rest is as for push().
  virtual CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                          Progress& progress, std::stop_token stop) = 0;
  /// Writes images and an index of them. `options` has further tags. Throws Error{usage} where only
  /// one image fits.
  virtual IndexReport push_index(const std::vector<IndexPart>& parts, const IndexOptions& options,
                                 Progress& progress, std::stop_token stop);
  /// Begins to take the layers of an image that is pushed with these options afterwards, when all
  /// of them have passed. `progress` outlives the result. Here they are kept in files: the
  /// destination wants the whole image at once.
  virtual std::unique_ptr<LayerIntake> open_intake(const PushOptions& options, Progress& progress,
                                                   std::stop_token stop);
};

/// What opening an address needs. Some members are for some destinations only.
struct DestinationOptions {
  /// How registries are reached; outlives the destination.
  Registries& registries;
  /// For registries: mount_from, reuse_from, reuse and verify_reuse. Its `to`, more_tags and
  /// options are not looked at.
  RegistryPush registry{};
  /// For folders (layouts and dir:): when a blob that has a file already counts as being there.
  BlobTrust trust = BlobTrust::size;
};

/// Opens a place to write to. Nothing is created or changed there before something is written.
/// Throws Error{usage} for what cannot be a destination.
std::unique_ptr<ImageDestination> open_destination(const Address& address,
                                                   const DestinationOptions& options);

}  // namespace n2c
