/// layers-from-… and image, flag for flag as upstream's nix2container has them (docs/format.md H).

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <unordered_set>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/line/layer_progress.h"
#include "cli/transfer_options.h"
#include "console/output.h"
#include "describe/base_image.h"
#include "describe/closure.h"
#include "describe/config_keys.h"
#include "describe/file_findings.h"
#include "describe/inspection.h"
#include "describe/layer_builder.h"
#include "describe/layer_plan.h"
#include "describe/path_size.h"
#include "describe/size_strategy.h"
#include "go/rfc3339.h"
#include "go/strconv.h"
#include "image/file_rules.h"
#include "image/image_json.h"

namespace n2c::cli {

namespace {

struct LayersArguments {
  std::string out, graph, ignore, rewrites, perms, history, max_layers = "1";
  std::string tar_directory, compressor = "none", strategy = "popularity", store_root, layer_lists;
  std::string progress = "auto";
  std::vector<std::string> parents, tars;
  bool strict_perms = false, strict_roots = false;
};

struct ImageArguments {
  std::string out, config, from_image, arch, store_root;
  std::string created = "0001-01-01T00:00:00Z";
  std::vector<std::string> layers, annotations;
  bool merge_base_config = false, keep_docker_keys = false;
  oci::DockerKeys docker_keys() const {
    return merge_base_config || keep_docker_keys ? oci::DockerKeys::kept
                                                 : oci::DockerKeys::passed_over;
  }
};

/// Reads the flag's file and gives it to `parse`; "" is as if the flag were not given.
template <class Parse>
auto read_with(const std::string& file, const Parse& parse) {
  return or_throw(parse(read_description(file)), ErrorKind::input, printable(file));
}

using ReadRules = std::optional<std::string> (*)(std::string_view, SelectionRules&);

void read_rules(const std::string& file, ReadRules read, SelectionRules& rules) {
  if (file.empty()) return;
  if (const auto wrong = read(read_description(file), rules)) {
    throw Error(ErrorKind::input, cat(printable(file), ": ", *wrong));
  }
}

void refuse_unclear_modes(const SelectionRules& rules, const std::string& file) {
  for (const auto& [path, perm] : rules.perms) {
    if (has_plain_mode(perm)) continue;
    throw Error(ErrorKind::input,
                cat(printable(file), ": the mode \"", printable(perm.mode), "\" of ",
                    printable(path), " is not one to seven octal digits"),
                "write it like \"0755\"; without --strict-perms it is read as C's %o does");
  }
}

oci::History read_history(const std::string& file) {
  oci::History history;
  if (file.empty()) return history;
  const go::Json json = read_with(file, go::Json::parse_as_go);
  if (const auto wrong = history.decode(json)) {
    throw Error(ErrorKind::input, cat(printable(file), ": ", wrong->str()));
  }
  return history;
}

std::int64_t max_layers_of(const std::string& text) {
  auto number = go::parse_int(text);
  if (!number) throw Error(ErrorKind::usage, cat("--max-layers: ", number.error()));
  return *number;
}

/// Where the layers' files go: into --tar-directory, or beside OUT when they are compressed.
std::string folder_for_layers(const LayersArguments& arguments, const Compression& compression) {
  if (!arguments.tar_directory.empty() || compression.codec == Codec::none) {
    return arguments.tar_directory;
  }
  return std::filesystem::absolute(arguments.out).parent_path().string();
}

std::vector<std::vector<StorePath>> split_paths(const LayersArguments& arguments,
                                                std::vector<StorePath> paths,
                                                const Closure& closure, const StoreView& store,
                                                const std::stop_token& stop) {
  if (const std::string& file = arguments.layer_lists; !file.empty()) {
    std::vector<std::string> named;
    for (const Closure::Node& node : closure.nodes) named.push_back(node.path);
    return or_throw(split_by_lists(std::move(paths), read_with(file, read_layer_lists), named),
                    ErrorKind::input, printable(file));
  }
  const std::int64_t max_layers = max_layers_of(arguments.max_layers);
  if (arguments.strategy == "popularity") return split_by_order(std::move(paths), max_layers);
  std::vector<std::string> names;
  for (const StorePath& path : paths) names.push_back(path.path);
  std::vector<std::uint64_t> sizes;
  for (const auto& size : path_sizes(names, store, stop)) sizes.push_back(size.value_or(0));
  return split_by_size(paths, sizes, closure, max_layers);
}

/// The tars' entries come last in the topmost layer, above all files.
void add_tars(const std::vector<std::string>& tars, std::vector<std::vector<StorePath>>& layers) {
  if (tars.empty()) return;
  if (layers.empty()) layers.emplace_back();
  for (const std::string& tar : tars) {
    layers.back().push_back({.path = tar, .options = {}, .is_tar = true});
  }
}

/// Warns of options that do nothing and of roots that take files from each other; refuses such
/// roots with --strict-roots. `ordered` is the closure.
void examine_files(const LayersArguments& arguments,
                   const std::vector<std::vector<StorePath>>& layers,
                   const std::vector<std::string>& ordered, const SelectionRules& rules) {
  const StoreView store{.root = arguments.store_root};
  std::vector<StorePath> paths;
  for (const auto& layer : layers) paths.insert(paths.end(), layer.begin(), layer.end());
  std::vector<std::string> named;
  for (const auto& [path, perm] : rules.perms) named.push_back(path);
  std::vector<std::string> warnings = find_idle_perms(paths, ordered, named, store);
  std::ranges::move(find_nameless_roots(paths, store), std::back_inserter(warnings));
  const auto clashes = sentences_of(find_root_clashes(paths, store));
  if (arguments.strict_roots && !clashes.empty()) {
    throw Error(ErrorKind::input, clashes.front(),
                "leave the file out of one of them; without --strict-roots this is a warning");
  }
  std::ranges::copy(clashes, std::back_inserter(warnings));
  for (const std::string& warning : warnings) terminal::say("warning: " + warning);
}

/// What a layers.json holds, checked.
std::vector<LayerRecord> read_layers(const std::string& file) {
  auto layers = read_with(file, parse_layers_json);
  at_place(printable(file), [&] { require_sound(layers); });
  return layers;
}

/// Files are read in the order of docs/format.md H3.1, which decides what the first error is.
int run_layers(const LayersArguments& arguments, const std::stop_token& stop) {
  const StoreView store{.root = arguments.store_root};
  max_layers_of(arguments.max_layers);  // before any file is looked at
  const Compression compression =
      or_throw(Compression::parse(arguments.compressor), ErrorKind::usage, "--compressor");
  const Closure closure = read_closure_graph(arguments.graph);
  std::vector<std::string> ordered;
  for (const std::size_t id : by_popularity(closure)) ordered.push_back(closure.nodes[id].path);
  std::vector<LayerRecord> parents;
  for (const std::string& file : arguments.parents) {
    std::ranges::move(read_layers(file), std::back_inserter(parents));
  }
  SelectionRules rules{.ignore = arguments.ignore};
  read_rules(arguments.perms, read_perms, rules);
  if (arguments.strict_perms) refuse_unclear_modes(rules, arguments.perms);
  read_rules(arguments.rewrites, read_rewrites, rules);
  const LayerBuild build{.store = store,
                         .history = read_history(arguments.history),
                         .keep_in = folder_for_layers(arguments, compression),
                         .compression = compression};
  auto paths = select_paths(ordered, rules, parents, terminal::say);
  for (const std::string& warning : find_warnings(paths)) terminal::say("warning: " + warning);
  auto split = split_paths(arguments, std::move(paths), closure, store, stop);
  add_tars(arguments.tars, split);
  const auto write = [&](const std::vector<LayerRecord>& layers) {
    examine_files(arguments, split, ordered, rules);  // behind what upstream refuses
    for (const LayerRecord& layer : layers) {
      terminal::say(cat("Adding ", layer.paths->size(), " paths to layer (size:", layer.size,
                        " digest:", layer.digest, ")"));
    }
    write_output(arguments.out, layers_json(layers));
  };
  build_layers_shown(split, build, {closure, arguments.progress}, write, stop);
  terminal::say("Layers have been written to " + arguments.out);
  return 0;
}

std::string created_of(const std::string& text) {
  auto time = go::rewrite_rfc3339(text);
  if (!time) {
    throw Error(ErrorKind::usage, cat("--created: ", time.error()));
  }
  return *time;
}

oci::ContainerConfig read_config(const std::string& file, oci::DockerKeys docker_keys) {
  terminal::say("Getting image configuration from " + file);
  const go::Json json = read_with(file, go::Json::parse_as_go);
  if (json.find("rootfs") != nullptr && json.find("config") != nullptr) {
    throw Error(
        ErrorKind::input,
        cat(printable(file), " is a whole OCI image config; its member \"config\" belongs here"),
        "jq .config takes it out");
  }
  if (json.as_array() != nullptr) {
    throw Error(
        ErrorKind::input,
        cat(printable(file), ": an object (an image config) is due, and this is a list"),
        "is it a layers.json? the config comes first: n2c image OUT CONFIG.json LAYERS.json");
  }
  oci::ContainerConfig config;
  if (const auto wrong = config.decode(json, docker_keys)) {
    throw Error(ErrorKind::input, cat(printable(file), ": ", wrong->str()));
  }
  if (const auto fault = find_fault(config.docker)) {
    throw Error(ErrorKind::input, cat(printable(file), ": ", *fault));
  }
  for (const std::string& told : left_out_keys(json, docker_keys)) {
    terminal::say(cat(printable(file), ": ", told));
  }
  return config;
}

/// What an unknown key asks for would be missing in the image, and the push end on another digest.
void refuse_unknown_options(const std::string& file, const std::vector<LayerRecord>& layers) {
  at_place(printable(file), [&] {
    for (const LayerRecord& layer : layers) {
      const bool is_made_anew = layer.layer_path.empty() && layer.paths;
      if (is_made_anew) require_known_options(*layer.paths);
    }
  });
}

int run_image(const ImageArguments& arguments) {
  ImageRecord image{.arch = arguments.arch,
                    .created = created_of(arguments.created),
                    .annotations = image_annotations_of(arguments.annotations)};
  image.container = read_config(arguments.config, arguments.docker_keys());
  image.layers.emplace();
  if (!arguments.from_image.empty()) {
    ImageRecord base = read_image_json(arguments.from_image);
    if (base.layers) image.layers = std::move(base.layers);
    at_place(printable(arguments.from_image), [&] { require_sound(*image.layers); });
    refuse_unknown_options(arguments.from_image, *image.layers);
    terminal::say(cat("Using base image ", arguments.from_image, " containing ",
                      image.layers->size(), " layers"));
    if (arguments.merge_base_config) {
      merge_base_config(image, base, {.root = arguments.store_root}, terminal::say);
    }
  } else if (arguments.merge_base_config) {
    throw Error(ErrorKind::usage, "--merge-base-config: there is no --from-image to merge");
  }
  std::unordered_set<std::string> digests;  // docs/format.md G1.3
  for (const LayerRecord& layer : *image.layers) digests.insert(layer.digest);
  for (const std::string& file : arguments.layers) {
    std::vector<LayerRecord> layers = read_layers(file);
    refuse_unknown_options(file, layers);
    for (LayerRecord& layer : layers) {
      if (!digests.insert(layer.digest).second) continue;
      terminal::say(cat("Adding layer ", layer.digest, " from ", file));
      if (!image.history.empty()) image.history.push_back(layer.history);
      image.layers->push_back(std::move(layer));
    }
  }
  require_sound(image.container);
  for (const std::string& cost : costs_of_layers(weights_of(*image.layers))) {
    terminal::say(cat("n2c: ", cost));
  }
  write_output(arguments.out, image_json(image));
  terminal::say("Image has been written to " + arguments.out);
  return 0;
}

void add_store_root(CLI::App& command, std::string& store_root) {
  command.add_option("--store-root", store_root, "read /nix/store/… below this folder");
}

void add_layers_command(CLI::App& command, Invocation& chosen, bool keeps_tars) {
  const auto arguments = std::make_shared<LayersArguments>();
  command.add_option("OUT", arguments->out, "the layers.json to write")->required();
  command
      .add_option("CLOSURE-GRAPH", arguments->graph,
                  "JSON array of {path, references}: the store paths to put into layers")
      ->required();
  command.add_option("PARENT-LAYERS", arguments->parents,
                     "layers.json files whose paths are left out");
  command.add_option("--tars", arguments->tars,
                     "an uncompressed tar whose entries go above the paths, with their owners, "
                     "modes and attributes (repeatable)");
  command.add_option("--ignore", arguments->ignore, "leave this store path out");
  command.add_option("--rewrites", arguments->rewrites,
                     "JSON array of {path, regex, repl}: where a path's files go");
  command.add_option("--perms", arguments->perms,
                     "JSON array of {path, regex, mode, orMode, uid, gid, uname, gname, "
                     "capabilities}");
  command.add_flag("--strict-perms", arguments->strict_perms,
                   "refuse modes that are not one to seven octal digits, such as 0o755");
  command.add_flag("--strict-roots", arguments->strict_roots,
                   "refuse paths that bring the same file with different content");
  command.add_option("--history", arguments->history, "JSON object: the layers' history entry");
  auto* const max_layers = command.add_option(
      "--max-layers", arguments->max_layers,
      "at most this many layers, the last of which takes the rest; 0: one for each path");
  max_layers->capture_default_str();
  if (keeps_tars) {
    command.add_option("--tar-directory", arguments->tar_directory,
                       "keep the layers' tars in this folder");
  }
  command
      .add_option("--compressor", arguments->compressor,
                  "keep the layers compressed, in --tar-directory or beside OUT: gzip[:0-2], "
                  "zstd[:1-19]")
      ->capture_default_str();
  auto* const strategy =
      command.add_option("--layer-strategy", arguments->strategy,
                         "popularity: the paths that most others need get a layer each, as in "
                         "nix2container; size: paths are grouped so that a change sends few bytes "
                         "(for 142 paths in 100 layers, 5 MiB on average instead of 146)");
  strategy->check(CLI::IsMember({"popularity", "size"}))->capture_default_str();
  command
      .add_option(
          "--layers-json", arguments->layer_lists,
          "JSON array of arrays of store paths: those of each layer, lowest first; one more "
          "layer takes the rest")
      ->excludes(max_layers)
      ->excludes(strategy);
  add_progress_style(command, arguments->progress);
  add_store_root(command, arguments->store_root);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token& stop) {
      return run_layers(*arguments, stop);
    };
  });
}

void add_image_command(CLI::App& command, Invocation& chosen) {
  const auto arguments = std::make_shared<ImageArguments>();
  arguments->arch = oci::Platform::of_this_machine().architecture;
  command.add_option("OUT", arguments->out, "the image.json to write")->required();
  command
      .add_option("CONFIG", arguments->config,
                  "JSON object: Cmd, Env and so on, the member config of an OCI image config")
      ->required();
  command.add_option("LAYERS", arguments->layers, "layers.json files, lowest first")->required();
  command.add_option(
      "--from-image", arguments->from_image,
      "image.json of a base image, whose layers go below (its config is not inherited)");
  command.add_flag(
      "--merge-base-config", arguments->merge_base_config,
      "inherit the base image's config where CONFIG does not set it, as Docker's FROM does");
  command.add_flag("--keep-docker-keys", arguments->keep_docker_keys,
                   "keep the keys that Docker's config has and OCI's has not: Healthcheck, "
                   "OnBuild, Shell, StopTimeout (--merge-base-config keeps them too)");
  command.add_option("--arch", arguments->arch, "the processor, by Go's name")
      ->capture_default_str();
  command.add_option("--created", arguments->created, "the image's creation time (RFC 3339)")
      ->capture_default_str();
  command.add_option("--annotation", arguments->annotations,
                     "KEY=VALUE is for the image's manifest, wherever it goes (repeatable)");
  add_store_root(command, arguments->store_root);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token&) { return run_image(*arguments); };
  });
}

}  // namespace

CLI::App& add_build_command(CLI::App& app, const char* word, const char* purpose,
                            Invocation& chosen) {
  CLI::App& command = *app.add_subcommand(word, purpose);
  command.group("Building");
  command.preparse_callback([&chosen](std::size_t) { chosen.is_build_command = true; });
  return command;
}

void add_build_commands(CLI::App& app, Invocation& chosen) {
  add_layers_command(
      add_build_command(app, "layers-from-reproducible-storepaths",
                        "Describe layers that can be made again from their store paths", chosen),
      chosen, false);
  add_layers_command(add_build_command(app, "layers-from-non-reproducible-storepaths",
                                       "Describe layers and keep their tars", chosen),
                     chosen, true);
  add_image_command(
      add_build_command(app, "image", "Describe an image: a config and layers", chosen), chosen);
}

}  // namespace n2c::cli
