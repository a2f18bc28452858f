/// n2c manual: manual pages, from what --help says and from docs/manual/. The build runs it
/// (docs/meson.build); it is in no list of commands.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/line/examples.h"
#include "cli/line/option_words.h"
#include "cli/shown/command_facts.h"
#include "cli/shown/mdoc.h"
#include "cli/shown/notes.h"

namespace n2c::cli {

namespace {

constexpr std::string_view list_begin = ".Bl -tag -width indent\n", list_end = ".El\n";

/// "n2c-push" of "n2c push".
std::string page_name(const CLI::App& command) {
  std::string name = words_of(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

/// `.It Fl t , -tag Ar TAG`
std::string item_of(const CLI::Option& option) {
  std::string text = ".It";
  bool is_first = true;
  for (const std::string_view name : names_of(option)) {
    text += cat(is_first ? " Fl " : " , ", name.substr(1));
    is_first = false;
  }
  const std::string value = value_of(option);
  if (value.starts_with('{')) {
    text += " Cm";
    std::string_view between;
    for (const std::string_view word :
         split(std::string_view(value).substr(1, value.size() - 2), ',')) {
      text += cat(between, ' ', mdoc_word(word));
      between = " |";
    }
  } else if (!value.empty()) {
    text += cat(" Ar ", mdoc_word(value));
  }
  return text + '\n';
}

/// The help's words, and what is noted of it: of the command first, else of options of that name.
std::string item_text(const CLI::Option& option, const Notes& own, const Notes& common) {
  std::string text = mdoc_text(capitalised(described(option)) + ".");
  for (const Notes* notes : {&own, &common}) {
    for (const std::string& name : names_of(option)) {
      const auto found = notes->options.find(name);
      if (found != notes->options.end()) return text + found->second;
    }
  }
  return text;
}

std::string arguments_of_page(const CLI::App& command) {
  const Options positionals = positionals_of(command);
  if (positionals.empty()) return {};
  std::string text = cat(".Pp\nArguments:\n", list_begin);
  for (const CLI::Option* option : positionals) {
    text += cat(".It Ar ", mdoc_word(shown_positional(*option)), '\n',
                mdoc_text(capitalised(described(*option)) + "."));
  }
  return text + std::string(list_end);
}

/// The groups of --help, each below `heading`, a macro.
std::string options_section(const CLI::App& command, std::string_view heading, const Notes& own,
                            const Notes& common) {
  std::string text;
  const Options options = options_of_page(command);
  for (const std::string_view group : option_groups) {
    std::string items;
    for (const CLI::Option* option : options) {
      if (group_of(*option) != group) continue;
      items += item_of(*option) + item_text(*option, own, common);
    }
    if (!items.empty()) text += cat(heading, ' ', group, '\n', list_begin, items, list_end);
  }
  return text;
}

std::string synopsis(const CLI::App& command) {
  std::string text = cat(".Nm ", words_of(command), "\n.Op Ar options\n");
  for (const CLI::Option* option : positionals_of(command)) {
    const std::string shown = mdoc_word(shown_positional(*option));
    text += option->get_required() ? cat(".Ar ", shown, '\n') : cat(".Op Ar ", shown, '\n');
  }
  if (!groups_of_commands(command).empty()) text += ".Op Ar command\n";
  return text;
}

/// Those of n2c have a page each; those of another command are described here.
std::string commands_section(const CLI::App& app, const Notes& own, const Notes& common) {
  std::string text;
  for (const CommandGroup& group : groups_of_commands(app)) {
    text += text.empty() ? ".Sh COMMANDS\n" : "";
    if (app.get_parent() == nullptr) text += cat(".Ss ", group.heading, '\n', list_begin);
    for (const CLI::App* command : group.commands) {
      const std::string purpose = mdoc_text(capitalised(command->get_description()) + ".");
      if (app.get_parent() == nullptr) {
        text += cat(".It Xr ", page_name(*command), " 1\n", purpose);
      } else {
        text += cat(".Ss ", words_of(*command), '\n', purpose, arguments_of_page(*command));
        if (command->get_options().size() > 1) {  // more than --help
          text += options_section(*command, ".Pp\n.Em", own, common);
        }
      }
    }
    if (app.get_parent() == nullptr) text += list_end;
  }
  return text;
}

std::string examples_section(const CLI::App& command) {
  std::string text;
  for (const std::string_view line : examples_of(command.get_name())) {
    std::string shown = mdoc_text(line);
    std::ranges::replace(shown, '\n', ' ');
    text += cat(trim(shown), '\n');
  }
  return text.empty() ? text : cat(".Sh EXAMPLES\n.Bd -literal -offset indent\n", text, ".Ed\n");
}

/// "push an image" of "Push an image": what stands behind the name at a page's head.
std::string as_title(std::string purpose) {
  char& first = purpose.front();
  if (first >= 'A' && first <= 'Z') first = static_cast<char>(first - 'A' + 'a');
  return purpose;
}

std::string manual_page(const CLI::App& command, const Notes& own, const Notes& common) {
  const bool is_program = command.get_parent() == nullptr;
  std::string title = page_name(command);
  std::string purpose = command.get_description();
  if (is_program) purpose.pop_back();  // the full stop
  std::string upper = title;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string text = cat(own.head, "\n.Dt ", upper, " 1\n.Os\n.Sh NAME\n.Nm ", title, "\n.Nd ",
                         trim(mdoc_text(as_title(purpose))), "\n.Sh SYNOPSIS\n", synopsis(command),
                         ".Sh DESCRIPTION\n");
  text += own.text.empty() ? mdoc_text(capitalised(purpose) + ".") : own.text;
  text += arguments_of_page(command);
  text += ".Sh OPTIONS\n" + options_section(command, ".Ss", own, common);
  text += commands_section(command, own, common);
  if (!is_program) {
    text += command.get_group() == "Building" ? ".Sh EXIT STATUS\n0, or 1 for every failure.\n"
                                              : ".Sh EXIT STATUS\nSee\n.Xr n2c 1 .\n";
  }
  text += examples_section(command) + own.end;
  if (!is_program) text += ".Sh SEE ALSO\n.Xr n2c 1\n";
  return text;
}

}  // namespace

void add_manual_command(CLI::App& app, Invocation& chosen) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("manual", "print a manual page in mdoc(7)");
  command->group("");
  command
      ->add_option("FILES", *words, "of docs/manual: COMMAND.mdoc, or n2c.mdoc, and options.mdoc")
      ->required()
      ->expected(2);
  command->callback([&app, &chosen, words] {
    chosen.action = [&app, words](std::stop_token) {
      const std::filesystem::path own = words->front();
      const std::string name = own.stem().string();
      const CLI::App& page = name == "n2c" ? app : *app.get_subcommand(name);
      const std::string text = manual_page(page, read_notes(own), read_notes(words->back()));
      for (const std::string_view line : split(trim(text), '\n')) terminal::print(line);
      return 0;
    };
  });
}

}  // namespace n2c::cli
