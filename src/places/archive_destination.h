#pragma once
/// Archives as destinations: a file that appears when it is whole, or standard output.

#include <string>

#include "places/image_destination.h"

namespace n2c {

/// docker save's form (docs/format.md A9.1). It names one image for one platform.
class DockerArchiveDestination final : public ImageDestination {
 public:
  explicit DockerArchiveDestination(Address address) : address_(std::move(address)) {}
  std::string str() const override { return address_.str(); }
  /// Layers are written as plain tars, whatever `options` says about compression.
  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override;
  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override;

 private:
  std::vector<std::string> names(const std::vector<std::string>& more_tags) const;

  Address address_;
};

/// A layout in a tar. A layer that is to be compressed is compressed twice, so that nothing is kept
/// on disk: first to learn its digest and size, which a tar says before the bytes.
class OciArchiveDestination final : public ImageDestination {
 public:
  explicit OciArchiveDestination(Address address) : address_(std::move(address)) {}
  std::string str() const override { return address_.str(); }
  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override;
  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override;

 private:
  oci::Index index_of(const oci::Descriptor& root, const std::vector<std::string>& more_tags) const;

  Address address_;
};

}  // namespace n2c
