#pragma once
/// Container engines as destinations: docker-daemon: and containers-storage: (through podman).

#include <string>

#include "places/image_destination.h"

namespace n2c {

/// Loads one image for one platform under the address' name (load.h), sending only the layers
/// that the engine lacks.
class EngineDestination final : public ImageDestination {
 public:
  explicit EngineDestination(Address address) : address_(std::move(address)) {}
  std::string str() const override { return address_.str(); }
  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override;
  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override;

 private:
  /// `stored` is the image's manifest where it is stored.
  PushReport load(const Image& image, const oci::RawManifest* stored, const PushOptions& options,
                  Progress& progress, std::stop_token stop);

  Address address_;
};

}  // namespace n2c
