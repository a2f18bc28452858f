#include "oci/config.h"

#include <algorithm>

#include "go/rfc3339.h"

namespace n2c::oci {

namespace {

using go::Json;

/// Decodes the keys of an object. Its values are objects or null, and mean nothing (docs/format.md
/// C4.7).
go::Decoded decode_keys(const Json& json, std::set<std::string>& into) {
  if (json.is_null()) {
    into.clear();
    return {};
  }
  const Json::Object* object = json.as_object();
  if (object == nullptr) return go::cannot_unmarshal(json, "an object of empty objects");
  for (const auto& [key, value] : *object) {
    if (!value.is_null() && value.as_object() == nullptr) {
      return go::cannot_unmarshal(value, "an empty object").below(key);
    }
    into.insert(key);
  }
  return {};
}

go::Decoded decode_time(const Json& json, std::optional<std::string>& into) {
  if (json.is_null()) {
    into.reset();
    return {};
  }
  std::string text;
  if (auto wrong = go::decode(json, text)) return wrong;
  auto time = go::rewrite_rfc3339(text);
  if (!time) return go::DecodeError(time.error());
  into = *std::move(time);
  return {};
}

void set_text(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json.set(key, text);
}

void set_list(Json& json, const char* key, const std::optional<std::vector<std::string>>& list) {
  if (!list || list->empty()) return;
  json.set(key, Json(Json::Array(list->begin(), list->end())));
}

void set_keys(Json& json, const char* key, const std::set<std::string>& keys) {
  if (keys.empty()) return;
  Json object;
  for (const std::string& one : keys) object.set(one, Json(Json::Object{}));
  json.set(key, std::move(object));
}

Json rootfs_of(const std::vector<Digest>& diff_ids) {
  Json rootfs;
  // docs/format.md A4.2
  if (diff_ids.empty()) return rootfs.set("type", "").set("diff_ids", Json());
  Json list;
  for (const Digest& one : diff_ids) list.push(one.str());
  return rootfs.set("type", "layers").set("diff_ids", std::move(list));
}

}  // namespace

go::Decoded ContainerConfig::decode(const Json& json, DockerKeys docker_keys,
                                    const std::function<void(std::string_view)>& unknown) {
  std::vector<go::Field> fields{
      {"User", [&](const Json& v) { return go::decode(v, user); }},
      {"ExposedPorts", [&](const Json& v) { return decode_keys(v, exposed_ports); }},
      {"Env", [&](const Json& v) { return go::decode(v, env); }},
      {"Entrypoint", [&](const Json& v) { return go::decode(v, entrypoint); }},
      {"Cmd", [&](const Json& v) { return go::decode(v, cmd); }},
      {"Volumes", [&](const Json& v) { return decode_keys(v, volumes); }},
      {"WorkingDir", [&](const Json& v) { return go::decode(v, working_dir); }},
      {"Labels", [&](const Json& v) { return go::decode(v, labels); }},
      {"StopSignal", [&](const Json& v) { return go::decode(v, stop_signal); }},
      {"ArgsEscaped", [&](const Json& v) { return go::decode(v, args_escaped); }}};
  if (docker_keys == DockerKeys::kept)
    std::ranges::move(docker.fields(), std::back_inserter(fields));
  return go::decode_object(json, "an image config", fields, unknown);
}

Json ContainerConfig::to_json() const {
  Json json(Json::Object{});
  set_text(json, "User", user);
  set_keys(json, "ExposedPorts", exposed_ports);
  set_list(json, "Env", env);
  set_list(json, "Entrypoint", entrypoint);
  set_list(json, "Cmd", cmd);
  set_keys(json, "Volumes", volumes);
  set_text(json, "WorkingDir", working_dir);
  if (!labels.empty()) {
    Json object;
    for (const auto& [key, value] : labels) object.set(key, value);
    json.set("Labels", std::move(object));
  }
  set_text(json, "StopSignal", stop_signal);
  if (args_escaped) json.set("ArgsEscaped", Json(true));
  docker.add_to(json);
  return json;
}

go::Decoded History::decode(const Json& json,
                            const std::function<void(std::string_view)>& unknown) {
  return go::decode_object(
      json, "a history entry",
      {{"created", [&](const Json& v) { return decode_time(v, created); }},
       {"created_by", [&](const Json& v) { return go::decode(v, created_by); }},
       {"author", [&](const Json& v) { return go::decode(v, author); }},
       {"comment", [&](const Json& v) { return go::decode(v, comment); }},
       {"empty_layer", [&](const Json& v) { return go::decode(v, empty_layer); }}},
      unknown);
}

Json History::to_json() const {
  Json json(Json::Object{});
  if (created) json.set("created", *created);
  set_text(json, "created_by", created_by);
  set_text(json, "author", author);
  set_text(json, "comment", comment);
  if (empty_layer) json.set("empty_layer", Json(true));
  return json;
}

std::size_t layers_in(const std::vector<History>& history) {
  return static_cast<std::size_t>(std::ranges::count(history, false, &History::empty_layer));
}

std::string Config::to_json() const {
  Json json;
  if (created) json.set("created", *created);
  json.set("architecture", platform.architecture);
  json.set("os", platform.os);
  set_text(json, "variant", platform.variant);
  json.set("config", container.to_json());
  json.set("rootfs", rootfs_of(diff_ids));
  if (!history.empty()) {
    Json list;
    for (const History& one : history) list.push(one.to_json());
    json.set("history", std::move(list));
  }
  return json.compact();
}

Parsed<ConfigFacts> read_config_facts(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return std::unexpected(json.error());
  const Json* rootfs = json->find("rootfs");
  const Json* diff_ids = rootfs == nullptr ? nullptr : rootfs->find("diff_ids");
  if (diff_ids == nullptr) return std::unexpected("rootfs.diff_ids: missing");
  ConfigFacts facts;
  std::vector<std::string> texts;
  if (const auto wrong = go::decode_list<std::string>(
          *diff_ids, texts,
          [](const Json& one, std::string& into) { return go::decode(one, into); })) {
    return std::unexpected(wrong->below("rootfs.diff_ids").str());
  }
  for (const std::string& one : texts) {
    auto digest = Digest::parse(one);
    if (!digest) return std::unexpected("rootfs.diff_ids: " + digest.error());
    facts.diff_ids.push_back(*std::move(digest));
  }
  if (const std::string os = json->text_at("os"); !os.empty()) facts.platform.os = os;
  facts.platform.architecture = json->text_at("architecture");
  facts.platform.variant = json->text_at("variant");
  return facts;
}

}  // namespace n2c::oci
