#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "base/environment.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"
#include "cli/image_argument.h"
#include "cli/line/result.h"
#include "cli/transfer_options.h"
#include "console/layer_bars.h"
#include "console/output.h"
#include "console/stopped.h"
#include "engine/engine_choice.h"
#include "places/layer_spool.h"

namespace n2c::cli {

namespace {

/// An engine unpacks as long as its disk needs, and says nothing meanwhile.
constexpr std::chrono::seconds engine_patience{600};

const std::map<std::string, EngineKind> engines{{"auto", EngineKind::automatic},
                                                {"docker", EngineKind::docker},
                                                {"podman", EngineKind::podman},
                                                {"containerd", EngineKind::containerd}};
const std::map<std::string, LoadMethod> methods{{"auto", LoadMethod::automatic},
                                                {"archive", LoadMethod::archive},
                                                {"registry", LoadMethod::registry}};

struct LoadArguments {
  std::string image, store_root;
  std::vector<std::string> names, like;
  std::string engine = "auto", method = "auto";
  std::string space = "default", compression = "none", image_id_file;
  ProgressArguments progress;
};

std::vector<oci::Reference> references_of(const std::vector<std::string>& texts,
                                          std::string_view option) {
  std::vector<oci::Reference> references;
  for (const std::string& text : texts) {
    references.push_back(or_throw(oci::Reference::parse(text), ErrorKind::usage, option));
    if (references.back().digest) {
      throw Error(ErrorKind::usage, cat(option, ": ", printable(text), " names a digest"),
                  "an image is loaded under NAME[:TAG]");
    }
  }
  return references;
}

http::TransportOptions transport_options(Progress& progress, bool debug) {
  http::TransportOptions options{.user_agent = "n2c/" N2C_VERSION,
                                 .stall_timeout = engine_patience};
  if (debug) options.trace = [&progress](std::string_view line) { progress.note(line); };
  return options;
}

/// "loaded docker.io/library/app:1 (sha256:…): 99 layers there, 1 sent (3.1 MiB), 0.2 s".
std::string closing_line(const LoadRequest& request, const LoadReport& report,
                         std::chrono::nanoseconds elapsed) {
  std::string names;
  for (const oci::Reference& name : request.names)
    names += cat(names.empty() ? "" : ", ", name.str());
  if (!names.empty()) names += " ";
  const std::string nameless =
      names.empty() ? "; it has no name: n2c load IMAGE.json NAME gives it one" : "";
  return cat("loaded ", names, report.image_id, ": ", layer_count(report.layers_there), " there, ",
             report.layers_sent, " sent (", brief_bytes(report.bytes_sent), "), ",
             brief_duration(elapsed), nameless);
}

/// A line for each name, with the id behind it; of an image without a name the id.
Result result_of(const LoadRequest& request, const LoadReport& report,
                 std::chrono::nanoseconds elapsed) {
  Result result{.command = "load",
                .sentence = closing_line(request, report, elapsed),
                .reference = report.image_id,
                .image_id = report.image_id,
                .counts = Counts{.present = report.layers_there,
                                 .sent = report.layers_sent,
                                 .bytes_sent = report.bytes_sent},
                .elapsed = elapsed};
  for (const oci::Reference& name : request.names) {
    result.names.push_back(name.str());
    result.lines.push_back(cat(name.str(), " ", report.image_id));
  }
  if (result.names.empty()) result.lines.push_back(report.image_id);
  return result;
}

/// What comes through a pipe is read now, when an engine is there to take it.
Image whole_image(ImageArgument argument, const Engine& engine, Progress& progress,
                  std::stop_token stop) {
  if (auto* archive = std::get_if<StreamedArchive>(&argument)) {
    return spool_archive(std::move(*archive), engine.str(), progress, std::move(stop));
  }
  return std::get<DescribedImage>(std::move(argument)).image;
}

EngineChoice choose(const std::string& engine) {
  auto choice = choose_engine(engines.at(engine), find_engines(process_environment()));
  if (choice) return *std::move(choice);
  throw Error(ErrorKind::network, cat("--engine ", engine, ": ", choice.error()),
              "start it; DOCKER_HOST and CONTAINERD_ADDRESS say where engines are. Without one: "
              "n2c push IMAGE.json docker-archive:FILE");
}

int run_load(const LoadArguments& arguments, bool debug, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  require_output(arguments.image_id_file, "--image-id-file");
  ImageArgument argument = open_image_argument(arguments.image, arguments.store_root, {}, stop);
  Image image;
  const LoadRequest request{.image = image,
                            .names = references_of(arguments.names, "NAME"),
                            .like = references_of(arguments.like, "--like"),
                            .method = methods.at(arguments.method),
                            .compression = or_throw(Compression::parse(arguments.compression),
                                                    ErrorKind::usage, "--compression"),
                            .cache = DigestCache::usual_file(process_environment())};
  const auto shown_progress = make_progress(arguments.progress);
  ConsoleProgress& progress = *shown_progress;
  progress.phase("looking for an engine");
  const EngineChoice choice = choose(arguments.engine);
  const auto engine =
      make_engine(choice, arguments.space, transport_options(progress, debug), stop);
  if (!arguments.progress.quiet) {
    const std::string at = choice.host ? " at " + choice.host->str() : "";
    progress.note(cat("loading into ", engine->str(), at, ": ", choice.why));
  }
  const Kept kept{ConsoleProgress::Kept::nothing, "nothing was loaded"};
  const LoadReport report = saying_how_far(progress, kept, [&] {
    image = whole_image(std::move(argument), *engine, progress, stop);
    return with_context(cat("loading into ", engine->str()),
                        [&] { return load_into(*engine, request, progress, stop); });
  });
  progress.finish();
  if (!arguments.image_id_file.empty()) write_output(arguments.image_id_file, report.image_id);
  print_result(result_of(request, report, std::chrono::steady_clock::now() - began),
               arguments.progress);
  return 0;
}

void add_load_options(CLI::App& command, LoadArguments& arguments) {
  command
      .add_option("IMAGE.json", arguments.image,
                  "the image's description, or docker-archive:FILE (docker-archive:- reads it from "
                  "standard input)")
      ->required();
  command.add_option("NAME", arguments.names, "a name for the image: NAME[:TAG]");
  command.add_option("--engine", arguments.engine, "the engine; auto: the first one found")
      ->check(CLI::IsMember({"auto", "docker", "podman", "containerd"}))
      ->capture_default_str();
  command
      .add_option("--via", arguments.method,
                  "archive: send an archive; registry: let the engine pull; auto: the faster way")
      ->check(CLI::IsMember({"auto", "archive", "registry"}))
      ->capture_default_str();
  command.add_option("--like", arguments.like,
                     "an image in the engine that shares layers with this one (repeatable)");
  command.add_option("--namespace", arguments.space, "containerd's namespace")
      ->capture_default_str();
  command
      .add_option("--compression", arguments.compression,
                  "gzip[:0-2], zstd[:1-19] or none, for engines that keep layers as they are sent")
      ->capture_default_str();
  command.add_option("--store-root", arguments.store_root, "read /nix/store/… below this folder");
  command.add_option("--image-id-file", arguments.image_id_file, "write the image id to this file");
  add_progress_options(command, arguments.progress);
}

}  // namespace

void add_load_command(CLI::App& app, Invocation& chosen) {
  CLI::App* command = app.add_subcommand(
      "load", "load an image into docker, podman or containerd, sending only what it lacks");
  const auto arguments = std::make_shared<LoadArguments>();
  add_load_options(*command, *arguments);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_load(*arguments, chosen.debug, std::move(stop));
    };
  });
}

}  // namespace n2c::cli
