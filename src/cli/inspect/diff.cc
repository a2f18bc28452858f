/// n2c diff: what differs between two images, and what a push of the second sends.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/inspect/compared.h"
#include "cli/inspect/image_maps.h"
#include "console/json_object.h"
#include "console/layer_bars.h"
#include "console/output.h"

namespace n2c::cli {

namespace {

struct DiffArguments {
  PlaceArguments before, after;  ///< `after` holds the options too
  std::string closure_graph, map;
  bool json = false;
};

constexpr std::string_view word_of(PathChange::Kind kind) {
  switch (kind) {
    case PathChange::Kind::came: return "came";
    case PathChange::Kind::went: return "went";
    case PathChange::Kind::changed: return "changed";
    case PathChange::Kind::moved: return "moved";
  }
  return "";
}

go::Json layers_json(const std::vector<std::size_t>& places, const Compared& image) {
  go::Json layers(go::Json::Array{});
  for (const std::size_t place : places) {
    go::Json layer;
    layer.set("layer", go::Json(std::uint64_t{place + 1}));
    layer.set("diff_id", image.layers[place].diff_id);
    layers.push(std::move(layer.set("size", go::Json(image.layers[place].size))));
  }
  return layers;
}

void print_diff_json(const DiffArguments& arguments, const ImageDiff& diff, const Compared& before,
                     const Compared& after) {
  go::Json json;
  json.set("command", "diff");
  json.set("old", arguments.before.image).set("new", arguments.after.image);
  json.set("new_layers", layers_json(diff.sent, after));
  json.set("gone_layers", layers_json(diff.gone, before));
  json.set("layers", go::Json(std::uint64_t{after.layers.size()}));
  json.set("size_to_send", go::Json(diff.sent_size));
  if (before.has_paths && after.has_paths) {
    go::Json why;
    why.set("changed", go::Json(diff.why.changed)).set("referring", go::Json(diff.why.referring));
    json.set("why", std::move(why.set("unchanged", go::Json(diff.why.unchanged))));
    go::Json paths(go::Json::Array{});
    for (const PathChange& change : diff.paths) {
      go::Json path;
      path.set("change", std::string(word_of(change.kind))).set("path", change.path);
      if (!change.before.empty()) path.set("before", change.before);
      path.set("layer", go::Json(std::uint64_t{change.layer + 1}));
      path.set("size", go::Json(change.size));
      paths.push(std::move(path.set("refers_to_changed", go::Json(change.refers_to_changed))));
    }
    json.set("paths", std::move(paths));
  }
  print_object("n2c.diff/1", json, JsonForm::indented);
}

std::string headline(const ImageDiff& diff, const Compared& before, const Compared& after) {
  const std::size_t kept = after.layers.size() - diff.sent.size();
  const std::string layers = layer_count(after.layers.size());
  if (diff.sent.empty()) {
    const bool is_same = diff.gone.empty() && before.layers.size() == after.layers.size();
    return is_same ? cat("nothing to send: both have the same ", layers)
                   : cat("nothing to send: the old image has each of the ", layers);
  }
  return cat(diff.sent.size(), " of ", layers, " to send, ", brief_bytes(diff.sent_size),
             after.is_plain ? " before compression" : "", "; ", kept, " unchanged");
}

void print_paths(const ImageDiff& diff, bool has_closure) {
  if (!diff.sent.empty()) {
    terminal::print("");
    terminal::print("why, by the bytes of store paths in these layers:");
    const auto line = [](std::uint64_t bytes, std::string_view words) {
      terminal::print(fmt::format("{:>12}  {}", brief_bytes(bytes), words));
    };
    line(diff.why.changed, "changed");
    if (has_closure) line(diff.why.referring, "refer to what changed");
    line(diff.why.unchanged, "unchanged, but in a layer that changed");
  }
  if (!diff.paths.empty()) terminal::print("");
  for (const PathChange& change : diff.paths) {
    std::string text = printable(name_of_store_path(change.path));
    if (!change.before.empty() &&
        name_of_store_path(change.before) != name_of_store_path(change.path)) {
      text = cat(printable(name_of_store_path(change.before)), " -> ", text);
    }
    terminal::print(fmt::format("{:<8} {:>10}  layer {:>3}  {}{}", word_of(change.kind),
                                change.size == 0 ? "?" : brief_bytes(change.size), change.layer + 1,
                                text, change.refers_to_changed ? " (refers to what changed)" : ""));
  }
}

int run_diff(DiffArguments arguments, bool debug, const std::stop_token& stop) {
  arguments.before.store_root = arguments.after.store_root;
  arguments.before.platform = arguments.after.platform;
  arguments.before.registry = arguments.after.registry;
  const Address old_address = place_of(arguments.before.image);
  const Address new_address = place_of(arguments.after.image);
  const bool are_remote =
      old_address.kind == Address::Kind::registry && new_address.kind == Address::Kind::registry;
  if (are_remote && !arguments.after.registry.creds.empty()) {
    throw Error(ErrorKind::usage, "--creds names one login, and both images are in registries",
                "n2c login keeps one for each");
  }
  if (new_address.kind == Address::Kind::registry) arguments.before.registry.creds.clear();
  if (old_address.kind == Address::Kind::registry) arguments.after.registry.creds.clear();
  const Compared before = compared_layers(arguments.before, debug, stop);
  const Compared after = compared_layers(arguments.after, debug, stop);
  Closure closure;
  if (!arguments.closure_graph.empty()) closure = read_closure_graph(arguments.closure_graph);
  const ImageDiff diff = diff_images(before.layers, after.layers, closure);
  if (!arguments.map.empty()) {
    if (!before.has_paths || !after.has_paths) {
      throw Error(ErrorKind::usage, "--map draws store paths, which only image.json files have");
    }
    write_output(arguments.map, layer_map_svg(map_of_diff(arguments.before.image,
                                                          arguments.after.image, diff, after)));
  }
  if (arguments.json) {
    print_diff_json(arguments, diff, before, after);
    return 0;
  }
  terminal::print(headline(diff, before, after));
  if (before.has_paths && after.has_paths) {
    print_paths(diff, !arguments.closure_graph.empty());
  } else {
    for (const std::size_t place : diff.sent) {
      terminal::print(fmt::format("new      {:>10}  layer {:>3}  {}",
                                  brief_bytes(after.layers[place].size), place + 1,
                                  printable(after.layers[place].diff_id)));
    }
  }
  return 0;
}

}  // namespace

void add_diff_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<DiffArguments>();
  CLI::App& command =
      *app.add_subcommand("diff", "Show what differs between two images, and what a push sends");
  command
      .add_option("OLD", arguments->before.image,
                  "the image that is there: an image.json, a reference or an address, as for "
                  "inspect")
      ->required();
  command.add_option("NEW", arguments->after.image, "the image to compare with it")->required();
  command.add_option("--closure-graph", arguments->closure_graph,
                     "NEW's closure graph, as the layers commands take it: distinguishes what "
                     "changed from what only refers to it");
  command.add_flag("--json", arguments->json, "print JSON");
  command.add_option("--map", arguments->map,
                     "also draw NEW's layers and store paths into this SVG file");
  command.add_option("--platform", arguments->after.platform,
                     "OS/ARCHITECTURE[/VARIANT]: this image of an index (default: this machine's)");
  command.add_option("--store-root", arguments->after.store_root,
                     "read /nix/store/… below this folder");
  add_registry_options(command, arguments->after.registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_diff(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
