/// n2c complete: what a place (docs/manual/n2c.mdoc, PLACES) may be that begins so. The scripts of
/// `n2c completion` ask; it is in no list of commands.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/folder_entries.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/command.h"

namespace n2c::cli {

namespace {

constexpr std::string_view kinds[] = {
    "containers-storage:", "dir:", "docker-archive:", "docker-daemon:", "docker://",
    "oci-archive:",        "oci:"};
constexpr std::string_view store_folder = "/nix/store/";

/// The repositories that were pushed to, and the tag that each got last; with "docker://" before
/// them where that was typed.
void add_references(std::vector<std::string>& found, std::string_view word) {
  const std::string_view scheme = word.starts_with("docker://") ? "docker://" : "";
  const DigestCache cache(DigestCache::usual_file(process_environment()));
  for (const oci::Repository& repository : cache.all_repositories()) {
    found.push_back(cat(scheme, repository.str()));
    const auto tag = cache.find_last_tag(repository);
    if (tag) found.push_back(cat(found.back(), ':', *tag));
  }
}

/// The images' descriptions that are in the store, for a word that begins a path there.
void add_store_paths(std::vector<std::string>& found, std::string_view word) {
  std::error_code error;
  if (!word.starts_with(store_folder) || word.substr(store_folder.size()).contains('/')) return;
  for (const auto& entry : folder_entries(store_folder, error)) {
    const std::string name = entry.filename().string();
    if (name.ends_with(".json") && name.contains("-image-"))
      found.push_back(cat(store_folder, name));
  }
}

int print_candidates(std::string_view word) {
  std::vector<std::string> found(std::begin(kinds), std::end(kinds));
  add_references(found, word);
  add_store_paths(found, word);
  std::ranges::sort(found);
  for (const std::string& one : found) {
    if (one.starts_with(word)) terminal::print(one);
  }
  return 0;
}

}  // namespace

void add_complete_command(CLI::App& app, Invocation& chosen) {
  const auto word = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("complete", "print the places that begin so");
  command->group("");
  command->add_option("WORD", *word, "what is typed of it");
  command->callback([&chosen, word] {
    chosen.action = [word](std::stop_token) { return print_candidates(*word); };
  });
}

}  // namespace n2c::cli
