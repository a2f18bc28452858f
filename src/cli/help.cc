#include "cli/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/environment.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/line/examples.h"
#include "cli/line/option_words.h"
#include "cli/shown/command_facts.h"

namespace n2c::cli {

namespace {

constexpr std::size_t usual_columns = 80, least_columns = 24;
/// From this width on descriptions stand beside what they describe, and else below it.
constexpr std::size_t wide_columns = 70;

/// Text in lines that fit. A word that is longer than a line has one of its own.
class Page {
 public:
  explicit Page(std::size_t columns)
      : columns_(columns), right_(columns >= wide_columns ? 30 : 6) {}

  /// Words from `column` on, in this line where at least two spaces are between. Every line but
  /// the last ends with `joint`.
  void words(std::string_view text, std::size_t column, std::string_view joint = "") {
    bool is_first = true;
    for (const std::string_view word : split(text, ' ')) {
      const std::size_t size = columns_of(word);
      const bool fits = used_ + 1 + size + joint.size() <= columns_;
      if (!is_first && fits) {
        put(" ");
      } else {
        if (used_ != 0 && (!is_first || used_ + 2 > column)) {
          text_ += joint;
          end_line();
        }
        put(std::string(column - used_, ' '));
      }
      put(word);
      is_first = false;
    }
  }
  void line(std::string_view text, std::size_t column, std::string_view joint = "") {
    words(text, column, joint);
    end_line();
  }
  void heading(std::string_view text) { text_ += cat("\n", text, ":\n"); }
  void entry(std::string_view left, std::string_view description) {
    put("  ");
    const auto space = left.find(' ');
    put(left.substr(0, space));
    if (space != std::string_view::npos) hang(left.substr(space + 1));
    if (!description.empty()) words(description, right_);
    end_line();
  }
  /// "n2c push …": what does not fit goes on under the first argument.
  void hang(std::string_view text, std::string_view joint = "") {
    for (const std::string_view word : split(text, ' ')) {
      if (used_ + 1 + columns_of(word) + joint.size() > columns_) {
        text_ += joint;
        end_line();
        put("     ");
      }
      put(" ");
      put(word);
    }
  }
  void end_line() {
    text_ += '\n';
    used_ = 0;
  }
  void put(std::string_view text) {
    text_ += text;
    used_ += columns_of(text);
  }
  std::string text() const { return text_; }

 private:
  std::size_t columns_, right_;
  std::size_t used_ = 0;  // columns of the last line
  std::string text_;
};

/// "--via {auto,archive,registry}", "-t, --tag TAG".
std::string shown_option(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : names_of(option)) text += cat(text.empty() ? "" : ", ", name);
  const std::string value = value_of(option);
  return value.empty() ? text : cat(text, " ", value);
}

std::string usage(const CLI::App& app, std::string_view name) {
  std::string text = cat(name, " [OPTIONS]");
  for (const CLI::Option* option : positionals_of(app)) {
    const std::string shown = shown_positional(*option);
    text += option->get_required() ? " " + shown : cat(" [", shown, "]");
  }
  if (!groups_of_commands(app).empty()) text += " [COMMAND]";
  return text;
}

void append_options(Page& page, const CLI::App& app) {
  const Options options = options_of_page(app);
  for (const std::string_view group : option_groups) {
    bool is_first = true;
    for (const CLI::Option* option : options) {
      if (group_of(*option) != group) continue;
      if (std::exchange(is_first, false)) page.heading(group);
      page.entry(shown_option(*option), described(*option));
    }
  }
}

void append_commands(Page& page, const CLI::App& app) {
  for (const CommandGroup& group : groups_of_commands(app)) {
    page.heading(group.heading);
    for (const CLI::App* command : group.commands) {
      page.entry(command->get_name(), capitalised(command->get_description()));
    }
  }
}

void append_examples(Page& page, std::string_view command) {
  bool is_first = true;
  for (const std::string_view line : examples_of(command)) {
    if (std::exchange(is_first, false)) page.heading("Examples");
    const auto space = line.find(' ');
    page.put(cat("  ", line.substr(0, space)));
    page.hang(line.substr(space + 1), " \\");
    page.end_line();
  }
}

class HelpFormatter : public CLI::FormatterBase {
 public:
  /// `name`: the words typed so far ("n2c push").
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    Page page(page_columns());
    page.line(cat(capitalised(app->get_description()), app->get_parent() == nullptr ? "" : "."), 0);
    page.put("Usage:");
    page.hang(usage(*app, name));
    page.end_line();
    const Options positionals = positionals_of(*app);
    if (!positionals.empty()) page.heading("Arguments");
    for (const CLI::Option* option : positionals) {
      page.entry(shown_positional(*option), described(*option));
    }
    // Of the program the commands are what somebody looks for.
    if (app->get_parent() == nullptr) append_commands(page, *app);
    append_options(page, *app);
    if (app->get_parent() != nullptr) append_commands(page, *app);
    append_examples(page, app->get_name());
    return page.text();
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

std::size_t page_columns() {
  std::size_t columns = usual_columns;
  if (const auto said = parse_number(process_environment()("COLUMNS"))) {
    columns = *said;
  } else if (terminal::output_is_terminal()) {
    columns = terminal::error_size().columns;
  }
  return std::max(columns, least_columns);
}

std::string words_of(const CLI::App& command) {
  const CLI::App* outer = command.get_parent();
  return outer == nullptr ? command.get_name() : cat(words_of(*outer), ' ', command.get_name());
}

std::string usage_of(const CLI::App& command) { return usage(command, words_of(command)); }

}  // namespace n2c::cli
