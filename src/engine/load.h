#pragma once
/// Loading an image into a container engine, sending only what it lacks.
///
/// The steps are the same for every engine. Look for the image by its id. If it is not there, find
/// out which layers are, and send the rest. Then ask for the image by id and compare its layers.
/// Only then give it its names. So a name never points at an image that is not whole, and a load
/// that was killed is completed by the next. See docs/design/loading.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "image/image.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "transfer/progress.h"

namespace n2c {

/// How the bytes reach the engine.
enum class LoadMethod {
  automatic,
  archive,   ///< a tar sent to it, thin where that works
  registry,  ///< it pulls from a loopback registry that lives as long as the load
};

struct LoadRequest {
  const Image& image;
  std::vector<oci::Reference> names;   ///< to give it, each with a tag; may be empty
  std::vector<oci::Reference> like{};  ///< images of the engine that may share layers
  LoadMethod method = LoadMethod::automatic;
  /// How plain layers are stored by engines that keep layers as they came.
  Compression compression{Codec::none, 0};
  /// DigestCache's file, which knows what layers compress to. Empty: no cache.
  std::filesystem::path cache{};
  /// The image's manifest where it is stored. An engine that keeps manifests gets these bytes, as
  /// long as the layers stay as they are stored.
  std::optional<oci::RawManifest> manifest{};
};

struct LoadReport {
  std::string image_id;                       ///< as the engine calls it: "sha256:…"
  std::optional<oci::Descriptor> manifest{};  ///< of the image as it was made for the engine
  /// What the engine answered when asked for the image's digest: its manifest's, or where it keeps
  /// no manifests, its id.
  std::optional<oci::Digest> held{};
  std::size_t layers_there = 0;  ///< distinct layers that were not sent
  std::size_t layers_sent = 0;
  std::uint64_t bytes_sent = 0;  ///< all that left for the engine, failed tries included
};

/// A container engine on this machine or another.
class Engine {
 public:
  virtual ~Engine() = default;
  /// "docker 20.10.24 (overlay2)": for people.
  virtual std::string str() const = 0;
  /// Throws Error{registry} with the engine's own words when it refuses, Error{network} when it
  /// is gone, Error{integrity} and Error{local} for layers that cannot be read as described.
  virtual LoadReport load(const LoadRequest& request, Progress& progress, std::stop_token stop) = 0;
};

/// Calls Engine::load(). When it failed because a layer is not what the cache remembered, it calls
/// it once more: the cache has been corrected by then.
LoadReport load_into(Engine& engine, const LoadRequest& request, Progress& progress,
                     std::stop_token stop);

}  // namespace n2c
