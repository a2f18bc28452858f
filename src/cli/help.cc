#include "cli/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"

namespace n2c::cli {

namespace {

constexpr std::size_t max_line = 80;
constexpr std::size_t right_column = 30;

/// Appends `text` in lines that begin at `column`. The line that `out` ends with has `used` bytes.
void append_wrapped(std::string& out, std::string_view text, std::size_t used, std::size_t column) {
  std::size_t at = max_line;  // in the line, from the first word on
  for (const std::string_view word : split(text, ' ')) {
    if (at + 1 + word.size() <= max_line) {
      out += ' ';
      ++at;
    } else {
      if (used > column) {
        out += '\n';
        used = 0;
      }
      out.append(column - used, ' ');
      at = column;
      used = max_line;  // further lines are new ones
    }
    out += word;
    at += word.size();
  }
  out += '\n';
}

void append_entry(std::string& out, const std::string& left, std::string_view description) {
  out += cat("  ", left);
  if (description.empty()) {
    out += '\n';
    return;
  }
  const std::size_t used = left.size() + 2;
  // Two spaces at least between the columns.
  if (used + 2 > right_column) {
    out += '\n';
    append_wrapped(out, description, 0, right_column);
  } else {
    append_wrapped(out, description, used, right_column);
  }
}

bool takes_many(const CLI::Option& option) {
  return option.get_expected_max() >= CLI::detail::expected_max_vector_size;
}

std::string shown_positional(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  return option.get_name(true) + (takes_many(option) ? "..." : "");
}

/// "--via {auto,archive,registry}", "--retry INT=3".
std::string shown_option(const CLI::Option& option) {
  std::string text = option.get_name(false, true);
  if (option.get_type_size() == 0) return text;
  const std::string type = option.get_type_name();  // "TEXT:{a,b}", "INT:INT in [0 - 9]"
  const auto set = type.find('{');
  text += " ";
  text += set == std::string::npos ? type.substr(0, type.find(':')) : type.substr(set);
  if (!option.get_default_str().empty()) text += "=" + option.get_default_str();
  if (takes_many(option)) text += " ...";
  return text;
}

std::string described(const CLI::Option& option) {
  std::string text = option.get_description();
  for (const CLI::Option* other : option.get_needs()) {
    text += cat(" (with ", other->get_name(), ")");
  }
  for (const CLI::Option* other : option.get_excludes()) {
    text += cat(" (not with ", other->get_name(), ")");
  }
  return text;
}

bool every_command(const CLI::App*) { return true; }

using Positionals = std::vector<const CLI::Option*>;

Positionals positionals_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

std::string usage(const CLI::App& app, std::string_view name, const Positionals& positionals) {
  std::string text = cat(name, " [OPTIONS]");
  for (const CLI::Option* option : positionals) {
    const std::string shown = shown_positional(*option);
    text += option->get_required() ? " " + shown : cat(" [", shown, "]");
  }
  if (!app.get_subcommands(every_command).empty()) text += " [SUBCOMMAND]";
  return text;
}

void append_options(std::string& out, const CLI::App& app) {
  for (const std::string& group : app.get_groups()) {
    const auto options = app.get_options([&](const CLI::Option* option) {
      return option->nonpositional() && option->get_group() == group;
    });
    if (group.empty() || options.empty()) continue;
    // Options without a group of their own are in one whose name differs between versions.
    out += cat("\n", group == app.get_help_ptr()->get_group() ? "Options" : group, ":\n");
    for (const CLI::Option* option : options) {
      append_entry(out, shown_option(*option), described(*option));
    }
  }
}

void append_commands(std::string& out, const CLI::App& app) {
  std::vector<std::string> seen;
  for (const CLI::App* first : app.get_subcommands(every_command)) {
    const std::string& group = first->get_group();
    if (std::ranges::find(seen, group) != seen.end()) continue;
    seen.push_back(group);
    out += cat("\n", group == app.get_group() ? "Subcommands" : group, ":\n");
    for (const CLI::App* command : app.get_subcommands(every_command)) {
      if (command->get_group() != group) continue;
      append_entry(out, command->get_name(), command->get_description());
    }
  }
}

class HelpFormatter : public CLI::FormatterBase {
 public:
  /// `name`: the words typed so far ("n2c push").
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    std::string out;
    append_wrapped(out, app->get_description(), 0, 0);
    const Positionals positionals = positionals_of(*app);
    out += cat("Usage: ", usage(*app, name, positionals), "\n");
    if (!positionals.empty()) out += "\nPositionals:\n";
    for (const CLI::Option* option : positionals) {
      append_entry(out, shown_positional(*option), described(*option));
    }
    append_options(out, *app);
    append_commands(out, *app);
    return out;
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

std::string words_of(const CLI::App& command) {
  const CLI::App* outer = command.get_parent();
  return outer == nullptr ? command.get_name() : cat(words_of(*outer), ' ', command.get_name());
}

std::string usage_of(const CLI::App& command) {
  return usage(command, words_of(command), positionals_of(command));
}

}  // namespace n2c::cli
