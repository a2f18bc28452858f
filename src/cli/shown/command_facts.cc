#include "cli/shown/command_facts.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "cli/line/option_words.h"

namespace n2c::cli {

namespace {

bool takes_many(const CLI::Option& option) {
  return option.get_expected_max() >= CLI::detail::expected_max_vector_size;
}

std::string_view long_name(const CLI::Option& option) { return option.get_lnames().front(); }

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
  for (const CLI::Option* other : option.get_excludes()) {
    text += cat(" (not with ", other->get_name(), ")");
  }
  return text;
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
    std::ranges::copy(outer->get_options([](const CLI::Option* option) {
      return long_name(*option) != "help" && long_name(*option) != "version";
    }),
                      std::back_inserter(options));
  }
  return options;
}

std::vector<CommandGroup> groups_of_commands(const CLI::App& app) {
  std::vector<CommandGroup> groups;
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    const bool is_plain = command->get_group() == app.get_group();
    const std::string heading = is_plain ? "Commands" : command->get_group();
    auto group = std::ranges::find(groups, heading, &CommandGroup::heading);
    if (group == groups.end()) {
      group = groups.insert(is_plain ? groups.begin() : groups.end(), {.heading = heading});
    }
    group->commands.push_back(command);
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
