#pragma once
/// What a Docker engine says: streams of JSON lines, error bodies, facts about itself and its
/// images. Pure parsing of outside text; no I/O.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "engine/held_layers.h"
#include "http/transport.h"

namespace n2c {

/// The reply to a load or pull: JSON objects one after another. One of them may say that it failed,
/// although the status was 200. One thread at a time.
class ReplyStream final : public Writer {
 public:
  void write(ByteView bytes) override;
  /// What went wrong in the engine's own words, known once the stream has ended. It is
  /// errorDetail's message, error, or a line of the stream: dockerd 28 reports a layer that it
  /// cannot unpack as a "stream" line after "Loaded image".
  std::optional<std::string> failure();
  /// The last line that did not say a failure.
  const std::string& last_words() const { return last_words_; }

 private:
  void take_line(std::string_view line);
  std::string unfinished_;
  std::string failure_;
  std::string last_words_;
};

/// The message in an error reply: {"message": …}, or the first of whatever else came.
std::string words_of(const http::Response& response);

/// The engine behind a Docker API.
struct DockerFacts {
  enum class Store { classic, containerd, podman };
  Store store = Store::classic;
  std::string version;  ///< "20.10.24"
  std::string driver;   ///< "overlay2"
  bool rootless = false;
  bool desktop = false;  ///< Docker Desktop: the engine is in a virtual machine
  std::string kernel{};  ///< "6.1.0-18-amd64"; empty: not told
};
/// From GET /info. Podman is recognised by a header of the reply to GET /_ping, since its /info and
/// /version take half a second each.
Parsed<DockerFacts> read_docker_info(std::string_view json);

/// Why an engine on this machine cannot reach a port of our loopback. Nothing when it may. Each
/// virtual machine (Docker Desktop, Colima, OrbStack, podman machine) has a loopback of its own;
/// its kernel gives it away. `release` is linux_release().
std::optional<std::string> why_not_our_loopback(const DockerFacts& facts, std::string_view release);

/// The API version to ask for, as "1.41": the engine's own, but not newer than what this was
/// written for. An error when the engine is too old (before 1.24, Docker 1.12) or names none.
Parsed<std::string> negotiate_api(std::string_view engine_version);
/// Whether version `left` ("1.9") is before `right` ("1.41").
bool is_older_api(std::string_view left, std::string_view right);

/// An image as the engine describes it.
struct EngineImage {
  std::string id;  ///< "sha256:…"
  LayerChain layers;
  /// Whether every blob is there; engines before API 1.48 do not say.
  std::optional<bool> complete;
  /// The digests of the manifests that it is known by, the image's own first where that is told.
  std::vector<oci::Digest> manifests{};
};
/// From GET /images/NAME/json (?manifests=1).
Parsed<EngineImage> read_engine_image(std::string_view json);
/// From GET /images/json.
Parsed<std::vector<ListedImage>> read_image_list(std::string_view json);

}  // namespace n2c
