/// n2c inspect: what an image is, wherever it is.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/inspect/compared.h"
#include "cli/inspect/described.h"
#include "cli/inspect/image_maps.h"
#include "cli/inspect/place.h"
#include "cli/transfer_options.h"
#include "console/json_object.h"
#include "console/layer_bars.h"
#include "console/output.h"
#include "go/text_template.h"

namespace n2c::cli {

namespace {

struct InspectArguments {
  PlaceArguments place;
  DescribedArguments described;
  std::string format, map;
  bool raw = false, config = false, skopeo = false, no_tags = false;
};

void draw_map(const InspectArguments& arguments, bool debug, const std::stop_token& stop) {
  const Compared image = compared_layers(arguments.place, debug, stop);
  if (!image.has_paths) {
    throw Error(ErrorKind::usage, "--map draws store paths, which only an image.json has");
  }
  write_output(arguments.map, layer_map_svg(map_of_image(arguments.place.image, image)));
}

/// With four spaces a level, as skopeo's are.
std::string with_spaces(const go::Json& json) {
  std::string made;
  const std::string text = json.indented();
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t tabs = std::min(line.find_first_not_of('\t'), line.size());
    made += cat(made.empty() ? "" : "\n", std::string(tabs * 4, ' '), line.substr(tabs));
  }
  return made;
}

/// Whether a template asks for the whole of what it is given.
bool names_all(std::string_view format) {
  return format.contains("json .}") || format.contains("{{.}}");
}

/// The bytes as they are: on a terminal made fit for it, elsewhere without a line end.
void print_raw(std::string_view json) {
  if (terminal::output_is_terminal()) return terminal::print_json(json);
  terminal::Output("JSON").write(bytes_of(json));
}

/// What a template says of an image may be in its config alone.
OpenPlace::Asked asked_by(const InspectArguments& arguments) {
  const bool is_of_manifest = arguments.format.empty() || arguments.format.contains("Digest") ||
                              arguments.format.contains("Layers") || names_all(arguments.format);
  return arguments.config || !is_of_manifest ? OpenPlace::Asked::config
                                             : OpenPlace::Asked::manifest;
}

std::vector<std::string> tags_of(const InspectArguments& arguments, OpenPlace& place,
                                 std::stop_token stop) {
  const bool is_wanted = arguments.format.empty() || arguments.format.contains("RepoTags") ||
                         names_all(arguments.format);
  const Address& address = place.address();
  if (arguments.no_tags || !is_wanted || address.kind != Address::Kind::registry) return {};
  auto client = place.registries().client(address.reference->repository, registry::Access::pull);
  return client.list_tags(std::move(stop)).value_or(std::vector<std::string>{});
}

/// In a template, a map or list that is not there is an empty one.
go::Json filled_in(const go::Json& json) {
  go::Json made;
  for (const auto& [key, value] : *json.as_object()) {
    const bool is_map = key == "Labels";
    const bool is_list = key == "Env";
    const go::Json empty = is_map ? go::Json(go::Json::Object{}) : go::Json(go::Json::Array{});
    made.set(key, value.is_null() && (is_map || is_list) ? empty : value);
  }
  return made;
}

void print_as_skopeo(const InspectArguments& arguments, OpenPlace& place, std::stop_token stop) {
  const ImageSummary summary = place.summary(asked_by(arguments), stop);
  const auto& reference = place.address().reference;
  go::Json json = arguments.config
                      ? config_of(summary)
                      : skopeo_json_of(summary, reference ? reference->repository.str() : "",
                                       tags_of(arguments, place, stop));
  if (arguments.format.empty()) return print_lines(with_spaces(json));
  if (!arguments.config) json = filled_in(json);
  print_lines(or_throw(go::execute_template(arguments.format, json), ErrorKind::usage, "--format"));
}

void print_layers(const ImageSummary& summary) {
  const auto& layers = summary.manifest->layers;
  std::vector<LayerBar> bars;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    bars.push_back({.place = i + 1, .size = layers[i].size});
    total += layers[i].size;
  }
  for (const std::string& line : layer_table(std::move(bars), total, page_columns())) {
    terminal::print(line);
  }
}

void print_summary(const ImageSummary& summary) {
  terminal::print(cat(printable(summary.place, 600), " @", summary.root.descriptor.digest.str()));
  terminal::print(printable(summary.root.descriptor.media_type));
  if (summary.index) {
    for (const oci::Descriptor& one : summary.index->manifests) {
      const std::string platform = one.platform ? printable(one.platform->str(), 60) : "-";
      terminal::print(fmt::format("  {:<16} {}", platform, one.digest.str()));
    }
  }
  if (!summary.image) return;
  const go::Json image = *json_of(summary).find("image");
  terminal::print("");
  print_layers(summary);
  terminal::print("");
  terminal::print(cat(
      printable(image.text_at("platform"), 60), ", created ",
      image.text_at("created").empty() ? "at no time" : printable(image.text_at("created"), 60)));
  for (const auto& [section, before] :
       {std::pair{"config", "  "}, {"annotations", "  annotation "}}) {
    const auto* members = image.find(section)->as_object();
    if (members == nullptr) continue;
    for (const auto& [key, value] : *members) {
      if (value.is_null()) continue;
      terminal::print(cat(before, printable(key), ": ", printable(value.compact(), 400)));
    }
  }
}

void print_stored_json(OpenPlace& place, const std::stop_token& stop) {
  const ImageSummary summary = place.summary(OpenPlace::Asked::manifest, stop);
  go::Json json;
  json.set("command", "inspect");
  json.set("reference", pasteable(place.address(), summary.root.descriptor.digest));
  const go::Json facts = json_of(summary);
  for (const auto& [key, value] : *facts.as_object()) json.set(key, value);
  print_object("n2c.image/1", json, JsonForm::indented);
}

int run_inspect(const InspectArguments& arguments, bool debug, std::stop_token stop) {
  const bool is_template = arguments.skopeo || !arguments.format.empty();
  const bool is_plain = !is_template && !arguments.raw && !arguments.config;
  if (!arguments.map.empty()) draw_map(arguments, debug, stop);
  if (is_plain && place_of(arguments.place.image).kind == Address::Kind::image_json) {
    DescribedArguments described = arguments.described;
    described.image = place_of(arguments.place.image).path.string();
    described.store_root = arguments.place.store_root;
    return inspect_described(described, stop);
  }
  if (arguments.described.what_if || !arguments.described.closure_graph.empty()) {
    throw Error(ErrorKind::usage, "--what-if is asked of an image.json");
  }
  if (arguments.described.layer != 0) {
    throw Error(ErrorKind::usage,
                "--layer is asked of an image.json: a registry does not know "
                "the store paths of layers");
  }
  OpenPlace place(arguments.place, debug);
  if (arguments.raw) {
    const ImageSummary summary = place.summary(asked_by(arguments), stop);
    if (arguments.config) config_of(summary);
    // Of an index, --platform asks for one image's manifest.
    const bool is_chosen = !arguments.place.platform.empty() && summary.image;
    const oci::RawManifest& manifest = is_chosen ? *summary.image : summary.root;
    print_raw(arguments.config ? summary.config_json : manifest.json);
  } else if (is_template || arguments.config) {
    print_as_skopeo(arguments, place, stop);
  } else if (arguments.described.json) {
    print_stored_json(place, stop);
  } else {
    print_summary(place.summary(OpenPlace::Asked::manifest, stop));
  }
  return 0;
}

void add_inspect_options(CLI::App& command, InspectArguments& arguments) {
  add_place_options(command, arguments.place);
  auto* json = command.add_flag("--json", arguments.described.json, "print JSON");
  auto* raw =
      command
          .add_flag("--raw", arguments.raw,
                    "print the manifest or index unchanged; with --config, the config unchanged")
          ->excludes(json);
  command.add_flag("--config", arguments.config, "print the image's config")->excludes(json);
  command
      .add_option(
          "--format", arguments.format,
          "print this Go template of skopeo's fields: .Name .Digest .RepoTags .Created .Labels "
          ".Architecture .Os .Layers .LayersData .Env; with --config, of the config's fields")
      ->excludes(json)
      ->excludes(raw);
  command.add_flag("--skopeo", arguments.skopeo, "print the JSON of skopeo inspect")
      ->excludes(json)
      ->excludes(raw);
  command.add_flag("--no-tags", arguments.no_tags, "do not fetch the list of tags for .RepoTags");
  command.add_option("--map", arguments.map,
                     "for an image.json: also draw its layers and store paths into this SVG file");
  command
      .add_option("--layer", arguments.described.layer,
                  "for an image.json: list the store paths of layer N, with their sizes")
      ->check(CLI::Range(1, 1'000'000));
  command.add_flag(
      "--what-if", arguments.described.what_if,
      "for an image.json: how many bytes a change of one path sends, on average and at most");
  command.add_option("--closure-graph", arguments.described.closure_graph,
                     "for --what-if: the closure graph that the layers commands take");
}

}  // namespace

void add_inspect_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<InspectArguments>();
  CLI::App& command = *app.add_subcommand(
      "inspect", "Show an image's layers, platforms, config and digest, wherever it is");
  add_inspect_options(command, *arguments);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_inspect(*arguments, chosen.debug, std::move(stop));
    };
  });
}

}  // namespace n2c::cli
