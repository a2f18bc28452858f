#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"
#include "console/json_object.h"

namespace n2c::cli {

namespace {

std::filesystem::path cache_file() {
  const auto file = DigestCache::usual_file(process_environment());
  if (file.empty()) {
    throw Error(ErrorKind::local, "there is no cache: neither XDG_CACHE_HOME nor HOME is set");
  }
  return file;
}

go::Json cache_json(const DigestCache& cache, std::optional<std::uint64_t> size) {
  go::Json repositories(go::Json::Array{});
  for (const auto& repository : cache.all_repositories()) {
    const auto tag = cache.find_last_tag(repository);
    go::Json one;
    one.set("repository", repository.str()).set("tag", tag ? go::Json(*tag) : go::Json());
    repositories.push(std::move(one));
  }
  go::Json json;
  json.set("command", "cache show").set("file", cache.file().string());
  json.set("size", size ? go::Json(*size) : go::Json());
  json.set("layers", go::Json(std::uint64_t{cache.form_count()}));
  return json.set("repositories", std::move(repositories));
}

int show(bool as_json) {
  const DigestCache cache(cache_file());
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(cache.file(), error);
  if (as_json) {
    print_object("n2c.cache/1", cache_json(cache, error ? std::nullopt : std::optional(size)));
    return 0;
  }
  terminal::print(cat(cache.file().string(), ": ", error ? "not there" : brief_bytes(size), ", ",
                      cache.form_count(), " compressed layers known"));
  for (const auto& repository : cache.all_repositories()) {
    const auto tag = cache.find_last_tag(repository);
    terminal::print(cat("pushed to ", repository.str(), tag ? cat(':', *tag) : ""));
  }
  return 0;
}

int clear(bool as_json) {
  const auto file = cache_file();
  std::error_code error;
  const bool was_there = std::filesystem::remove(file, error);
  if (error) throw Error(ErrorKind::local, cat("remove ", file.string(), ": ", error.message()));
  if (!as_json) return 0;
  go::Json json;
  json.set("command", "cache clear").set("file", file.string());
  print_object("n2c.cache/1", json.set("removed", go::Json(was_there)));
  return 0;
}

}  // namespace

void add_cache_command(CLI::App& app, Invocation& chosen) {
  CLI::App* command =
      app.add_subcommand("cache", "Show, clear or prune what earlier pushes learnt");
  const auto as_json = std::make_shared<bool>(false);
  const auto add_json = [&](CLI::App* one) {
    one->add_flag("--json", *as_json, "print the result as a JSON object in one line");
  };
  add_json(command);
  command->require_subcommand(0, 1);
  command->callback([&chosen, command, as_json] {
    if (!command->get_subcommands().empty()) return;
    chosen.action = [as_json](std::stop_token) { return show(*as_json); };
  });
  CLI::App* shown = command->add_subcommand(
      "show", "show the cache's file, its size, and the repositories that it knows");
  add_json(shown);
  shown->callback([&chosen, as_json] {
    chosen.action = [as_json](std::stop_token) { return show(*as_json); };
  });
  CLI::App* cleared =
      command->add_subcommand("clear", "remove the cache: the next push compresses again");
  add_json(cleared);
  cleared->callback([&chosen, as_json] {
    chosen.action = [as_json](std::stop_token) { return clear(*as_json); };
  });
  add_prune_command(*command, chosen);
}

}  // namespace n2c::cli
