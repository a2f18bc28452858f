#include "engine/docker_replies.h"

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

constexpr std::size_t max_line = 1 << 20;
constexpr std::string_view newest_api = "1.51";
constexpr std::string_view oldest_api = "1.24";  // RootFS in inspect, quiet loads

bool says_failure(std::string_view line) {
  return line.starts_with("Error unpacking image") || line.starts_with("Error processing tar");
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers_of(std::string_view version) {
  const auto parts = cut(version, '.');
  if (!parts) return {};
  const auto major = parse_number(parts->first), minor = parse_number(parts->second);
  if (!major || !minor) return {};
  return std::pair{*major, *minor};
}

/// A kernel's release as Docker says it: "6.12-rc1" is "6.12.0-rc1".
std::string with_three_numbers(std::string_view release) {
  std::size_t end = 0;
  for (int dots = 0; end < release.size(); ++end) {
    const bool is_dot = release[end] == '.';
    if (is_dot && ++dots == 2) return std::string(release);
    if (!is_dot && (release[end] < '0' || release[end] > '9')) break;
  }
  return cat(release.substr(0, end), ".0", release.substr(end));
}

}  // namespace

void ReplyStream::write(ByteView bytes) {
  unfinished_ += text_of(bytes);
  std::size_t begin = 0;
  for (std::size_t end; (end = unfinished_.find('\n', begin)) != unfinished_.npos;
       begin = end + 1) {
    take_line(std::string_view(unfinished_).substr(begin, end - begin));
  }
  unfinished_.erase(0, begin);
  if (unfinished_.size() > max_line) unfinished_.resize(max_line);
}

std::optional<std::string> ReplyStream::failure() {
  take_line(std::exchange(unfinished_, {}));
  if (failure_.empty()) return {};
  return failure_;
}

void ReplyStream::take_line(std::string_view line) {
  line = trim(line);
  if (line.empty()) return;
  const auto json = go::Json::parse(line);
  if (!json) {
    last_words_ = printable(line);
    return;
  }
  const go::Json* detail = json->find("errorDetail");
  std::string words = detail != nullptr ? detail->text_at("message") : std::string();
  if (words.empty()) words = json->text_at("error");
  const std::string said = json->text_at("stream") + json->text_at("status");
  if (words.empty() && says_failure(said)) words = said;
  if (!words.empty()) {
    if (failure_.empty()) failure_ = printable(trim(words), 1000);
  } else if (!trim(said).empty()) {
    last_words_ = printable(trim(said));
  }
}

std::string words_of(const http::Response& response) {
  if (const auto json = go::Json::parse(response.body)) {
    std::string message = json->text_at("message");
    if (message.empty()) message = json->text_at("cause");
    if (!message.empty()) return printable(trim(message), 1000);
  }
  const std::string words = printable(trim(response.body));
  return words.empty() ? "no explanation" : words;
}

Parsed<DockerFacts> read_docker_info(std::string_view text) {
  const auto json = go::Json::parse(text);
  if (!json) return std::unexpected(cat("GET /info: ", json.error()));
  DockerFacts facts{.version = printable(json->text_at("ServerVersion"))};
  facts.driver = printable(json->text_at("Driver"));
  const go::Json* status = json->find("DriverStatus");
  if (status != nullptr && status->compact().contains("io.containerd.snapshotter.v1")) {
    facts.store = DockerFacts::Store::containerd;
  }
  const go::Json* security = json->find("SecurityOptions");
  facts.rootless = security != nullptr && security->compact().contains("name=rootless");
  facts.desktop = json->text_at("OperatingSystem") == "Docker Desktop";
  facts.kernel = printable(json->text_at("KernelVersion"));
  return facts;
}

std::optional<std::string> why_not_our_loopback(const DockerFacts& facts,
                                                std::string_view release) {
  if (facts.desktop || release.empty()) return "runs in a virtual machine";
  if (facts.rootless) return "is rootless, with a network of its own";
  if (facts.kernel.empty() || with_three_numbers(facts.kernel) == with_three_numbers(release)) {
    return {};
  }
  return cat("runs on another kernel (", facts.kernel, "): in a virtual machine");
}

bool is_older_api(std::string_view left, std::string_view right) {
  return numbers_of(left) < numbers_of(right);
}

Parsed<std::string> negotiate_api(std::string_view engine_version) {
  if (!numbers_of(engine_version)) return std::unexpected("the engine names no API version");
  if (is_older_api(engine_version, oldest_api)) {
    return std::unexpected(cat("the engine speaks API ", engine_version, "; at least ", oldest_api,
                               " (Docker 1.12) is needed"));
  }
  return std::string(is_older_api(newest_api, engine_version) ? newest_api : engine_version);
}

namespace {

/// podman tells the manifest's digest, and both tell NAME@DIGEST for each name.
std::vector<oci::Digest> manifests_of(const go::Json& image) {
  std::vector<std::string> texts{image.text_at("Digest")};
  const go::Json* known_as = image.find("RepoDigests");
  if (known_as != nullptr && known_as->as_array() != nullptr) {
    for (const go::Json& one : *known_as->as_array()) {
      if (one.as_string() == nullptr) continue;
      texts.push_back(one.as_string()->substr(one.as_string()->find('@') + 1));
    }
  }
  std::vector<oci::Digest> digests;
  for (const std::string& text : texts) {
    if (auto digest = oci::Digest::parse(text)) digests.push_back(*std::move(digest));
  }
  return digests;
}

}  // namespace

Parsed<EngineImage> read_engine_image(std::string_view text) {
  const auto json = go::Json::parse(text);
  if (!json) return std::unexpected(json.error());
  EngineImage image{.id = json->text_at("Id"), .layers = {}, .complete = {}, .manifests = {}};
  if (image.id.empty()) return std::unexpected("no Id");
  if (!image.id.contains(':')) image.id = "sha256:" + image.id;  // podman leaves it out
  const go::Json* rootfs = json->find("RootFS");
  const go::Json* layers = rootfs != nullptr ? rootfs->find("Layers") : nullptr;
  if (layers != nullptr && layers->as_array() != nullptr) {
    for (const go::Json& layer : *layers->as_array()) {
      const std::string* digest = layer.as_string();
      auto parsed = oci::Digest::parse(digest != nullptr ? *digest : "");
      if (!parsed) return std::unexpected(cat("RootFS.Layers: ", parsed.error()));
      image.layers.push_back(*std::move(parsed));
    }
  }
  image.manifests = manifests_of(*json);
  const go::Json* manifests = json->find("Manifests");
  if (manifests == nullptr || manifests->as_array() == nullptr) return image;
  for (const go::Json& manifest : *manifests->as_array()) {
    const go::Json* available = manifest.find("Available");
    if (manifest.text_at("ID") != image.id || available == nullptr) continue;
    image.complete = available->as_bool();
  }
  return image;
}

namespace {

/// An id goes into a URL's path.
bool is_image_id(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == ':';
  });
}

}  // namespace

Parsed<std::vector<ListedImage>> read_image_list(std::string_view text) {
  const auto json = go::Json::parse(text);
  if (!json) return std::unexpected(json.error());
  if (json->as_array() == nullptr) return std::unexpected("not a list");
  std::vector<ListedImage> images;
  for (const go::Json& one : *json->as_array()) {
    ListedImage image{one.text_at("Id"), {}};
    if (!is_image_id(image.id)) continue;
    const go::Json* tags = one.find("RepoTags");
    if (tags != nullptr && tags->as_array() != nullptr) {
      for (const go::Json& tag : *tags->as_array()) {
        if (tag.as_string() != nullptr) image.tags.push_back(*tag.as_string());
      }
    }
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace n2c
