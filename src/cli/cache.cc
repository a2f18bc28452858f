#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"

namespace n2c::cli {

namespace {

std::filesystem::path cache_file() {
  const auto file = DigestCache::usual_file(process_environment());
  if (file.empty()) {
    throw Error(ErrorKind::local, "there is no cache: neither XDG_CACHE_HOME nor HOME is set");
  }
  return file;
}

int show() {
  const DigestCache cache(cache_file());
  std::error_code error;
  const auto size = std::filesystem::file_size(cache.file(), error);
  terminal::print(cat(cache.file().string(), ": ", error ? "not there" : brief_bytes(size), ", ",
                      cache.form_count(), " compressed layers known"));
  for (const auto& repository : cache.all_repositories()) {
    const auto tag = cache.find_last_tag(repository);
    terminal::print(cat("pushed to ", repository.str(), tag ? cat(':', *tag) : ""));
  }
  return 0;
}

int clear() {
  const auto file = cache_file();
  std::error_code error;
  std::filesystem::remove(file, error);
  if (error) throw Error(ErrorKind::local, cat("remove ", file.string(), ": ", error.message()));
  return 0;
}

}  // namespace

void add_cache_command(CLI::App& app, Invocation& chosen) {
  CLI::App* command =
      app.add_subcommand("cache", "what earlier pushes learnt: show, clear or prune it");
  command->require_subcommand(0, 1);
  command->callback([&chosen, command] {
    if (!command->get_subcommands().empty()) return;
    chosen.action = [](std::stop_token) { return show(); };
  });
  command->add_subcommand("show", "where it is, how large, and which repositories it knows")
      ->callback([&chosen] { chosen.action = [](std::stop_token) { return show(); }; });
  command->add_subcommand("clear", "remove it: the next push compresses again")
      ->callback([&chosen] { chosen.action = [](std::stop_token) { return clear(); }; });
  add_prune_command(*command, chosen);
}

}  // namespace n2c::cli
