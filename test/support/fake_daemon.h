#pragma once
/// A Docker engine for tests: the API's part that loading needs, on a unix socket, with the
/// habits of real ones (dockerd 20.10's classic store, dockerd 28's containerd store, podman's
/// socket), and a place to make it misbehave.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/locked.h"
#include "engine/docker_replies.h"
#include "registry/server/net/server.h"

namespace n2c::test {

struct FakeDaemonOptions {
  DockerFacts::Store store = DockerFacts::Store::classic;
  std::string api = "1.51";  ///< "" : the ping does not tell
  std::string old_api{};     ///< what /version tells
};

class FakeDaemon {
 public:
  using Options = FakeDaemonOptions;

  /// `misbehave` sees every request first (registry::Interceptor).
  explicit FakeDaemon(Options options = {}, registry::Interceptor misbehave = {});

  std::filesystem::path socket() const { return folder_.path() / "docker.sock"; }

  struct Held {
    LayerChain layers;
    bool complete = true;
  };
  /// Puts an image there beforehand.
  void hold(const std::string& id, Held image, const std::string& tag = {});
  /// Loses a blob without telling: images still list the layer.
  void forget_blob(const oci::Digest& blob);
  /// "METHOD PATH" of each request so far, the API version left out.
  std::vector<std::string> requests() const;
  /// The paths in each archive that was sent, manifest and config left out.
  std::vector<std::set<std::string>> archives() const;
  /// The files of the archive that came last, by path.
  std::map<std::string, std::string> last_files() const;
  std::optional<std::string> id_of(const std::string& tag) const;

 private:
  struct State {
    std::map<std::string, Held> images;
    std::map<std::string, std::string> tags;
    std::set<std::string> blobs;  // digests, in a store of blobs
    std::vector<std::string> requests;
    std::vector<std::set<std::string>> archives;
    std::map<std::string, std::string> last_files;
  };
  registry::Reply handle(registry::Request& request);
  registry::Reply load(const std::string& tar);
  registry::Reply load_docker_archive(State& state, std::map<std::string, std::string> files);
  registry::Reply load_layout(State& state, const std::map<std::string, std::string>& files);
  registry::Reply describe(const State& state, const std::string& image) const;

  const Options options_;
  TemporaryFolder folder_;
  Locked<State> state_;
  registry::Server server_;
};

/// 200 and these lines.
registry::Reply stream_of(const std::vector<std::string>& lines);
registry::Reply json_reply(int status, std::string json);

}  // namespace n2c::test
