#pragma once
/// The image that push, load and copy are given: described by an image.json, or in an archive.

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "cli/transfer_options.h"
#include "image/image.h"
#include "oci/digest.h"
#include "places/address.h"
#include "places/stream_push.h"

namespace n2c::cli {

/// An archive that comes through a pipe is read when it is pushed, once.
using ImageArgument = std::variant<DescribedImage, StreamedArchive>;

/// Whether the address is an archive that comes through a pipe: docker-archive:-, /dev/stdin or a
/// FIFO.
bool is_streamed(const Address& address);
StreamedArchive open_streamed(const Address& address, std::stop_token stop);

/// The image.json that such a word names: a word without a transport is a file here, whatever its
/// name. Nothing for an archive, and for what is stored.
std::optional<std::string> described_file(const std::string& text);

/// Opens IMAGE.json, nix:IMAGE.json or docker-archive:FILE. Throws Error{usage} for other addresses
/// and for --label and --created where the config is an archive's.
ImageArgument open_image_argument(const std::string& text, const std::string& store_root,
                                  const MetadataArguments& metadata, std::stop_token stop);

/// An image that is opened before it is its turn.
struct EarlyImage {
  std::optional<ImageArgument> image{};  ///< nothing: open_image_argument() says what is wrong
  std::set<oci::Digest> layers{};        ///< none where they cannot be told
};

/// The same for one of many, and which layers it has. An archive in a pipe is left for later, and
/// so is what cannot be opened. Throws Error{cancelled} alone.
EarlyImage open_early(const std::string& text, const std::string& store_root,
                      const MetadataArguments& metadata, std::stop_token stop);

/// What a registry is reached with when the image is such an archive: requests that can be sent
/// again from memory.
RegistryOptions for_argument(const ImageArgument& image, RegistryOptions options);

/// Tells what the image's layers cost when it changes (costs_of_layers()), a note each. `name`:
/// which of several images; empty: it is the only one.
void say_costs(const Image& image, std::string_view name, Progress& progress);

/// Pushes it. A streamed archive is used up.
StreamedPush push_argument(ImageArgument& image, ImageDestination& to, const PushOptions& options,
                           Progress& progress, std::stop_token stop);

}  // namespace n2c::cli
