#pragma once
/// The image at a registry that something is attached to, or that refers to others.

#include <stop_token>
#include <string>

#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "remote/registries.h"

namespace n2c::cli {

/// A reference at a registry, with what it is reached by. Not to be moved.
class Subject {
 public:
  /// Throws Error{usage} for what is at no registry.
  Subject(const std::string& text, const RegistryArguments& registry, registry::Access access,
          bool debug);

  const oci::Reference& reference() const { return reference_; }
  registry::RegistryClient& client() { return client_; }
  /// What the requests are told to; nobody is shown it.
  ConsoleProgress& progress() { return progress_; }
  /// The manifest that it names. Throws Error{registry} when there is none.
  oci::RawManifest manifest(std::stop_token stop);

 private:
  RegistryOptions options_of(const RegistryArguments& registry, bool debug);

  const oci::Reference reference_;
  ConsoleProgress progress_{ProgressStyle::none, ConsoleProgress::Notes::hidden};
  Registries registries_;
  registry::RegistryClient client_;
};

/// The only referrer of that artifactType or digest. Throws Error{input} where there is none, and
/// where there are several; the hint has their digests.
oci::Descriptor only_referrer(const std::vector<oci::Descriptor>& referrers,
                              const std::string& wanted);

}  // namespace n2c::cli
