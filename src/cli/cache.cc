#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"
#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "remote/prune_index.h"

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

struct PruneArguments {
  std::string repository;
  std::size_t keep = 1000;
  RegistryArguments registry;
};

int prune(const PruneArguments& arguments, bool debug, const std::stop_token& stop) {
  const auto address =
      or_throw(Address::parse(arguments.repository), ErrorKind::usage, "REPOSITORY");
  if (address.kind != Address::Kind::registry) {
    throw Error(ErrorKind::usage, cat("REPOSITORY: ", address.str(), " is not at a registry"),
                "HOST/REPOSITORY");
  }
  const oci::Repository& repository = address.reference->repository;
  ConsoleProgress progress(ProgressStyle::none, ConsoleProgress::Notes::hidden);
  Registries registries(make_registry_options(arguments.registry, address, progress, debug));
  return with_context("pruning the layer index of " + repository.str(), [&] {
    auto client = registries.client(
        repository, arguments.keep == 0 ? registry::Access::remove : registry::Access::push);
    const auto pruned = prune_layer_index(client, arguments.keep, stop);
    terminal::print(pruned ? cat(repository.str(), ": ", pruned->kept, " layers kept, ",
                                 pruned->dropped, " dropped")
                           : cat(repository.str(), " has no layer index"));
    return 0;
  });
}

void add_prune_command(CLI::App& cache, Invocation& chosen) {
  auto arguments = std::make_shared<PruneArguments>();
  CLI::App* command = cache.add_subcommand(
      "prune", "drop what is old or gone from a repository's layer index (push --layer-index)");
  command->add_option("REPOSITORY", arguments->repository, "HOST/REPOSITORY")->required();
  command
      ->add_option("--keep", arguments->keep,
                   "how many layers stay, the newest; 0 removes the index")
      ->check(CLI::Range(0, 5000))
      ->capture_default_str();
  add_registry_options(*command, arguments->registry);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return prune(*arguments, chosen.debug, stop);
    };
  });
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
