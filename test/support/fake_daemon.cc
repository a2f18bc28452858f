#include "test/support/fake_daemon.h"

#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/config.h"
#include "oci/manifest.h"
#include "registry/server/api/route.h"
#include "test/support/small_tar.h"

namespace n2c::test {

namespace {

using Store = DockerFacts::Store;

std::string without_version(std::string_view target) {
  if (!target.starts_with("/v1.")) return std::string(target);
  return std::string(target.substr(target.find('/', 1)));
}

registry::ServerOptions on_socket(const std::filesystem::path& path) {
  registry::ServerOptions options;
  options.unix_socket = path;
  return options;
}

LayerChain diff_ids_of(std::string_view config) {
  return or_throw(oci::read_config_facts(config), ErrorKind::internal, "config").diff_ids;
}

std::string query_value(std::string_view target, std::string_view key) {
  const std::size_t at = target.find(cat(key, "="));
  if (at == target.npos) return {};
  const std::string_view rest = target.substr(at + key.size() + 1);
  return registry::percent_decoded(rest.substr(0, rest.find('&'))).value();
}

}  // namespace

registry::Reply json_reply(int status, std::string json) {
  return {status, {{"Content-Type", "application/json"}}, std::move(json)};
}

registry::Reply stream_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  return json_reply(200, std::move(text));
}

FakeDaemon::FakeDaemon(Options options, registry::Interceptor misbehave)
    : options_(std::move(options)),
      server_([this](registry::Request& request) { return handle(request); }, on_socket(socket()),
              std::move(misbehave)) {}

void FakeDaemon::hold(const std::string& id, Held image, const std::string& tag) {
  state_.with([&](State& state) {
    if (image.complete) {
      for (const oci::Digest& layer : image.layers) state.blobs.insert(layer.str());
    }
    if (!tag.empty()) state.tags[tag] = id;
    state.images[id] = std::move(image);
  });
}

void FakeDaemon::forget_blob(const oci::Digest& blob) {
  state_.with([&](State& state) { state.blobs.erase(blob.str()); });
}

std::vector<std::string> FakeDaemon::requests() const {
  return state_.with([](const State& state) { return state.requests; });
}

std::vector<std::set<std::string>> FakeDaemon::archives() const {
  return state_.with([](const State& state) { return state.archives; });
}

std::map<std::string, std::string> FakeDaemon::last_files() const {
  return state_.with([](const State& state) { return state.last_files; });
}

std::optional<std::string> FakeDaemon::id_of(const std::string& tag) const {
  return state_.with([&](const State& state) -> std::optional<std::string> {
    const auto found = state.tags.find(tag);
    if (found == state.tags.end()) return {};
    return found->second;
  });
}

registry::Reply FakeDaemon::handle(registry::Request& request) {
  const std::string target = without_version(request.target);
  const std::string path = target.substr(0, target.find('?'));
  state_.with([&](State& state) {
    state.requests.push_back(cat(registry::method_text(request.method), " ", path));
  });
  if (path == "/_ping") {
    registry::Reply reply{200, {}, "OK"};
    if (!options_.api.empty()) reply.headers.set("Api-Version", options_.api);
    if (options_.store == Store::podman) reply.headers.set("Libpod-Api-Version", "4.3.1");
    return reply;
  }
  if (path == "/version")
    return json_reply(200, cat(R"({"ApiVersion":")", options_.old_api, "\"}"));
  if (path == "/info") {
    const bool containerd = options_.store == Store::containerd;
    return json_reply(200, cat(R"({"ServerVersion":"1.2.3","Driver":"overlay2","DriverStatus":[[)",
                               R"("driver-type",")",
                               containerd ? "io.containerd.snapshotter.v1" : "none", "\"]]}"));
  }
  if (path == "/images/load") return load(read_all(request.body, 1 << 26));
  if (path == "/images/json") {
    return state_.with([](const State& state) {
      go::Json::Array list;
      for (const auto& [id, image] : state.images) {
        go::Json::Array tags;
        for (const auto& [tag, of] : state.tags) {
          if (of == id) tags.emplace_back(tag);
        }
        list.emplace_back(go::Json::Object{{"Id", id}, {"RepoTags", go::Json(std::move(tags))}});
      }
      return json_reply(200, go::Json(std::move(list)).compact());
    });
  }
  if (request.method == registry::Method::del) {
    const std::string name = registry::percent_decoded(path.substr(8)).value();
    return state_.with([&](State& state) {
      return state.tags.erase(name) != 0 ? json_reply(200, "[]")
                                         : json_reply(404, R"({"message":"No such image"})");
    });
  }
  const std::string image = registry::percent_decoded(path.substr(8, path.rfind('/') - 8)).value();
  return state_.with([&](State& state) {
    if (!path.ends_with("/tag")) return describe(state, image);
    if (!state.images.contains(image)) return json_reply(404, R"({"message":"No such image"})");
    state.tags[cat(query_value(target, "repo"), ":", query_value(target, "tag"))] = image;
    return registry::Reply{201};
  });
}

registry::Reply FakeDaemon::describe(const State& state, const std::string& image) const {
  const auto tag = state.tags.find(image);
  const auto found = state.images.find(tag != state.tags.end() ? tag->second : image);
  if (found == state.images.end()) return json_reply(404, R"({"message":"No such image"})");
  const auto& [id, held] = *found;
  go::Json::Array layers;
  for (const oci::Digest& layer : held.layers) layers.emplace_back(layer.str());
  go::Json json(go::Json::Object{
      {"Id", id}, {"RootFS", go::Json(go::Json::Object{{"Layers", go::Json(std::move(layers))}})}});
  if (options_.store == Store::containerd && !is_older_api(options_.api, "1.48")) {
    json.set("Manifests", go::Json(go::Json::Array{go::Json(go::Json::Object{
                              {"ID", id}, {"Available", go::Json(held.complete)}})}));
  }
  return json_reply(200, json.compact());
}

registry::Reply FakeDaemon::load(const std::string& tar) {
  return state_.with([&](State& state) {
    std::map<std::string, std::string> files = files_by_path(tar);
    std::set<std::string> paths;
    for (const auto& [path, bytes] : files) {
      if (!path.ends_with("json") && path != "oci-layout") paths.insert(path);
    }
    state.archives.push_back(std::move(paths));
    state.last_files = files;
    if (files.contains("index.json") && options_.store != Store::classic) {
      return load_layout(state, files);
    }
    return load_docker_archive(state, std::move(files));
  });
}

/// dockerd 20.10: a layer may be missing where an image has the chain up to it.
registry::Reply FakeDaemon::load_docker_archive(State& state,
                                                std::map<std::string, std::string> files) {
  const auto manifest = go::Json::parse(files["manifest.json"]);
  if (!manifest || manifest->as_array() == nullptr) {
    return stream_of({R"({"errorDetail":{"message":"open manifest.json: no such file"}})"});
  }
  const std::string config = files[manifest->as_array()->front().text_at("Config")];
  const LayerChain wanted = diff_ids_of(config);
  std::vector<LayerChain> chains;
  for (const auto& [id, image] : state.images) chains.push_back(image.layers);
  for (std::size_t i = held_by_chain(wanted, chains); i < wanted.size(); ++i) {
    if (files.contains(wanted[i].hex() + ".tar")) continue;
    return stream_of({R"({"status":"Loading layer"})",
                      cat(R"({"errorDetail":{"message":"open )", wanted[i].hex(),
                          R"(.tar: no such file or directory"},"error":"x"})")});
  }
  const std::string id = oci::Digest::of(config).str();
  state.images[id] = {wanted, true};
  return stream_of({cat(R"({"stream":"Loaded image ID: )", id, R"(\n"})")});
}

/// dockerd 28 takes what is missing blobs as well, and says so behind "Loaded image".
registry::Reply FakeDaemon::load_layout(State& state,
                                        const std::map<std::string, std::string>& files) {
  const auto index = oci::Index::from_json(files.at("index.json"));
  const oci::Digest digest = index->manifests.front().digest;
  const auto manifest = oci::Manifest::from_json(files.at("blobs/sha256/" + digest.hex()));
  const std::string config = files.at("blobs/sha256/" + manifest->config.digest.hex());
  std::string missing;
  for (const oci::Descriptor& layer : manifest->layers) {
    if (files.contains("blobs/sha256/" + layer.digest.hex()))
      state.blobs.insert(layer.digest.str());
    if (!state.blobs.contains(layer.digest.str())) missing = layer.digest.str();
  }
  const bool podman = options_.store == Store::podman;
  const std::string id = (podman ? oci::Digest::of(config) : digest).str();
  if (podman && !missing.empty()) {
    return json_reply(500, cat(R"({"message":"reading blob )", missing, R"(: no such file"})"));
  }
  state.images[id] = {missing.empty() ? diff_ids_of(config) : LayerChain{}, missing.empty()};
  std::vector<std::string> lines{cat(R"({"stream":"Loaded image ID: )", id, R"(\n"})")};
  if (!missing.empty()) {
    lines.push_back(
        cat(R"({"stream":"Error unpacking image: content digest )", missing, R"(: not found\n"})"));
  }
  return stream_of(lines);
}

}  // namespace n2c::test
