/// n2c completion: what a shell needs to complete n2c's command line. It is made from CLI11's own
/// list of commands and options, so it is always up to date.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/shown/command_facts.h"

namespace n2c::cli {

namespace {

using Words = std::vector<std::string>;

/// An option as it is typed: "-d" and "--debug".
struct TypedOption {
  Words names;
  std::string purpose;
  bool takes_value = false, repeatable = false, takes_place = false;
  Words choices;  // all there are; empty: anything, a file for one
};

/// A command; the program itself is one, with the commands within it.
struct TypedCommand {
  std::string name, purpose;
  std::vector<TypedOption> options;
  std::vector<TypedCommand> commands;
  bool takes_places = false;  // its arguments: references, addresses, an image.json
};

std::string joined(const Words& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) text += cat(text.empty() ? "" : between, word);
  return text;
}

/// CLI11 puts the values of a closed list into the type of the option: "TEXT:{auto,oci,docker}".
Words choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto from = type.find('{'), to = type.find('}');
  if (from == std::string::npos || to == std::string::npos) return {};
  return CLI::detail::split(type.substr(from + 1, to - from - 1), ',');
}

bool takes_place(const CLI::Option& option) {
  const std::string value = value_of(option);
  return value == "REFERENCE" || value == "REPOSITORY" || value == "DESTINATION";
}

/// What takes arguments that are no files alone, no words of a list and no hosts.
bool takes_places(const CLI::App& app) {
  constexpr std::string_view others[] = {"completion", "login", "logout"};
  const bool is_other = app.get_group() == "Building" ||
                        std::ranges::find(others, app.get_name()) != std::end(others);
  return !is_other && !positionals_of(app).empty();
}

std::vector<TypedOption> options_of(const CLI::App& app) {
  std::vector<TypedOption> options;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    TypedOption typed{.purpose = option->get_description(),
                      .takes_value = option->get_items_expected_max() > 0,
                      .repeatable = option->get_items_expected_max() > 1,
                      .takes_place = !option->get_positional() && takes_place(*option),
                      .choices = choices_of(*option)};
    for (const auto& name : option->get_snames()) typed.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) typed.names.push_back("--" + name);
    if (!typed.names.empty()) options.push_back(std::move(typed));
  }
  return options;
}

/// `common` are the options of the commands around it, such as --debug, which it takes as well.
TypedCommand command_of(const CLI::App& app, const std::vector<TypedOption>& common) {
  TypedCommand command{
      .name = app.get_name(), .purpose = app.get_description(), .options = options_of(app)};
  command.takes_places = takes_places(app);
  for (const TypedOption& option : common) {
    if (std::ranges::find(command.options, option.names, &TypedOption::names) ==
        command.options.end()) {
      command.options.push_back(option);
    }
  }
  for (const CLI::App* inner :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    command.commands.push_back(command_of(*inner, command.options));
  }
  return command;
}

std::string joined_names(const std::vector<TypedCommand>& commands) {
  Words names;
  for (const auto& command : commands) names.push_back(command.name);
  return joined(names, " ");
}

/// The text in single quotes, where `escaped` (and the quote itself) get what the shell wants.
std::string quoted(std::string_view text, std::string_view escaped, std::string_view quote) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += quote;
    } else {
      if (escaped.contains(c)) result += '\\';
      result += c;
    }
  }
  return result + "'";
}

// ---- bash: one pattern for each place, of the command, the word before and the word itself

std::string bash_patterns(const TypedCommand& command, const std::string& path) {
  std::string text;
  Words options;
  for (const auto& option : command.options) {
    options.insert(options.end(), option.names.begin(), option.names.end());
    if (!option.takes_value) continue;
    const std::string words = option.takes_place ? "places"
                              : option.choices.empty()
                                  ? ":"  // files
                                  : cat("words='", joined(option.choices, " "), "'");
    for (const auto& name : option.names) {
      text += cat("    '", path, '|', name, "|'*) ", words, " ;;\n");
    }
  }
  for (const auto& inner : command.commands) {
    text += bash_patterns(inner, path.empty() ? inner.name : cat(path, ' ', inner.name));
  }
  text += cat("    '", path, "|'*'|-'*) words='", joined(options, " "), "' ;;\n");
  if (command.takes_places) text += cat("    '", path, "|'*) places ;;\n");
  if (command.commands.empty()) return text;
  return text + cat("    '", path, "|'*) words='", joined_names(command.commands), "' ;;\n");
}

std::string bash_script(const TypedCommand& app) {
  std::string commands;
  for (const auto& command : app.commands) {
    commands += cat(commands.empty() ? "" : " | ", "'|", command.name, "'");
    for (const auto& inner : command.commands) {
      commands += cat(" | '", command.name, '|', inner.name, "'");
    }
  }
  return cat(R"(# Completes n2c's command line in bash; made by `n2c completion bash`.
_n2c() {
  local typed word before command= words= around=
  # bash breaks words at : and = as well; here they end at spaces.
  typed=${COMP_LINE:0:COMP_POINT}
  word=${typed##*[[:space:]]}
  read -ra typed <<<"${typed%"$word"}"
  before=${typed[${#typed[@]}-1]}
  for around in "${typed[@]:1}"; do
    case "$command|$around" in
      )",
             commands, R"() command="${command:+$command }$around" ;;
    esac
  done
  case $word in --*=*) before=${word%%=*} word=${word#*=} ;; esac
  places() { words=$(n2c complete "$word" 2>/dev/null); }
  case "$command|$before|$word" in
)",
             bash_patterns(app, ""), R"(  esac
  unset -f places
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  # What bash replaces begins behind the last : that was typed.
  around=${word%"${word##*:}"}
  case $COMP_WORDBREAKS in *:*) COMPREPLY=("${COMPREPLY[@]#"$around"}") ;; esac
  case "${COMPREPLY[*]}" in *[:/]) compopt -o nospace 2>/dev/null ;; esac
}
complete -o bashdefault -o default -F _n2c n2c nix2container
)");
}

// ---- zsh

constexpr std::string_view zsh_places = R"zsh(_n2c_places() {
  local -a found
  found=(${(f)"$(n2c complete "$PREFIX" 2>/dev/null)"})
  case $PREFIX in (dir|oci|oci-archive|docker-archive):*) compset -P '*:' ;; esac
  if (( $#found )); then compadd -S '' -a found; fi
  _files
}
)zsh";

std::string zsh_options(const TypedCommand& command) {
  std::string text;
  for (const auto& option : command.options) {
    std::string rest = cat('[', option.purpose, ']');
    for (auto at = rest.size() - 1; --at > 0;) {
      if (std::string_view("[]\\").contains(rest[at])) rest.insert(at, "\\");
    }
    if (!option.choices.empty()) {
      rest += cat(":value:(", joined(option.choices, " "), ")");
    } else if (option.takes_place) {
      rest += ":place:_n2c_places";
    } else if (option.takes_value) {
      rest += ":value:_files";
    }
    const std::string others = option.repeatable ? "*" : cat("(", joined(option.names, " "), ")");
    for (const auto& name : option.names) {
      const auto equals = option.takes_value && name.starts_with("--") ? "=" : "";
      text += cat(" \\\n        ", quoted(cat(others, name, equals, rest), "", "'\\''"));
    }
  }
  return text;
}

std::string zsh_descriptions(const std::vector<TypedCommand>& commands) {
  std::string text;
  for (const auto& command : commands) {
    text += cat("\n        ", quoted(cat(command.name, ':', command.purpose), "", "'\\''"));
  }
  return text;
}

std::string zsh_script(const TypedCommand& app) {
  std::string cases;
  for (const auto& command : app.commands) {
    const std::string words =
        command.commands.empty()
            ? (command.takes_places ? "'*:place:_n2c_places'" : "'*:file:_files'")
            : cat("'1:command:(", joined_names(command.commands), ")'");
    cases += cat("      ", command.name, ") _arguments", zsh_options(command), " \\\n        ",
                 words, " ;;\n");
  }
  return cat(R"(#compdef n2c nix2container
# Completes n2c's command line in zsh; made by `n2c completion zsh`.
)",
             zsh_places, R"(_n2c() {
  local curcontext=$curcontext state line
  local -A opt_args
  local -a commands
  _arguments -C)",
             zsh_options(app), R"( \
        '1: :->command' '*:: :->arguments'
  case $state in
    command)
      commands=()",
             zsh_descriptions(app.commands), R"()
      _describe command commands ;;
    arguments) case $line[1] in
)",
             cases, R"(    esac ;;
  esac
}
if [ "$funcstack[1]" = _n2c ]; then _n2c "$@"; else compdef _n2c n2c nix2container; fi
)");
}

// ---- fish

std::string fish_lines(const TypedCommand& command, const std::string& where) {
  std::string text;
  for (const auto& inner : command.commands) {
    text += cat("complete -c n2c -f -n ", where, " -a ", inner.name, " -d ",
                quoted(inner.purpose, "\\", "\\'"), '\n');
  }
  for (const auto& option : command.options) {
    text += cat("complete -c n2c -n ", where);
    for (const std::string_view name : option.names) {
      text += name.starts_with("--") ? cat(" -l ", name.substr(2)) : cat(" -s ", name.substr(1));
    }
    if (!option.choices.empty()) {
      text += cat(" -x -a '", joined(option.choices, " "), "'");
    } else if (option.takes_place) {
      text += " -r -a '(n2c complete (commandline -ct) 2>/dev/null)'";
    } else if (option.takes_value) {
      text += " -r";
    }
    text += cat(" -d ", quoted(option.purpose, "\\", "\\'"), '\n');
  }
  return text;
}

std::string fish_script(const TypedCommand& app) {
  std::string text = cat("# Completes n2c's command line in fish; made by `n2c completion fish`.\n",
                         fish_lines(app, "__fish_use_subcommand"));
  for (const auto& command : app.commands) {
    const std::string inner = joined_names(command.commands);
    text += fish_lines(
        command,
        cat("'__fish_seen_subcommand_from ", command.name,
            inner.empty() ? "" : cat("; and not __fish_seen_subcommand_from ", inner), "'"));
    if (!command.takes_places) continue;
    text += cat("complete -c n2c -n '__fish_seen_subcommand_from ", command.name,
                "' -a '(n2c complete (commandline -ct) 2>/dev/null)'\n");
  }
  return text + "complete -c nix2container -w n2c\n";
}

std::string script_for(std::string_view shell, const TypedCommand& app) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return zsh_script(app);
  if (shell == "fish") return fish_script(app);
  throw Error(ErrorKind::usage,
              cat("no completion is made for the shell \"", printable(shell), "\""),
              "there are those for bash, zsh and fish");
}

}  // namespace

void add_completion_command(CLI::App& app, Invocation& chosen) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "print the completions of n2c's commands for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  command->callback([&app, &chosen, shell] {
    chosen.action = [&app, shell](std::stop_token) {
      const std::string script = script_for(*shell, command_of(app, {}));
      for (const std::string_view line : split(trim(script), '\n')) terminal::print(line);
      return 0;
    };
  });
}

}  // namespace n2c::cli
