#include "engine/docker_engine.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "base/system.h"
#include "base/text.h"
#include "engine/docker_api.h"
#include "engine/outgoing_image.h"
#include "engine/ssh_socket.h"
#include "image/plain_layers.h"
#include "serve/loopback_registry.h"

namespace n2c {

namespace {

constexpr std::size_t max_relatives = 12;

using Store = DockerFacts::Store;

/// One load into a Docker engine.
class DockerLoad {
 public:
  /// `shares_network`: the engine may reach a port of our loopback.
  DockerLoad(DockerApi& api, const DockerFacts& facts, bool shares_network,
             const LoadRequest& request, Progress& progress)
      : api_(api),
        facts_(facts),
        shares_network_(shares_network),
        request_(request),
        progress_(progress) {}

  LoadReport run(std::stop_token stop) {
    refuse_unsure_pull();
    image_.emplace(request_, keeps_manifest() ? request_.compression : Compression{Codec::none, 0},
                   progress_, stop);
    // In the containerd store an image's id is its manifest's digest, in the others its config's.
    report_.image_id =
        facts_.store == Store::containerd ? image_->manifest_digest() : image_->config_digest();
    report_.manifest = image_->blobs().manifest;
    if (!is_image(api_.find_image(report_.image_id, stop), report_.image_id, image_->layers())) {
      deliver(stop);
    }
    for (const oci::Reference& name : request_.names) api_.tag(report_.image_id, name, stop);
    report_.layers_there = image_->distinct_layers() - report_.layers_sent;
    report_.held = held(stop);
    return std::move(report_);
  }

 private:
  /// Without another name the image would be removed with that of our registry. Blobs whose
  /// snapshots are left of an image that was removed are not fetched, and Docker before 28 does not
  /// say that they are missing: the image runs, and cannot be saved or pushed.
  void refuse_unsure_pull() const {
    if (request_.method != LoadMethod::registry) return;
    if (request_.names.empty()) {
      throw Error(ErrorKind::usage,
                  "--via registry: an image without a name goes with the name it is pulled by",
                  "give it a NAME, or send it with --via archive");
    }
    if (!pulls_whole()) {
      throw Error(ErrorKind::usage,
                  cat("--via registry: docker ", facts_.version,
                      " with the containerd store does not say whether an image that it pulled is "
                      "whole"),
                  "--via archive sends it whole");
    }
  }
  bool pulls_whole() const {
    return facts_.store != Store::containerd || api_.tells_completeness();
  }

  /// The engine was asked for the id before; podman alone has a manifest's digest besides.
  std::optional<oci::Digest> held(std::stop_token stop) {
    if (facts_.store == Store::podman && !request_.names.empty()) {
      const auto image = api_.find_image(request_.names.front().str(), std::move(stop));
      if (image && !image->manifests.empty()) return image->manifests.front();
    }
    const auto id = oci::Digest::parse(report_.image_id);
    return id ? std::optional(*id) : std::nullopt;
  }

  std::string_view name() const { return facts_.store == Store::podman ? "podman" : "docker"; }
  bool keeps_manifest() const { return facts_.store != Store::classic; }

  void expect_there(std::stop_token stop) {
    expect_image(api_.find_image(report_.image_id, stop), report_.image_id, image_->layers());
  }

  std::vector<LayerChain> known_chains(std::stop_token stop) {
    std::vector<LayerChain> chains;
    std::vector<std::string> names;
    const auto ask = [&](std::string_view name) {
      const auto image = api_.find_image(name, stop);
      if (image && image->complete.value_or(true)) chains.push_back(image->layers);
      return image.has_value();
    };
    bool found = false;
    for (const oci::Reference& name : request_.names) {
      names.push_back(name.str());
      found = ask(names.back()) || found;
    }
    for (const oci::Reference& name : request_.like) {
      if (!ask(name.str())) progress_.note(cat("--like ", name.str(), ": no such image"));
      found = true;
    }
    if (found) return chains;
    for (const std::string& id : likely_relatives(api_.list_images(stop), names, max_relatives)) {
      ask(id);
    }
    return chains;
  }

  void deliver(std::stop_token stop) {
    const std::set<oci::Digest> there = omittable(stop);
    // The containerd store writes an archive and unpacks it only then; while it pulls, it does both
    // at once. Without a name of its own the image would go with that of the registry.
    const bool pulls_first = facts_.store == Store::containerd && pulls_whole() &&
                             shares_network_ && there.empty() && !request_.names.empty();
    deliver_by(
        request_.method, pulls_first, progress_, [&] { return pull(there, stop); },
        [&] { send(there, stop); });
  }

  /// The diff_ids that a thin archive leaves out.
  std::set<oci::Digest> omittable(std::stop_token stop) {
    // Snapshots alone make a thin load look whole. When the engine does not say which blobs it has,
    // all are sent.
    if (facts_.store == Store::containerd && !api_.tells_completeness()) return {};
    const LayerChain& wanted = image_->layers();
    const std::vector<LayerChain> chains = known_chains(stop);
    if (keeps_manifest()) return held_anywhere(wanted, chains);
    return omitted_from_chain(wanted, held_by_chain(wanted, chains));
  }

  std::optional<std::string> attempt(const std::set<oci::Digest>& omitted, std::stop_token stop) {
    image_->begin(omitted, name());
    std::atomic<std::uint64_t> sent = 0;
    const ArchiveSource archive =
        keeps_manifest() ? image_->oci_archive(omitted) : image_->docker_archive(omitted);
    try {
      const StreamedReply reply = api_.load(archive, sent, stop);
      report_.bytes_sent += sent;
      if (reply.failure) return reply.failure;
    } catch (const Error&) {
      report_.bytes_sent += sent;
      throw;
    }
    expect_there(stop);
    return {};
  }

  void send(const std::set<oci::Digest>& there, std::stop_token stop) {
    const auto left_out = send_thin_or_whole(
        there, progress_,
        [&](const std::set<oci::Digest>& omitted) { return attempt(omitted, stop); });
    report_.layers_sent = image_->distinct_layers() - left_out.size();
  }

  /// Returns nothing, or why the engine did not pull.
  std::optional<std::string> pull(const std::set<oci::Digest>& there, std::stop_token stop) {
    image_->begin(there, name());
    const LoopbackRegistry registry(image_->blobs());
    const PassingName pulled_as(registry.reference(), progress_, [&](std::stop_token own) {
      api_.remove(registry.reference(), std::move(own));
    });
    StreamedReply reply;
    registry.serve(stop, [&](std::stop_token own) {
      reply = api_.pull(registry.repository(), registry.tag(), std::move(own));
    });
    report_.layers_sent = registry.layers_sent();
    report_.bytes_sent += registry.bytes_sent();
    if (reply.failure) return reply.failure;
    expect_there(stop);
    for (const oci::Reference& name : request_.names) api_.tag(report_.image_id, name, stop);
    return {};
  }

  DockerApi& api_;
  const DockerFacts& facts_;
  const bool shares_network_;
  const LoadRequest& request_;
  Progress& progress_;
  std::optional<OutgoingImage> image_;
  LoadReport report_;
};

class DockerEngine final : public Engine {
 public:
  DockerEngine(const DockerHost& host, DockerConnection connection, std::stop_token stop)
      : host_(host),
        connection_(std::move(connection)),
        api_(*connection_.transport, connection_.base),
        facts_(connect(stop)) {}

  std::string str() const override {
    switch (facts_.store) {
      case Store::classic: return cat("docker ", facts_.version, " (", facts_.driver, ")");
      case Store::containerd: return cat("docker ", facts_.version, " (containerd store)");
      case Store::podman: return cat("podman ", facts_.version, " (its API)");
    }
    return {};
  }

  LoadReport load(const LoadRequest& request, Progress& progress, std::stop_token stop) override {
    const std::optional<std::string> why_not =
        host_.is_local() ? why_not_our_loopback(facts_, linux_release()) : "is on another machine";
    const bool shares_network = !why_not;
    if (request.method == LoadMethod::registry && why_not) {
      throw Error(ErrorKind::usage,
                  cat("--via registry: the engine at ", host_.str(), " ", *why_not),
                  "--via archive needs no common network");
    }
    return with_context(host_.str(), [&] {
      const auto load_of = [&](const LoadRequest& what) {
        return DockerLoad(api_, facts_, shares_network, what, progress).run(stop);
      };
      const bool has_zstd = std::ranges::any_of(request.image.layers, is_stored_as_zstd);
      const bool lacks_zstd = facts_.store == Store::classic && !api_.unpacks_zstd();
      if (!has_zstd || !lacks_zstd || has(request.image, stop)) return load_of(request);
      const Image readable =
          with_plain_layers(request.image, is_stored_as_zstd, processor_count(), stop);
      return load_of({.image = readable,
                      .names = request.names,
                      .like = request.like,
                      .method = request.method,
                      .compression = request.compression,
                      .cache = request.cache});
    });
  }

 private:
  /// Whether the classic store has the image.
  bool has(const Image& image, std::stop_token stop) {
    const std::string id = oci::Digest::of(image.config_json).str();
    return is_image(api_.find_image(id, std::move(stop)), id, diff_ids_of(image));
  }

  DockerFacts connect(std::stop_token stop) {
    try {
      return api_.connect(std::move(stop));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network) throw error.within(host_.str());
      const bool is_refused = error.cause().contains("ermission denied");
      const Error none(error.kind(), cat("no Docker answers at ", host_.str(), ": ", error.cause()),
                       is_refused
                           ? "use sudo, or join the socket's group: sudo usermod -aG docker $USER"
                           : "is it running? systemctl start docker; DOCKER_HOST says where it is");
      throw none.within(error.doing());
    }
  }

  const DockerHost host_;
  DockerConnection connection_;
  DockerApi api_;
  const DockerFacts facts_;
};

http::Url base_url(std::string_view text) {
  return or_throw(http::Url::parse(text), ErrorKind::usage, "the engine's address");
}

}  // namespace

DockerConnection connect_docker(const DockerHost& host, http::TransportOptions options) {
  options.min_rate = 0;  // while an engine unpacks it says little
  switch (host.kind) {
    case DockerHost::Kind::unix_socket:
      options.unix_socket = host.socket.string();
      return {{}, make_curl_transport(std::move(options)), base_url("http://localhost")};
    case DockerHost::Kind::ssh: {
      auto bridge = std::make_shared<SshSocket>(host);
      options.unix_socket = bridge->path().string();
      return {bridge, make_curl_transport(std::move(options)), base_url("http://localhost")};
    }
    case DockerHost::Kind::tcp: break;
  }
  if (host.tls) options.tls = [files = *host.tls](std::string_view) { return files; };
  const http::Url base = base_url(cat(host.tls ? "https://" : "http://", host.authority));
  return {{}, make_curl_transport(std::move(options)), base};
}

std::unique_ptr<Engine> make_docker_engine(const DockerHost& host, DockerConnection connection,
                                           std::stop_token stop) {
  return std::make_unique<DockerEngine>(host, std::move(connection), std::move(stop));
}

}  // namespace n2c
