#include "places/address.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace n2c {

namespace {

using Kind = Address::Kind;

struct Transport {
  std::string_view prefix;
  Kind kind;
};

constexpr std::array<Transport, 8> transports{{
    {"docker://", Kind::registry},
    {"docker-daemon:", Kind::docker_daemon},
    {"containers-storage:", Kind::containers_storage},
    {"oci:", Kind::oci_layout},
    {"oci-archive:", Kind::oci_archive},
    {"docker-archive:", Kind::docker_archive},
    {"dir:", Kind::dir},
    {"nix:", Kind::image_json},
}};

/// What other programs or habits call a place, which would be a tag of a repository of Docker Hub.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> foreign_words{{
    {"ocidir:", "a folder with an image is oci:FOLDER"},
    {"oci-dir:", "a folder with an image is oci:FOLDER"},
    {"oci-layout:", "a folder with an image is oci:FOLDER"},
    {"tarball:", "a docker-archive is docker-archive:FILE"},
    {"docker-tar:", "a docker-archive is docker-archive:FILE"},
    {"podman:", "podman's images are containers-storage:NAME"},
}};

std::string_view prefix_of(Kind kind) {
  for (const Transport& transport : transports) {
    if (transport.kind == kind) return transport.prefix;
  }
  return {};
}

const Transport* transport_of(std::string_view text) {
  for (const Transport& transport : transports) {
    if (text.starts_with(transport.prefix)) return &transport;
  }
  return nullptr;
}

/// c/image's rule for names in a layout: letters, digits and -._:@/+ , at most 255 bytes.
bool is_layout_tag(std::string_view tag) {
  constexpr std::string_view others = "-._:@/+";
  for (const char c : tag) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_plain && others.find(c) == std::string_view::npos) return false;
  }
  return !tag.empty() && tag.size() <= 255;
}

Parsed<Address> parse_reference(Kind kind, std::string_view text) {
  auto reference = oci::Reference::parse(text);
  if (!reference) return std::unexpected(reference.error());
  if (kind != Kind::registry && (reference->digest || !reference->tag)) {
    return std::unexpected("an image there has a tag, not a digest");
  }
  return Address{.kind = kind, .reference = *std::move(reference)};
}

/// PATH[:TAG][@ALGORITHM:HEX]
Parsed<Address> parse_layout(Kind kind, std::string_view text) {
  Address address{.kind = kind};
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    if (auto digest = oci::Digest::parse(text.substr(at + 1))) {
      address.digest = *std::move(digest);
      text = text.substr(0, at);
    }
  }
  if (const auto parts = cut(text, ':')) {
    if (!is_layout_tag(parts->second)) {
      return std::unexpected(cat("not a tag: \"", printable(parts->second), "\""));
    }
    address.tag = parts->second;
    text = parts->first;
  }
  address.path = text;
  return address;
}

/// PATH[:REPOSITORY:TAG]
Parsed<Address> parse_docker_archive(std::string_view text) {
  const auto parts = cut(text, ':');
  if (!parts) return Address{.kind = Kind::docker_archive, .path = text};
  auto address = parse_reference(Kind::docker_archive, parts->second);
  if (address) address->path = parts->first;
  return address;
}

Parsed<Address> parse_as(const Transport& transport, std::string_view text) {
  const auto parsed = [&]() -> Parsed<Address> {
    switch (transport.kind) {
      case Kind::registry:
      case Kind::docker_daemon:
      case Kind::containers_storage: return parse_reference(transport.kind, text);
      case Kind::oci_layout:
      case Kind::oci_archive: return parse_layout(transport.kind, text);
      case Kind::docker_archive: return parse_docker_archive(text);
      case Kind::dir:
      case Kind::image_json: return Address{.kind = transport.kind, .path = text};
    }
    return std::unexpected("unknown transport");
  }();
  if (!parsed) return parsed;
  const bool is_archive =
      transport.kind == Kind::oci_archive || transport.kind == Kind::docker_archive;
  const bool has_path = is_archive || !parsed->reference;
  if (has_path && parsed->path.empty()) return std::unexpected("the path is missing");
  if (parsed->is_standard_output() && !is_archive) {
    return std::unexpected("only an archive can go to standard output");
  }
  return parsed;
}

bool shows_itself_as_file(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text.ends_with(".json");
}

}  // namespace

Parsed<Address> Address::parse(std::string_view text) {
  if (text == "-") return Address{.kind = Kind::docker_archive, .path = "-"};
  if (const Transport* transport = transport_of(text)) {
    return parse_as(*transport, text.substr(transport->prefix.size()));
  }
  if (text.starts_with('/') || text.starts_with('.')) {
    return std::unexpected(
        "a path needs to say what is there: oci:PATH, oci-archive:PATH, docker-archive:PATH or "
        "dir:PATH");
  }
  for (const auto& [word, meant] : foreign_words) {
    if (!text.starts_with(word)) continue;
    return std::unexpected(cat("there is no ", word, " here; ", meant));
  }
  return parse_reference(Kind::registry, text);
}

Parsed<Address> Address::parse_source(std::string_view text) {
  if (transport_of(text) == nullptr && shows_itself_as_file(text)) {
    return Address{.kind = Kind::image_json, .path = text};
  }
  auto address = parse(text);
  const bool may_be_input =
      address && address->kind == Kind::docker_archive && address->path == "-";
  if (address && address->is_standard_output() && !may_be_input) {
    return std::unexpected(address->path == "-"
                               ? "only a docker-archive can be read from standard input"
                               : "an image cannot be read from standard output");
  }
  return address;
}

std::string Address::str() const {
  std::string text(prefix_of(kind));
  if (path.empty()) return text + reference->str();
  text += path.string();
  if (reference) text += ":" + reference->str();
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->str();
  return text;
}

}  // namespace n2c
