#pragma once
/// The image that a command is asked about, wherever it is.

#include <optional>
#include <stop_token>
#include <string>

#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "places/address.h"
#include "places/image_summary.h"
#include "places/open.h"
#include "remote/registries.h"
#include "transfer/push.h"

namespace n2c::cli {

struct PlaceArguments {
  std::string image, platform, store_root;
  RegistryArguments registry;
};
/// Declares IMAGE, --platform, --store-root and the registry's options.
void add_place_options(CLI::App& command, PlaceArguments& arguments);

/// IMAGE as an address: a source (address.h), or the file of that name where there is one. Throws
/// Error{usage}.
Address place_of(const std::string& text);

/// A place, with what it is reached by. Not to be moved.
class OpenPlace {
 public:
  OpenPlace(const PlaceArguments& arguments, bool debug);

  const Address& address() const { return address_; }
  /// --platform, where it was given.
  const std::optional<oci::Platform>& platform() const { return platform_; }
  Registries& registries() { return registries_; }
  Progress& progress() { return progress_; }
  enum class Asked { manifest, config };
  /// Manifests and config. An image.json has the manifest that `n2c push` would write of it; when
  /// only its config is asked for, nothing is compressed in order to know that. Throws Error{usage}
  /// for what cannot be read.
  ImageSummary summary(Asked asked, std::stop_token stop);
  /// The image itself; one that comes through a pipe is read to its end, and its layers become what
  /// they are with that compression.
  OpenedSource source(const Compression& compression, std::stop_token stop);
  /// What a push of an image that has no manifest yet would write.
  oci::RawManifest manifest_to_be(const Image& image, const PushOptions& options,
                                  std::stop_token stop);

 private:
  const PlaceArguments& arguments_;
  const Address address_;
  std::optional<oci::Platform> platform_;
  ConsoleProgress progress_{ProgressStyle::none, ConsoleProgress::Notes::hidden};
  Registries registries_;
};

/// Text as it is, with a line end after it where it has none, on standard output.
void print_lines(std::string_view text);

}  // namespace n2c::cli
