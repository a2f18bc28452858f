/// n2c image-from-dockertools: an image.json of what dockerTools' streamLayeredImage describes.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "console/output.h"
#include "describe/dockertools_conf.h"

namespace n2c::cli {

namespace {

struct DockerToolsArguments {
  std::string conf, out = "-", from_image, store_root;
};

int run_dockertools(const DockerToolsArguments& arguments, const std::stop_token& stop) {
  const auto conf = or_throw(parse_dockertools_conf(read_description(arguments.conf)),
                             ErrorKind::input, printable(arguments.conf, 300));
  std::optional<ImageRecord> base;
  if (!arguments.from_image.empty()) {
    base = or_throw(parse_image_json(read_description(arguments.from_image)), ErrorKind::input,
                    printable(arguments.from_image, 300));
    if (base->layers) {
      with_context(printable(arguments.from_image, 300), [&] { require_sound(*base->layers); });
    }
  }
  const ImageRecord image = with_context(printable(arguments.conf, 300), [&] {
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

}  // namespace

void add_dockertools_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<DockerToolsArguments>();
  CLI::App& command = *app.add_subcommand("image-from-dockertools",
                                          "Describe what dockerTools' streamLayeredImage makes: "
                                          "the same store paths in the same layers");
  command.group("Building");
  command.add_option("CONF.json", arguments->conf, "the file that its script is given")->required();
  command.add_option("OUT", arguments->out, "the image.json to write; default: standard output");
  command.add_option("--from-image", arguments->from_image,
                     "image.json of the conf's from_image, whose layers lie below");
  command.add_option("--store-root", arguments->store_root,
                     "read store paths (/nix/store/…) below this folder");
  command.callback([arguments, &chosen] {
    chosen.action = [arguments](const std::stop_token& stop) {
      return run_dockertools(*arguments, stop);
    };
  });
}

}  // namespace n2c::cli
