/// n2c image-from-dir, image-from-manifest, image-from-dockertools: an image.json of what others
/// made.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "console/output.h"
#include "describe/base_image.h"
#include "describe/dockertools_conf.h"

namespace n2c::cli {

namespace {

struct BaseImageArguments {
  std::string out, from, blobs, store_root;
  std::vector<std::string> ignored;  // docs/format.md H1.6
  bool with_config = false;
  BaseConfigUse config() const {
    return with_config ? BaseConfigUse::kept : BaseConfigUse::dropped;
  }
};

struct DockerToolsArguments {
  std::string conf, out = "-", from_image, store_root;
};

int run_dockertools(const DockerToolsArguments& arguments, const std::stop_token& stop) {
  const auto conf = or_throw(parse_dockertools_conf(read_description(arguments.conf)),
                             ErrorKind::input, printable(arguments.conf, 300));
  for (const std::string& told : conf.left_out) {
    terminal::say(cat(printable(arguments.conf, 300), ": config.", told));
  }
  std::optional<ImageRecord> base;
  if (!arguments.from_image.empty()) {
    base = read_image_json(arguments.from_image);
    if (base->layers) {
      at_place(printable(arguments.from_image, 300), [&] { require_sound(*base->layers); });
    }
  }
  const ImageRecord image = at_place(printable(arguments.conf, 300), [&] {
    return image_of(conf, base, {.root = arguments.store_root}, stop);
  });
  require_sound(image.container);
  if (arguments.out == "-") {
    terminal::print_json(image_json(image));
    return 0;
  }
  write_output(arguments.out, image_json(image));
  terminal::say(cat("Image has been written to ", arguments.out, "; dockerTools calls it ",
                    printable(conf.repo_tag)));
  return 0;
}

void take_store_root(CLI::App& command, std::string& store_root) {
  command.add_option("--store-root", store_root, "read /nix/store/… below this folder");
}

int write_base_image(const BaseImageArguments& arguments, const ImageRecord& image) {
  at_place(printable(arguments.from), [&] { require_sound(image.container); });
  write_output(arguments.out, image_json(image));
  terminal::say("Image has been written to " + arguments.out);
  return 0;
}

void add_base_image_options(CLI::App& command, BaseImageArguments& arguments) {
  command.add_option("IGNORED", arguments.ignored)->group("");
  command.add_flag("--with-config", arguments.with_config,
                   "keep the base's config, architecture and history");
  take_store_root(command, arguments.store_root);
}

void add_image_from_dir(CLI::App& command, Invocation& chosen) {
  const auto arguments = std::make_shared<BaseImageArguments>();
  command.add_option("OUT", arguments->out, "the image.json to write")->required();
  command.add_option("DIR", arguments->from, "a folder that `skopeo copy … dir:DIR` wrote")
      ->required();
  add_base_image_options(command, *arguments);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token&) {
      return write_base_image(*arguments,
                              image_from_dir(arguments->from, {.root = arguments->store_root},
                                             terminal::say, arguments->config()));
    };
  });
}

void add_image_from_manifest(CLI::App& command, Invocation& chosen) {
  const auto arguments = std::make_shared<BaseImageArguments>();
  command.add_option("OUT", arguments->out, "the image.json to write")->required();
  command.add_option("MANIFEST", arguments->from, "an image's manifest (OCI or Docker schema 2)")
      ->required();
  command
      .add_option("BLOBS", arguments->blobs,
                  "JSON object: hex digest (no \"sha256:\") of each blob, and its file")
      ->required();
  add_base_image_options(command, *arguments);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token&) {
      return write_base_image(*arguments, image_from_manifest(arguments->from, arguments->blobs,
                                                              {.root = arguments->store_root},
                                                              terminal::say, arguments->config()));
    };
  });
}

void add_image_from_dockertools(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<DockerToolsArguments>();
  CLI::App& command = *app.add_subcommand("image-from-dockertools",
                                          "Describe what dockerTools' streamLayeredImage makes: "
                                          "the same store paths in the same layers");
  command.group("Building");
  command
      .add_option("CONF.json", arguments->conf,
                  "dockerTools' conf.json, which streamLayeredImage's script reads")
      ->required();
  command.add_option("OUT", arguments->out, "the image.json to write (default: standard output)");
  command.add_option("--from-image", arguments->from_image,
                     "image.json of the base image that CONF.json names as from_image");
  take_store_root(command, arguments->store_root);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token& stop) {
      return run_dockertools(*arguments, stop);
    };
  });
}

}  // namespace

void add_base_image_commands(CLI::App& app, Invocation& chosen) {
  add_image_from_dir(add_build_command(app, "image-from-dir",
                                       "Describe a base image from skopeo's dir: folder", chosen),
                     chosen);
  add_image_from_manifest(
      add_build_command(app, "image-from-manifest",
                        "Describe a base image from its manifest and a map of its blobs", chosen),
      chosen);
  add_image_from_dockertools(app, chosen);
}

}  // namespace n2c::cli
