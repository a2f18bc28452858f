#pragma once
/// A registry that counts what it is asked, a cache file, and images that tell when they are read.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/locked.h"
#include "base/text.h"
#include "image/image.h"
#include "oci/config.h"
#include "registry/server/api/api.h"
#include "registry/server/net/server.h"
#include "registry/server/store/memory_store.h"
#include "remote/registry_push.h"

namespace n2c::test {

/// Counts how often its bytes were opened.
class WatchedSource final : public ByteSource {
 public:
  explicit WatchedSource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    ++opened;
    return bytes_.open(offset);
  }
  mutable std::atomic<int> opened = 0;

 private:
  MemorySource bytes_;
};

struct WatchedImage {
  std::vector<std::shared_ptr<WatchedSource>> sources;
  Image image{.config_json = "{}", .platform = {}, .layers = {}};

  void add(std::string bytes) {
    const auto digest = oci::Digest::of(bytes);
    const std::uint64_t size = bytes.size();
    sources.push_back(std::make_shared<WatchedSource>(std::move(bytes)));
    image.layers.push_back(
        {.diff_id = digest,
         .blob = {{std::string(oci::media_type::layer_tar), digest, size}, sources.back()}});
  }
  /// A layer that another image has too.
  void share(const WatchedImage& other, std::size_t layer) {
    sources.push_back(other.sources[layer]);
    image.layers.push_back(other.image.layers[layer]);
  }
  /// Makes the config, once the layers are there.
  void describe(std::string architecture) {
    image.platform = {.os = "linux", .architecture = std::move(architecture)};
    oci::Config config{.platform = image.platform};
    for (const Layer& layer : image.layers) config.diff_ids.push_back(layer.diff_id);
    image.config_json = config.to_json();
  }
  int opened() const {
    int all = 0;
    for (const auto& source : sources) all += source->opened;
    return all;
  }
};

class PushScene {
 public:
  std::string host() const { return cat("127.0.0.1:", server_.port()); }
  registry::MemoryStore& store() { return store_; }
  std::filesystem::path cache_file() const { return folder_.path() / "pushes"; }
  void lose_cache() { std::filesystem::remove(cache_file()); }

  /// A push to this registry, "/REPOSITORY:TAG", that remembers.
  RegistryPush push_to(const std::string& to) const {
    return {.to = or_throw(oci::Reference::parse(host() + to), ErrorKind::usage, "reference"),
            .cache_file = cache_file()};
  }

  /// Requests that begin so: "PUT /v2/acme/app/manifests/".
  int requests(std::string_view beginning = "") const {
    return lines_.with([&](const auto& lines) {
      return static_cast<int>(std::ranges::count_if(
          lines, [&](const std::string& line) { return line.starts_with(beginning); }));
    });
  }
  /// Every request that came more than once, a line for each time but the first.
  std::vector<std::string> asked_again() const {
    return lines_.with([](const auto& lines) {
      std::set<std::string> seen;
      std::vector<std::string> again;
      for (const std::string& line : lines) {
        if (!seen.insert(line).second) again.push_back(line);
      }
      return again;
    });
  }
  /// Requests that begin so get that status, or are answered late.
  void interfere(std::string beginning, int status, std::chrono::milliseconds delay = {}) {
    interference_.with([&](auto& all) { all.push_back({std::move(beginning), status, delay}); });
  }
  /// Requests that have that header get that status; 0: they are handled as without it.
  void refuse_header(std::string name, int status) {
    headers_.with([&](auto& all) { all.insert_or_assign(std::move(name), status); });
  }
  /// Called once, before the first request that begins so is handled.
  void before(std::string beginning, std::function<void()> act) {
    acts_.with([&](auto& all) { all.insert_or_assign(std::move(beginning), std::move(act)); });
  }
  void forget_requests() {
    lines_.with([](auto& lines) { lines.clear(); });
  }

 private:
  registry::MemoryStore store_;
  registry::Api api_{store_};
  Locked<std::vector<std::string>> lines_;
  struct Interference {
    std::string beginning;
    int status = 200;
    std::chrono::milliseconds delay{0};
  };
  Locked<std::vector<Interference>> interference_;
  Locked<std::map<std::string, int>> headers_;
  Locked<std::map<std::string, std::function<void()>>> acts_;
  TemporaryFolder folder_;

  static std::string line_of(const registry::Request& request) {
    return cat(registry::method_text(request.method), ' ', request.target);
  }
  std::optional<registry::Verdict> judge(const registry::Request& request) {
    const std::string line = line_of(request);
    lines_.with([&](auto& lines) { lines.push_back(line); });
    std::optional<registry::Verdict> verdict;
    const auto answer = [&](int status, std::chrono::milliseconds delay) {
      verdict.emplace();
      verdict->answer.emplace().status = status;
      verdict->delay = delay;
    };
    interference_.with([&](const auto& all) {
      for (const auto& [beginning, status, delay] : all) {
        if (line.starts_with(beginning)) answer(status, delay);
      }
    });
    headers_.with([&](const auto& all) {
      for (const auto& [name, status] : all) {
        if (status != 0 && request.headers.find(name)) answer(status, {});
      }
    });
    return verdict;
  }
  registry::Reply handle(registry::Request& request) {
    const auto act = acts_.with([&](auto& all) {
      const auto found = std::ranges::find_if(
          all, [&](const auto& one) { return line_of(request).starts_with(one.first); });
      return found == all.end() ? std::function<void()>() : all.extract(found).mapped();
    });
    if (act) act();
    headers_.with([&](const auto& all) {
      for (const auto& [name, status] : all) request.headers.remove(name);
    });
    return api_.handle(request);
  }

  registry::Server server_{[this](registry::Request& request) { return handle(request); },
                           {},
                           [this](const registry::Request& request) { return judge(request); }};
};

}  // namespace n2c::test
