#pragma once
/// A reference at a registry as a source of images.

#include "base/error.h"
#include "oci/reference.h"
#include "registry/client/client.h"
#include "remote/registries.h"
#include "transfer/image_source.h"

namespace n2c {

class RegistrySource final : public ImageSource {
 public:
  /// `registries` outlives this.
  RegistrySource(Registries& registries, oci::Reference reference)
      : client_(registries.client(reference.repository, registry::Access::pull)),
        reference_(std::move(reference)) {}

  std::string str() const override { return "docker://" + reference_.str(); }
  /// By the reference's digest where it has one; then its tag is not asked for.
  oci::RawManifest root(std::stop_token stop) override;
  oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) override;
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) override {
    return client_.open_blob(blob, stop);
  }
  std::optional<oci::Repository> repository() const override { return reference_.repository; }

 private:
  Error missing(std::stop_token stop);

  registry::RegistryClient client_;
  oci::Reference reference_;
};

}  // namespace n2c
