#include "describe/dockertools_conf.h"

#include <array>
#include <chrono>
#include <ctime>

#include "base/file.h"
#include "base/text.h"
#include "describe/config_keys.h"
#include "describe/config_merge.h"
#include "describe/layer_builder.h"
#include "go/rfc3339.h"

namespace n2c {

namespace {

struct Owner {
  std::string uid = "0", gid = "0", uname = "root", gname = "root";
  bool is_root() const { return uid == "0" && gid == "0" && uname == "root" && gname == "root"; }
};

std::string present_time() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t count = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), count};
}

/// Numbers are written as texts.
Parsed<PathOptions> options_of(const Owner& owner) {
  const auto uid = parse_number(owner.uid), gid = parse_number(owner.gid);
  constexpr std::uint64_t most = INT64_MAX;
  if (!uid || !gid || *uid > most || *gid > most) {
    return std::unexpected("uid and gid are numbers");
  }
  const Perm perm{.regex = ".*",
                  .mode = "",
                  .uid = static_cast<std::int64_t>(*uid),
                  .gid = static_cast<std::int64_t>(*gid),
                  .uname = owner.uname,
                  .gname = owner.gname};
  return PathOptions{.rewrite = {}, .perms = std::vector{perm}};
}

go::Decoded decode_text(const go::Json& json, std::string& into) {
  if (json.kind() == go::Json::Kind::number) {
    into = json.number_text();
    return {};
  }
  return go::decode(json, into);
}

go::Decoded decode_paths(const go::Json& json, std::vector<StorePath>& into) {
  return go::decode_list<StorePath>(
      json, into, [](const go::Json& one, StorePath& path) { return go::decode(one, path.path); });
}

/// What is wrong with the paths themselves.
std::optional<std::string> find_fault(const DockerToolsConf& conf) {
  for (const auto& layer : conf.layers) {
    for (const StorePath& path : layer) {
      if (path.path.starts_with(store_folder)) continue;
      return cat("store_layers: \"", printable(path.path), "\" is not in ", store_folder);
    }
  }
  if (conf.layers.empty() && conf.customisation_layer.empty()) {
    return "store_layers and customisation_layer are missing: this is not a conf.json of "
           "dockerTools";
  }
  return std::nullopt;
}

LayerRecord customisation(const std::string& folder, const StoreView& store) {
  const std::string file = folder + "/layer.tar";
  const auto layer = oci::measure(FileSource(store.locate_file(file)).open(),
                                  std::string(oci::media_type::layer_tar));
  const std::string said(trim(read_described_file(store.locate_file(folder + "/checksum"))));
  if (said != layer.digest.hex()) {
    throw Error(ErrorKind::input, cat(printable(file, 300), " is ", layer.digest.str(),
                                      ", and its checksum says ", printable(said)));
  }
  return {.digest = layer.digest.str(),
          .size = static_cast<std::int64_t>(layer.size),
          .diff_id = layer.digest.str(),
          .paths = {},
          .media_type = layer.media_type,
          .layer_path = file,
          .history = oci::History{.created_by = "dockerTools: contents and extraCommands"}};
}

}  // namespace

Parsed<DockerToolsConf> parse_dockertools_conf(std::string_view json) {
  const auto parsed = go::Json::parse(json);
  if (!parsed) return std::unexpected(parsed.error());
  DockerToolsConf conf;
  Owner owner;
  const auto text = [](std::string& into) {
    return [&into](const go::Json& value) { return decode_text(value, into); };
  };
  const auto wrong = go::decode_object(
      *parsed, "conf.json",
      {{"config",
        [&](const go::Json& value) {
          conf.left_out = left_out_keys(value, oci::DockerKeys::kept);
          return conf.config.decode(value, oci::DockerKeys::kept);
        }},
       {"architecture", text(conf.architecture)},
       {"created", text(conf.created)},
       {"repo_tag", text(conf.repo_tag)},
       {"from_image", text(conf.from_image)},
       {"customisation_layer", text(conf.customisation_layer)},
       {"uid", text(owner.uid)},
       {"gid", text(owner.gid)},
       {"uname", text(owner.uname)},
       {"gname", text(owner.gname)},
       {"store_layers", [&](const go::Json& value) {
          return go::decode_list<std::vector<StorePath>>(value, conf.layers, decode_paths);
        }}});
  if (wrong) return std::unexpected(wrong->str());
  std::erase_if(conf.layers, [](const auto& layer) { return layer.empty(); });
  if (const auto fault = find_fault(conf)) return std::unexpected(*fault);
  if (conf.created == "now" || conf.created.empty()) conf.created = present_time();
  auto created = go::rewrite_rfc3339(conf.created);
  if (!created) return std::unexpected("created: " + created.error());
  conf.created = *std::move(created);
  if (owner.is_root()) return conf;
  const auto options = options_of(owner);
  if (!options) return std::unexpected(options.error());
  for (auto& layer : conf.layers) {
    for (StorePath& path : layer) path.options = *options;
  }
  return conf;
}

ImageRecord image_of(const DockerToolsConf& conf, const std::optional<ImageRecord>& base,
                     const StoreView& store, std::stop_token stop) {
  if (!conf.from_image.empty() && !base) {
    throw Error(ErrorKind::input,
                cat("from_image: ", printable(conf.from_image, 300), " is an archive"),
                "describe it first: n2c copy docker-archive:FILE dir:DIR, then n2c image-from-dir "
                "--with-config BASE.json DIR; and give --from-image BASE.json");
  }
  ImageRecord image{.container = conf.config, .arch = conf.architecture, .created = conf.created};
  if (image.arch.empty()) image.arch = oci::Platform::of_this_machine().architecture;
  image.layers.emplace();
  if (base) {
    if (base->layers) image.layers = base->layers;
    image.container = merge_configs({.env = base->container.env}, image.container);
  }
  for (LayerRecord& layer : build_layers(conf.layers, {.store = store}, std::move(stop))) {
    image.layers->push_back(std::move(layer));
  }
  if (!conf.customisation_layer.empty()) {
    image.layers->push_back(customisation(conf.customisation_layer, store));
  }
  return image;
}

}  // namespace n2c
