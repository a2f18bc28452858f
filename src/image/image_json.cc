#include "image/image_json.h"

#include "base/file.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "go/rfc3339.h"

namespace n2c {

namespace {

using go::Decoded;
using go::Json;

/// Notes an object's unknown keys, as `step` and the key.
std::function<void(std::string_view)> note_unknown(std::vector<std::string>& keys,
                                                   std::string step) {
  return [&keys, step = std::move(step)](std::string_view key) {
    keys.push_back(step + printable(key, 60));
  };
}

/// Decodes an object that has the keys which this n2c knows, and no other: what an unknown one asks
/// for would be missing in the image. `decode` takes the function that is told of unknown keys.
Decoded decode_known(const std::function<Decoded(std::function<void(std::string_view)>)>& decode) {
  std::optional<std::string> first;
  auto wrong = decode([&](std::string_view key) {
    if (!first) first = printable(key, 60);
  });
  if (wrong || !first) return wrong;
  return go::DecodeError(*first,
                         "this n2c does not know the key: use the n2c or nix2container that wrote "
                         "it, or describe the image again with this one");
}

/// Decodes the name of a file. A NUL is refused: whoever opens the file would cut the name there.
Decoded decode_file(const Json& json, std::string& file) {
  if (auto wrong = go::decode(json, file)) return wrong;
  if (file.find('\0') == std::string::npos) return {};
  return go::DecodeError("a NUL in a file's name");
}

Decoded decode_perm(const Json& json, Perm& perm, std::vector<std::string>& unknown_keys) {
  return go::decode_object(
      json, "a perm",
      {{"regex", [&](const Json& v) { return go::decode(v, perm.regex); }},
       {"mode", [&](const Json& v) { return go::decode(v, perm.mode); }},
       {"uid", [&](const Json& v) { return go::decode(v, perm.uid); }},
       {"gid", [&](const Json& v) { return go::decode(v, perm.gid); }},
       {"uname", [&](const Json& v) { return go::decode(v, perm.uname); }},
       {"gname", [&](const Json& v) { return go::decode(v, perm.gname); }},
       {"orMode", [&](const Json& v) { return go::decode(v, perm.or_mode); }},
       {"capabilities", [&](const Json& v) { return go::decode(v, perm.capabilities); }}},
      note_unknown(unknown_keys, "options.perms."));
}

Decoded decode_rewrite(const Json& json, Rewrite& rewrite, std::vector<std::string>& unknown_keys) {
  return go::decode_object(json, "a rewrite",
                           {{"regex", [&](const Json& v) { return go::decode(v, rewrite.regex); }},
                            {"repl", [&](const Json& v) { return go::decode(v, rewrite.repl); }}},
                           note_unknown(unknown_keys, "options.rewrite."));
}

Decoded decode_options(const Json& json, StorePath& path) {
  if (json.is_null()) {
    path.options.reset();
    return {};
  }
  if (!path.options) path.options.emplace();
  PathOptions& options = *path.options;
  const auto decode_perms = [&](const Json& v) -> Decoded {
    options.perms.reset();
    if (v.is_null()) return {};
    return go::decode_list<Perm>(v, options.perms.emplace(), [&](const Json& one, Perm& perm) {
      return decode_perm(one, perm, path.unknown_keys);
    });
  };
  return go::decode_object(
      json, "path options",
      {{"rewrite",
        [&](const Json& v) { return decode_rewrite(v, options.rewrite, path.unknown_keys); }},
       {"perms", decode_perms}},
      note_unknown(path.unknown_keys, "options."));
}

Decoded decode_path(const Json& json, StorePath& path) {
  return go::decode_object(json, "a path",
                           {{"path", [&](const Json& v) { return decode_file(v, path.path); }},
                            {"options", [&](const Json& v) { return decode_options(v, path); }},
                            {"tar", [&](const Json& v) { return go::decode(v, path.is_tar); }}},
                           note_unknown(path.unknown_keys, ""));
}

Decoded decode_entry(const Json& json, oci::History& entry) {
  return decode_known([&](const auto& unknown) { return entry.decode(json, unknown); });
}

Decoded decode_layer(const Json& json, LayerRecord& layer) {
  const auto decode_paths = [&](const Json& v) -> Decoded {
    layer.paths.reset();
    if (v.is_null()) return {};
    return go::decode_list<StorePath>(v, layer.paths.emplace(), decode_path);
  };
  const std::vector<go::Field> fields{
      {"digest", [&](const Json& v) { return go::decode(v, layer.digest); }},
      {"size", [&](const Json& v) { return go::decode(v, layer.size); }},
      {"diff_ids", [&](const Json& v) { return go::decode(v, layer.diff_id); }},
      {"paths", decode_paths},
      {"mediatype", [&](const Json& v) { return go::decode(v, layer.media_type); }},
      {"layer-path", [&](const Json& v) { return decode_file(v, layer.layer_path); }},
      {"History", [&](const Json& v) { return decode_entry(v, layer.history); }}};
  return decode_known(
      [&](const auto& unknown) { return go::decode_object(json, "a layer", fields, unknown); });
}

Decoded decode_layers(const Json& json, std::vector<LayerRecord>& layers) {
  const Json::Array* array = json.as_array();
  if (array != nullptr && array->size() > max_described_layers) {
    return go::DecodeError(cat("more than ", max_described_layers, " layers"));
  }
  return go::decode_list<LayerRecord>(json, layers, decode_layer);
}

Decoded decode_created(const Json& json, std::optional<std::string>& created) {
  created.reset();
  if (json.is_null()) return {};
  std::string text;
  if (auto wrong = go::decode(json, text)) return wrong;
  auto time = go::rewrite_rfc3339(text);
  if (!time) return go::DecodeError(time.error());
  created = *std::move(time);
  return {};
}

/// Why a config of this size is refused; nothing when it is not.
std::optional<std::string> too_large(std::uint64_t config_bytes) {
  if (config_bytes <= oci::max_manifest_bytes) return {};
  return cat(brief_bytes(config_bytes), " of config; registries and engines read ",
             brief_bytes(oci::max_manifest_bytes), " at most");
}

Decoded decode_config(const Json& json, oci::ContainerConfig& config) {
  if (auto why = too_large(json.compact().size())) return go::DecodeError(*std::move(why));
  return decode_known(
      [&](const auto& unknown) { return config.decode(json, oci::DockerKeys::kept, unknown); });
}

Decoded decode_history(const Json& json, std::vector<oci::History>& history) {
  return go::decode_list<oci::History>(json, history, decode_entry);
}

Decoded decode_image(const Json& json, ImageRecord& image) {
  const auto decode_list = [&](const Json& v) -> Decoded {
    image.layers.reset();
    if (v.is_null()) return {};
    return decode_layers(v, image.layers.emplace());
  };
  const std::vector<go::Field> fields{
      {"version", [&](const Json& v) { return go::decode(v, image.version); }},
      {"image-config", [&](const Json& v) { return decode_config(v, image.container); }},
      {"layers", decode_list},
      {"arch", [&](const Json& v) { return go::decode(v, image.arch); }},
      {"created", [&](const Json& v) { return decode_created(v, image.created); }},
      {"annotations", [&](const Json& v) { return go::decode(v, image.annotations); }},
      {"history", [&](const Json& v) { return decode_history(v, image.history); }}};
  return decode_known(
      [&](const auto& unknown) { return go::decode_object(json, "an image", fields, unknown); });
}

Json json_of(const Perm& perm) {
  Json json;
  json.set("regex", perm.regex).set("mode", perm.mode);
  json.set("uid", Json(perm.uid)).set("gid", Json(perm.gid));
  json.set("uname", perm.uname).set("gname", perm.gname);
  if (!perm.or_mode.empty()) json.set("orMode", perm.or_mode);
  if (!perm.capabilities.empty()) json.set("capabilities", perm.capabilities);
  return json;
}

Json json_of(const StorePath& path) {
  Json json;
  json.set("path", path.path);
  if (path.is_tar) json.set("tar", Json(true));
  if (!path.options) return json;
  Json rewrite;
  rewrite.set("regex", path.options->rewrite.regex).set("repl", path.options->rewrite.repl);
  Json options;
  options.set("rewrite", std::move(rewrite));
  if (path.options->perms && !path.options->perms->empty()) {
    Json perms;
    for (const Perm& perm : *path.options->perms) perms.push(json_of(perm));
    options.set("perms", std::move(perms));
  }
  return json.set("options", std::move(options));
}

Json json_of(const LayerRecord& layer) {
  Json json;
  json.set("digest", layer.digest).set("size", Json(layer.size)).set("diff_ids", layer.diff_id);
  if (layer.paths && !layer.paths->empty()) {
    Json paths;
    for (const StorePath& path : *layer.paths) paths.push(json_of(path));
    json.set("paths", std::move(paths));
  }
  json.set("mediatype", layer.media_type);
  if (!layer.layer_path.empty()) json.set("layer-path", layer.layer_path);
  return json.set("History", layer.history.to_json());
}

Json json_of(const std::vector<LayerRecord>& layers) {
  Json json;  // null when there are none (docs/format.md C3.1, C3.3)
  for (const LayerRecord& layer : layers) json.push(json_of(layer));
  return json;
}

/// Returns what read() returns. A file that cannot be read becomes Error{input}.
template <class Read>
std::string or_input(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    throw error.as(ErrorKind::input, error.hint());
  }
}

}  // namespace

Parsed<std::vector<LayerRecord>> parse_layers_json(std::string_view text) {
  const auto json = Json::parse_as_go(text);
  if (!json) return std::unexpected(json.error());
  std::vector<LayerRecord> layers;
  if (const auto wrong = decode_layers(*json, layers)) return std::unexpected(wrong->str());
  return layers;
}

Parsed<ImageRecord> parse_image_json(std::string_view text) {
  const auto json = Json::parse_as_go(text);
  if (!json) return std::unexpected(json.error());
  ImageRecord image{.version = 0};
  if (const auto wrong = decode_image(*json, image)) return std::unexpected(wrong->str());
  if (image.version != 1) {
    return std::unexpected(cat("version: ", image.version, " where 1 was due",
                               image.version > 1 ? ": use an n2c that knows it, or describe the "
                                                   "image again with this one"
                                                 : " (no image.json?)"));
  }
  const std::size_t layers = image.layers ? image.layers->size() : 0;
  if (!image.history.empty() && oci::layers_in(image.history) != layers) {
    return std::unexpected(cat("history: ", oci::layers_in(image.history),
                               " entries have a layer, and there are ", layers, " layers"));
  }
  return image;
}

std::string layers_json(const std::vector<LayerRecord>& layers) {
  return json_of(layers).indented();
}

std::string image_json(const ImageRecord& image) {
  Json json;
  json.set("version", Json(image.version));
  json.set("image-config", image.container.to_json());
  json.set("layers", image.layers ? json_of(*image.layers) : Json());
  json.set("arch", image.arch);
  json.set("created", image.created ? Json(*image.created) : Json());
  if (!image.annotations.empty()) {
    Json annotations(Json::Object{});
    for (const auto& [key, value] : image.annotations) annotations.set(key, value);
    json.set("annotations", std::move(annotations));
  }
  if (!image.history.empty()) {
    Json history;
    for (const oci::History& one : image.history) history.push(one.to_json());
    json.set("history", std::move(history));
  }
  return json.indented();
}

std::string read_description(const std::filesystem::path& file) {
  return or_input([&] { return read_argument(file, max_description_bytes); });
}

std::string read_described_file(const std::filesystem::path& file) {
  return or_input([&] { return read_file(file, max_description_bytes); });
}

void require_sound(const std::vector<LayerRecord>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string place = cat("layers[", i, "].");
    or_throw(oci::Digest::parse(layers[i].digest), ErrorKind::input, place + "digest");
    or_throw(oci::Digest::parse(layers[i].diff_id), ErrorKind::input, place + "diff_ids");
    if (layers[i].size >= 0) continue;
    throw Error(ErrorKind::input, cat(place, "size: ", layers[i].size, " is negative"));
  }
}

void require_sound(const oci::ContainerConfig& config) {
  if (const auto why = too_large(config.to_json().compact().size())) {
    throw Error(ErrorKind::input, *why);
  }
}

void require_known_options(const std::vector<StorePath>& paths) {
  for (const StorePath& path : paths) {
    if (path.unknown_keys.empty()) continue;
    throw Error(ErrorKind::input,
                cat(printable(path.path), ": ", path.unknown_keys.front(),
                    ": unknown, and the layer must be made by it"),
                "this description is from a newer nix2container: use an n2c that knows the key");
  }
}

ImageRecord read_image_json(const std::string& file) {
  return or_throw(parse_image_json(read_description(file)), ErrorKind::input, printable(file, 300));
}

}  // namespace n2c
