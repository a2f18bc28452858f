#include "cli/shown/command_facts.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/line/option_words.h"

namespace n2c::cli {

namespace {

bool takes_many(const CLI::Option& option) {
  return option.get_expected_max() >= CLI::detail::expected_max_vector_size;
}

std::string_view long_name(const CLI::Option& option) { return option.get_lnames().front(); }

/// By what people do. Both the groups and what is in each are in the order of `n2c --help`.
struct CommandPlace {
  std::string_view heading, command;
};
namespace heading {
constexpr std::string_view build = "Build an image", send = "Send and fetch images",
                           look = "Look at images", registries = "Registries", own = "n2c itself",
                           others = "More";
}  // namespace heading
constexpr std::array command_places = std::to_array<CommandPlace>({
    {heading::build, "layers-from-reproducible-storepaths"},
    {heading::build, "layers-from-non-reproducible-storepaths"},
    {heading::build, "image"},
    {heading::build, "image-from-dir"},
    {heading::build, "image-from-manifest"},
    {heading::build, "image-from-dockertools"},
    {heading::send, "push"},
    {heading::send, "load"},
    {heading::send, "copy"},
    {heading::send, "index"},
    {heading::send, "pull"},
    {heading::look, "inspect"},
    {heading::look, "diff"},
    {heading::look, "verify"},
    {heading::look, "sbom"},
    {heading::look, "provenance"},
    {heading::look, "digest"},
    {heading::registries, "login"},
    {heading::registries, "logout"},
    {heading::registries, "tags"},
    {heading::registries, "tag"},
    {heading::registries, "delete"},
    {heading::registries, "attach"},
    {heading::registries, "referrers"},
    {heading::registries, "serve"},
    {heading::own, "cache"},
    {heading::own, "completion"},
    {heading::own, "config"},
});

bool has_place(const std::string& command) {
  return std::ranges::find(command_places, command, &CommandPlace::command) != command_places.end();
}

}  // namespace

std::string shown_positional(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  return option.get_name(true) + (takes_many(option) ? "..." : "");
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();  // "TEXT:{a,b}"
  const auto set = type.find('{');
  if (set != std::string::npos) return type.substr(set);
  return std::string(option_words(long_name(option)).value);
}

std::string_view group_of(const CLI::Option& option) {
  return option_words(long_name(option)).group;
}

std::string described(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) {
    text += cat(" (default: ", option.get_default_str(), ")");
  }
  for (const CLI::Option* other : option.get_needs()) {
    text += cat(" (with ", other->get_name(), ")");
  }
  std::string excluded;
  for (const CLI::Option* other : option.get_excludes()) {
    excluded += cat(excluded.empty() ? " (not with " : ", ", other->get_name());
  }
  return excluded.empty() ? text : cat(text, excluded, ")");
}

Options positionals_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

Options options_of_page(const CLI::App& app) {
  Options options = app.get_options([](const CLI::Option* option) {
    return option->nonpositional() && !option->get_group().empty();
  });
  for (const CLI::App* outer = app.get_parent(); outer != nullptr; outer = outer->get_parent()) {
    for (const CLI::Option* option : outer->get_options()) {
      const std::string_view name = long_name(*option);
      const bool is_own = std::ranges::any_of(
          options, [&](const CLI::Option* own) { return long_name(*own) == name; });
      if (!is_own && name != "version") options.push_back(option);
    }
  }
  return options;
}

std::vector<CommandGroup> groups_of_commands(const CLI::App& app) {
  std::vector<const CLI::App*> commands =
      app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
  if (commands.empty()) return {};
  if (app.get_parent() != nullptr) return {{.heading = "Commands", .commands = commands}};
  std::vector<CommandGroup> groups;
  const auto add = [&](std::string_view name, const CLI::App* command) {
    if (groups.empty() || groups.back().heading != name) {
      groups.push_back({.heading = std::string(name)});
    }
    groups.back().commands.push_back(command);
  };
  for (const CommandPlace& place : command_places) {
    const auto found = std::ranges::find(commands, place.command, &CLI::App::get_name);
    if (found != commands.end()) add(place.heading, *found);
  }
  for (const CLI::App* command : commands) {
    if (!has_place(command->get_name())) add(heading::others, command);
  }
  return groups;
}

std::string capitalised(std::string text) {
  const std::string_view word = std::string_view(text).substr(0, text.find(' '));
  const bool is_word = std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
  if (is_word && !word.empty()) text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

}  // namespace n2c::cli
