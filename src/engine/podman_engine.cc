#include "engine/podman_engine.h"

#include "base/counting_reader.h"
#include "base/environment.h"
#include "base/file_lock.h"
#include "base/process.h"
#include "base/system.h"
#include "base/text.h"
#include "engine/outgoing_image.h"
#include "go/encoding_json.h"
#include "serve/loopback_registry.h"

namespace n2c {

namespace {

constexpr std::uint64_t max_inspect_bytes = 64 << 20;

/// Collecting garbage takes a tenth of a pull's time in podman. So podman may use more memory, some
/// 250 MiB, and collect less often, unless the user has set it.
std::vector<std::pair<std::string, std::string>> lazy_collection() {
  if (!process_environment()("GOGC").empty()) return {};
  return {{"GOGC", "800"}};
}

/// Runs podman. Any exit code is a value.
ProgramEnd podman(std::vector<std::string> arguments, std::stop_token stop,
                  Reader* input = nullptr) {
  arguments.insert(arguments.begin(), "podman");
  return run_program({.arguments = std::move(arguments),
                      .input = input,
                      .environment = lazy_collection(),
                      .max_output = max_inspect_bytes},
                     std::move(stop));
}

std::string podman_words(const ProgramEnd& end) {
  const std::string words = printable(trim(end.messages), 1000);
  return words.empty() ? cat("podman ended with ", end.exit_code) : words;
}

void expect_success(const ProgramEnd& end, std::string_view doing) {
  if (end.exit_code != 0) throw Error(ErrorKind::registry, podman_words(end)).within(doing);
}

/// The image of that name or id. Nothing when podman has none.
std::optional<EngineImage> find_image(const std::string& name_or_id, std::stop_token stop) {
  const ProgramEnd end = podman({"image", "inspect", name_or_id}, std::move(stop));
  const auto json = go::Json::parse(end.output);
  if (end.exit_code != 0 || !json || json->as_array() == nullptr || json->as_array()->empty()) {
    return {};
  }
  return or_throw(read_engine_image(json->as_array()->front().compact()), ErrorKind::registry,
                  "podman image inspect");
}

/// Lets one n2c at a time load that image: podman reads an image's names, changes them and writes
/// them all, so that of two at once the one puts back what the other took away. Nothing where there
/// is no place for a lock, or another load takes longer than ten minutes.
std::optional<FileLock> lock_of(const std::string& image_id, const std::stop_token& stop) {
  constexpr std::chrono::minutes patience{10};
  const auto folder = DigestCache::usual_file(process_environment()).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (folder.empty() || failed) return {};
  const std::string name = cat("podman-", image_id.substr(image_id.find(':') + 1), ".lock");
  return FileLock::take(folder / name, patience, stop);
}

class PodmanLoad {
 public:
  PodmanLoad(bool is_remote, const LoadRequest& request, Progress& progress, std::stop_token stop)
      : is_remote_(is_remote),
        request_(request),
        progress_(progress),
        image_(request, request.compression, progress, stop) {
    report_.image_id = image_.config_digest();
    report_.manifest = image_.blobs().manifest;
  }

  LoadReport run(std::stop_token stop) {
    const auto one_at_a_time = lock_of(report_.image_id, stop);
    if (auto there = find_image(report_.image_id, stop);
        is_image(there, report_.image_id, image_.layers())) {
      note_digest(*there);
    } else {
      deliver_by(
          request_.method, !is_remote_, progress_, [&] { return pull(stop); }, [&] { send(stop); });
    }
    tag(stop);
    pulled_as_.reset();
    report_.layers_there = image_.distinct_layers() - report_.layers_sent;
    return std::move(report_);
  }

 private:
  void expect_there(std::stop_token stop) {
    const auto there = find_image(report_.image_id, std::move(stop));
    expect_image(there, report_.image_id, image_.layers());
    note_digest(*there);
  }

  void note_digest(const EngineImage& there) {
    if (!there.manifests.empty()) report_.held = there.manifests.front();
  }

  /// Returns nothing, or why podman did not pull.
  std::optional<std::string> pull(std::stop_token stop) {
    progress_.phase("podman is pulling and unpacking");
    const LoopbackRegistry registry(image_.blobs());
    const std::string from = registry.reference();
    pulled_as_.emplace(from, progress_, [this, from](std::stop_token own) {
      podman({"untag", report_.image_id, from}, std::move(own));
    });
    ProgramEnd end;
    registry.serve(stop, [&](std::stop_token own) {
      end = podman({"pull", "--quiet", "--tls-verify=false", from}, std::move(own));
    });
    report_.layers_sent = registry.layers_sent();
    report_.bytes_sent += registry.bytes_sent();
    if (end.exit_code != 0) return podman_words(end);
    expect_there(stop);
    return {};
  }

  std::set<oci::Digest> omittable(std::stop_token stop) {
    std::vector<LayerChain> chains;
    for (const auto* names : {&request_.names, &request_.like}) {
      for (const oci::Reference& name : *names) {
        if (auto image = find_image(name.str(), stop)) chains.push_back(std::move(image->layers));
      }
    }
    return held_anywhere(image_.layers(), chains);
  }

  std::optional<std::string> attempt(const std::set<oci::Digest>& omitted, std::stop_token stop) {
    image_.begin(omitted, "podman");
    std::atomic<std::uint64_t> sent = 0;
    // podman unpacks an OCI archive into files before it begins; only that form can be thin.
    const ArchiveSource whole_or_thin =
        omitted.empty() ? image_.docker_archive(omitted) : image_.oci_archive(omitted);
    CountingReader archive(whole_or_thin.open(), sent);
    const ProgramEnd end = podman({"load", "--quiet"}, stop, &archive);
    report_.bytes_sent += sent;
    if (end.exit_code != 0) return podman_words(end);
    expect_there(stop);
    return {};
  }

  void send(std::stop_token stop) {
    const auto left_out = send_thin_or_whole(
        omittable(stop), progress_,
        [&](const std::set<oci::Digest>& omitted) { return attempt(omitted, stop); });
    report_.layers_sent = image_.distinct_layers() - left_out.size();
  }

  void tag(std::stop_token stop) {
    if (request_.names.empty()) return;
    std::vector<std::string> arguments{"tag", report_.image_id};
    for (const oci::Reference& name : request_.names) arguments.push_back(name.str());
    expect_success(podman(std::move(arguments), stop), "podman tag");
  }

  const bool is_remote_;
  const LoadRequest& request_;
  Progress& progress_;
  const OutgoingImage image_;
  LoadReport report_;
  std::optional<PassingName> pulled_as_;
};

class PodmanEngine final : public Engine {
 public:
  PodmanEngine(const std::stop_token& stop, std::chrono::milliseconds patience) {
    const ProgramEnd end = with_context("podman version", [&] {
      return first_reply(stop, patience, [](const std::stop_token& inner) {
        return podman({"version", "--format", "{{.Client.Version}}{{if .Server}} (remote){{end}}"},
                      inner);
      });
    });
    // A client of a service that is not there.
    if (end.exit_code != 0) {
      throw Error(ErrorKind::network, cat("podman version: ", podman_words(end)));
    }
    version_ = printable(trim(end.output));
  }
  std::string str() const override { return cat("podman ", version_); }
  LoadReport load(const LoadRequest& request, Progress& progress, std::stop_token stop) override {
    // A client of a service: that of `podman machine`, or one that CONTAINER_HOST names.
    const bool is_remote = version_.ends_with(" (remote)") || linux_release().empty();
    if (is_remote && request.method == LoadMethod::registry) {
      throw Error(ErrorKind::usage, "--via registry: podman's service may be in a virtual machine",
                  "--via archive needs no common network");
    }
    return PodmanLoad(is_remote, request, progress, stop).run(stop);
  }

 private:
  std::string version_;
};

}  // namespace

std::unique_ptr<Engine> make_podman_engine(const std::stop_token& stop,
                                           std::chrono::milliseconds patience) {
  return std::make_unique<PodmanEngine>(stop, patience);
}

}  // namespace n2c
