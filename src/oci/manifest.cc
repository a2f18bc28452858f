#include "oci/manifest.h"

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c::oci {

namespace {

using go::Json;

go::Decoded decode_digest(const Json& json, std::optional<Digest>& into) {
  std::string text;
  if (auto wrong = go::decode(json, text)) return wrong;
  auto digest = Digest::parse(text);
  if (!digest) return go::DecodeError(digest.error());
  into = *std::move(digest);
  return {};
}

/// The members that are none of `known`, as `more` holds them.
std::string rest_of(const Json& json, std::initializer_list<std::string_view> known) {
  if (json.as_object() == nullptr) return {};
  Json rest(Json::Object{});
  for (const auto& [key, value] : *json.as_object()) {
    const bool is_known = std::ranges::any_of(
        known, [&](std::string_view name) { return lower_ascii(name) == lower_ascii(key); });
    if (!is_known) rest.set(key, value);
  }
  return rest.as_object()->empty() ? std::string() : rest.compact();
}

void set_rest(Json& json, std::string_view more) {
  if (more.empty()) return;
  const Json rest = or_throw(Json::parse(more), ErrorKind::internal, "a manifest's other members");
  for (const auto& [key, value] : *rest.as_object()) json.set(key, value);
}

go::Decoded decode_platform(const Json& json, std::optional<Platform>& into) {
  Platform platform{.os = "", .architecture = "", .variant = ""};
  auto wrong = go::decode_object(
      json, "a platform",
      {{"architecture", [&](const Json& v) { return go::decode(v, platform.architecture); }},
       {"os", [&](const Json& v) { return go::decode(v, platform.os); }},
       {"variant", [&](const Json& v) { return go::decode(v, platform.variant); }}});
  platform.more = rest_of(json, {"architecture", "os", "variant"});
  if (!json.is_null()) into = platform;
  return wrong;
}

/// A descriptor while its fields are still coming in.
struct Draft {
  std::string media_type;
  std::optional<Digest> digest;
  std::int64_t size = -1;
  Annotations annotations;
  std::optional<Platform> platform;
};

go::Decoded decode_descriptor(const Json& json, std::optional<Descriptor>& into) {
  Draft draft;
  if (auto wrong = go::decode_object(
          json, "a descriptor",
          {{"mediaType", [&](const Json& v) { return go::decode(v, draft.media_type); }},
           {"digest", [&](const Json& v) { return decode_digest(v, draft.digest); }},
           {"size", [&](const Json& v) { return go::decode(v, draft.size); }},
           {"annotations", [&](const Json& v) { return go::decode(v, draft.annotations); }},
           {"platform", [&](const Json& v) { return decode_platform(v, draft.platform); }}})) {
    return wrong;
  }
  if (!draft.digest) return go::DecodeError("digest", "missing");
  if (draft.size < 0) return go::DecodeError("size", "missing or negative");
  into = Descriptor{draft.media_type,
                    *draft.digest,
                    static_cast<std::uint64_t>(draft.size),
                    draft.annotations,
                    draft.platform,
                    rest_of(json, {"mediaType", "digest", "size", "annotations", "platform"})};
  return {};
}

go::Decoded decode_descriptors(const Json& json, std::vector<Descriptor>& into) {
  std::vector<std::optional<Descriptor>> list;
  if (auto wrong = go::decode_list<std::optional<Descriptor>>(json, list, decode_descriptor)) {
    return wrong;
  }
  into.clear();
  for (auto& one : list) into.push_back(*std::move(one));
  return {};
}

/// What manifests and indexes have in common.
struct Envelope {
  std::int64_t schema_version = 0;
  std::string media_type;
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers, manifests;
  bool has_layers = false, has_manifests = false;
  Annotations annotations;
  std::string more;
};

Parsed<Envelope> read_envelope(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return std::unexpected(json.error());
  if (json->as_object() == nullptr) return std::unexpected("not a JSON object");
  Envelope envelope;
  const auto wrong = go::decode_object(
      *json, "a manifest",
      {{"schemaVersion", [&](const Json& v) { return go::decode(v, envelope.schema_version); }},
       {"mediaType", [&](const Json& v) { return go::decode(v, envelope.media_type); }},
       {"config", [&](const Json& v) { return decode_descriptor(v, envelope.config); }},
       {"layers",
        [&](const Json& v) {
          envelope.has_layers = true;
          return decode_descriptors(v, envelope.layers);
        }},
       {"manifests",
        [&](const Json& v) {
          envelope.has_manifests = true;
          return decode_descriptors(v, envelope.manifests);
        }},
       {"annotations", [&](const Json& v) { return go::decode(v, envelope.annotations); }}});
  if (wrong) return std::unexpected(wrong->str());
  if (envelope.schema_version != 2) {
    return std::unexpected(cat("schemaVersion ", envelope.schema_version, " where 2 was due"));
  }
  // image-spec manifest.md: a document that is both could mean different images to different
  // readers (CVE-2021-41190).
  if (envelope.has_manifests && (envelope.has_layers || envelope.config)) {
    return std::unexpected("both a manifest and an index");
  }
  envelope.more = rest_of(
      *json, {"schemaVersion", "mediaType", "config", "layers", "manifests", "annotations"});
  return envelope;
}

void set_annotations(Json& json, const Annotations& annotations) {
  if (annotations.empty()) return;
  Json object(Json::Object{});
  for (const auto& [key, value] : annotations) object.set(key, value);
  json.set("annotations", std::move(object));
}

bool is_docker(std::string_view media_type) {
  return media_type == media_type::docker_manifest || media_type == media_type::docker_index;
}

Json to_json(const Descriptor& descriptor, bool docker) {
  Json json;
  json.set("mediaType", descriptor.media_type);
  if (docker) json.set("size", Json(descriptor.size));  // docs/format.md C5.5
  json.set("digest", descriptor.digest.str());
  if (!docker) json.set("size", Json(descriptor.size));
  set_annotations(json, descriptor.annotations);
  if (descriptor.platform) {
    Json platform;
    platform.set("architecture", descriptor.platform->architecture);
    platform.set("os", descriptor.platform->os);
    if (!descriptor.platform->variant.empty()) {
      platform.set("variant", descriptor.platform->variant);
    }
    set_rest(platform, descriptor.platform->more);
    json.set("platform", std::move(platform));
  }
  set_rest(json, descriptor.more);
  return json;
}

Json to_json(const std::vector<Descriptor>& descriptors, bool docker) {
  Json list(Json::Array{});
  for (const Descriptor& one : descriptors) list.push(to_json(one, docker));
  return list;
}

Json begin_document(const std::string& media_type) {
  Json json;
  json.set("schemaVersion", Json(std::int64_t{2}));
  json.set("mediaType", media_type);
  return json;
}

/// image-spec: mediaType should be there; older writers leave it out.
std::string media_type_of(const Json& json) {
  std::string named = json.text_at("mediaType");
  if (!named.empty()) return named;
  return std::string(json.find("manifests") != nullptr ? media_type::index : media_type::manifest);
}

}  // namespace

std::string descriptor_json(const Descriptor& descriptor) {
  return oci::to_json(descriptor, false).compact();
}

Parsed<Manifest> Manifest::from_json(std::string_view json) {
  auto envelope = read_envelope(json);
  if (!envelope) return std::unexpected(envelope.error());
  const std::string& type = envelope->media_type;
  if (envelope->has_manifests || is_index(type)) {
    return std::unexpected("an index of several images, not one image's manifest");
  }
  if (!type.empty() && !is_manifest(type)) {
    return std::unexpected("unknown manifest media type \"" + printable(type, 100) + "\"");
  }
  if (!envelope->config) return std::unexpected("config: missing");
  return Manifest{type.empty() ? std::string(media_type::manifest) : type, *envelope->config,
                  std::move(envelope->layers), std::move(envelope->annotations),
                  std::move(envelope->more)};
}

std::string Manifest::to_json() const {
  const bool docker = is_docker(media_type);
  Json json = begin_document(media_type);
  json.set("config", oci::to_json(config, docker));
  json.set("layers", oci::to_json(layers, docker));
  set_annotations(json, annotations);
  set_rest(json, more);
  return json.compact();
}

Parsed<Index> Index::from_json(std::string_view json) {
  auto envelope = read_envelope(json);
  if (!envelope) return std::unexpected(envelope.error());
  const std::string& type = envelope->media_type;
  if (envelope->has_layers || envelope->config || (!type.empty() && !is_index(type))) {
    return std::unexpected("not an index");
  }
  return Index{type.empty() ? std::string(media_type::index) : type, std::move(envelope->manifests),
               std::move(envelope->annotations), std::move(envelope->more)};
}

std::string Index::to_json() const {
  Json json = begin_document(media_type);
  json.set("manifests", oci::to_json(manifests, is_docker(media_type)));
  set_annotations(json, annotations);
  set_rest(json, more);
  return json.compact();
}

const Descriptor* Index::find(const Platform& platform) const {
  const Descriptor* best = nullptr;
  std::optional<int> best_rank;
  for (const Descriptor& one : manifests) {
    const auto rank = one.platform ? platform_rank(platform, *one.platform) : std::nullopt;
    if (!rank || (best_rank && *rank >= *best_rank)) continue;
    best = &one;
    best_rank = rank;
  }
  return best;
}

namespace {

Json renamed(const Json& descriptor, const Descriptor& now) {
  Json made = oci::to_json(
      Descriptor{.media_type = now.media_type, .digest = now.digest, .size = now.size}, false);
  for (const auto& [key, value] : *descriptor.as_object()) {
    if (made.find(key) == nullptr) made.set(key, value);
  }
  return made;
}

}  // namespace

std::optional<Digest> subject_of(std::string_view manifest_json) {
  const auto json = Json::parse(manifest_json);
  const Json* subject = json ? json->find("subject") : nullptr;
  if (subject == nullptr) return {};
  auto digest = Digest::parse(subject->text_at("digest"));
  if (!digest) return {};
  return *std::move(digest);
}

std::string with_subject(std::string_view more, const Descriptor& subject) {
  Json made(Json::Object{});
  const Json before = or_throw(Json::parse(more), ErrorKind::internal, "a manifest's members");
  for (const auto& [key, value] : *before.as_object()) {
    made.set(key, key == "subject" ? renamed(value, subject) : value);
  }
  return made.compact();
}

Parsed<RawManifest> RawManifest::parse(std::string json) {
  const auto parsed = Json::parse(json);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->as_object() == nullptr) return std::unexpected("a manifest is a JSON object");
  const std::string type = media_type_of(*parsed);
  if (!is_manifest(type) && !is_index(type)) {
    return std::unexpected(cat("not an image manifest or index but \"", printable(type), "\""));
  }
  return of(type, std::move(json));
}

RawManifest RawManifest::of(std::string_view media_type, std::string json) {
  Descriptor descriptor = describe(media_type, json);
  return {std::move(descriptor), std::move(json)};
}

}  // namespace n2c::oci
