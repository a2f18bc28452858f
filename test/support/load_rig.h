#pragma once
/// Loads an image into a FakeDaemon the way the program does.

#include <set>
#include <string>
#include <vector>

#include "engine/docker_engine.h"
#include "test/support/fake_daemon.h"
#include "test/support/silent_progress.h"
#include "transfer/manifest_blobs.h"

namespace n2c::test {

struct Loaded {
  LoadReport report;
  std::vector<std::string> notes;
};

inline std::vector<oci::Reference> references(const std::vector<std::string>& texts) {
  std::vector<oci::Reference> all;
  for (const std::string& text : texts) {
    all.push_back(or_throw(oci::Reference::parse(text), ErrorKind::internal, text));
  }
  return all;
}

/// `heard` hears what was said also when it throws. A FakeDaemon cannot pull, so archives it is.
inline Loaded load(const FakeDaemon& daemon, const Image& image,
                   const std::vector<std::string>& names, const std::vector<std::string>& like = {},
                   SilentProgress* heard = nullptr, LoadMethod method = LoadMethod::archive) {
  const DockerHost host{.socket = daemon.socket(), .tls = {}};
  SilentProgress own;
  SilentProgress& progress = heard != nullptr ? *heard : own;
  const auto engine = make_docker_engine(
      host,
      connect_docker(host, {.user_agent = "n2c-test", .stall_timeout = std::chrono::seconds(1)}),
      {});
  const LoadRequest request{
      .image = image, .names = references(names), .like = references(like), .method = method};
  Loaded loaded{engine->load(request, progress, {}), {}};
  loaded.notes = progress.notes();
  return loaded;
}

/// By archive, whatever the request says.
inline LoadReport load_request(const FakeDaemon& daemon, LoadRequest request) {
  const DockerHost host{.socket = daemon.socket(), .tls = {}};
  const auto engine =
      make_docker_engine(host, connect_docker(host, {.user_agent = "n2c-test"}), {});
  SilentProgress progress;
  request.method = LoadMethod::archive;
  return engine->load(request, progress, {});
}

inline std::string manifest_id(const Image& image) {
  std::vector<Blob> layers;
  for (const Layer& layer : image.layers) layers.push_back(layer.blob);
  return manifest_blobs(image, layers).manifest.digest.str();
}

/// The paths of these layers in a docker-archive.
inline std::set<std::string> layer_files(const Image& image,
                                         const std::vector<std::size_t>& which) {
  std::set<std::string> paths;
  for (const std::size_t i : which) paths.insert(image.layers[i].diff_id.hex() + ".tar");
  return paths;
}

}  // namespace n2c::test
