#include "cli/line/mistake.h"

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <vector>

#include "base/nearest_word.h"
#include "base/text.h"
#include "cli/help.h"
#include "cli/line/option_words.h"
#include "console/input.h"

namespace n2c::cli {

namespace {

/// What people bring from other tools, and where it is here. `command` is empty for all of them.
struct Elsewhere {
  std::string_view command, word, hint;
};
constexpr std::string_view one_platform =
    "an image.json is for one platform; copy and pull choose one of an index";
constexpr std::string_view names_behind = "names stand behind the image: n2c load IMAGE.json NAME";
constexpr std::string_view login_words = "the login of one command is --creds USER:PASS";
constexpr std::string_view secret_words = "--password-stdin reads it, where no other user sees it";
constexpr std::string_view whole_index =
    "an index is copied with all its images; --platform copies one of them";
constexpr std::string_view dry_push = "n2c push --dry-run says what a push would send";
constexpr std::string_view out_behind = "OUT stands behind the reference: n2c pull REFERENCE OUT";
constexpr std::array<Elsewhere, 28> elsewhere{{
    {"push", "--platform", one_platform},
    {"load", "--platform", one_platform},
    {"load", "--tag", names_behind},
    {"load", "-t", names_behind},
    {"login", "--password", secret_words},
    {"login", "-p", secret_words},
    {"copy", "--all", whole_index},
    {"copy", "-a", whole_index},
    {"", "-k", "--insecure: the certificate is not checked"},
    {"", "--no-color", "n2c uses no colours; --progress=plain draws nothing again"},
    {"", "--dry-run", dry_push},
    {"", "-n", dry_push},
    {"", "--username", login_words},
    {"", "--password", login_words},
    {"", "-u", login_words},
    {"pull", "--output", out_behind},
    {"pull", "-o", out_behind},
    {"", "build", "nix build makes an image.json; n2c image describes an image without Nix"},
    {"", "images", "engines keep images: docker images; n2c tags lists those of a repository"},
    {"", "ls", "n2c tags lists the tags of a repository"},
    {"", "list-tags", "n2c tags lists the tags of a repository"},
    {"", "rm", "n2c delete removes an image from a registry"},
    {"", "rmi", "n2c delete removes an image from a registry"},
    {"", "save", "n2c copy SOURCE docker-archive:FILE"},
    {"", "export", "n2c copy SOURCE docker-archive:FILE"},
    {"", "cp", "n2c copy"},
    {"", "manifest", "n2c inspect --raw shows an image's manifest, n2c index writes an index"},
    {"", "registry", "n2c serve"},
}};

std::string hint_from_elsewhere(const CLI::App& command, std::string_view word) {
  for (const Elsewhere& one : elsewhere) {
    const bool is_its = one.command.empty() || one.command == command.get_name();
    if (is_its && one.word == word) return std::string(one.hint);
  }
  return {};
}

/// The innermost command that the line has.
const CLI::App& command_in(const CLI::App& app) {
  const auto inner = app.get_subcommands();
  return inner.empty() ? app : command_in(*inner.front());
}

/// As long options of the command are typed, without their dashes.
std::vector<std::string> options_of_line(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      std::ranges::copy(option->get_lnames(), std::back_inserter(names));
    }
  }
  return names;
}

Error unknown_option(const CLI::App& command, std::string_view typed) {
  const std::string_view name = typed.substr(0, typed.find('='));
  std::string hint = hint_from_elsewhere(command, name);
  if (hint.empty()) {
    const std::string_view letters =
        name.substr(std::min(name.find_first_not_of('-'), name.size()));
    const std::string otherwise = cat(words_of(command), " --help lists them");
    hint = hint_of(letters, options_of_line(command), otherwise, "--");
  }
  return {ErrorKind::usage, cat(command.get_name(), " has no option ", printable(name)), hint};
}

Error unknown_command(const CLI::App& app, std::string_view typed) {
  const auto names = commands_of(app);
  std::string hint = hint_from_elsewhere(app, typed);
  if (hint.empty()) hint = hint_of(typed, names, cat("commands: ", comma_list(names)));
  return {ErrorKind::usage, cat("\"", printable(typed), "\" is not a command"), hint};
}

std::optional<Error> unknown_word(const CLI::App& app) {
  const CLI::App& command = command_in(app);
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return {};
  for (const std::string& word : rest) {
    if (word.size() < 2 || !word.starts_with('-')) continue;
    const std::string name = word.substr(0, word.find('='));
    if (&command != &app && command.get_option_no_throw(name) != nullptr) {
      return Error(ErrorKind::usage, cat(printable(name), " is before the command"),
                   cat("options of ", command.get_name(), " follow it: ", words_of(command), " ",
                       printable(name)));
    }
    return unknown_option(command, word);
  }
  if (!commands_of(command).empty()) return unknown_command(command, rest.front());
  return Error(ErrorKind::usage,
               cat(command.get_name(), " takes no further argument: ", printable(rest.front())),
               usage_of(command));
}

/// What is required and was not given, in order; or nothing.
std::optional<Error> missing_word(const CLI::App& command) {
  std::vector<std::string> missing;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_required() && option->count() == 0) missing.push_back(option->get_name());
  }
  if (missing.empty()) return {};
  return Error(ErrorKind::usage, cat(command.get_name(), " needs ", comma_list(missing)),
               usage_of(command));
}

/// CLI11's words, but for those that nobody outside of it would use.
std::string in_our_words(const CLI::ParseError& found) {
  std::string said = found.what();
  const std::string name = said.substr(0, said.find(": "));
  const bool is_mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&found) != nullptr;
  if (is_mismatch && said.ends_with(" missing")) return cat(name, " needs a value");
  // "most" since CLI11 2.6.
  const bool is_repeated = said.contains("At Most 1 ") || said.contains("At most 1 ");
  if (is_mismatch && is_repeated) return cat(name, " takes one value, once");
  const bool excludes = dynamic_cast<const CLI::ExcludesError*>(&found) != nullptr;
  const auto both = said.find(" excludes ");
  if (!excludes || both == std::string::npos) return said;
  return cat(said.substr(0, both), " does not go with ", said.substr(both + 10));
}

/// What CLI11 says of a value that is none of a set, in our words: "--engine: dokcer not in {a,b}".
std::optional<Error> value_of_no_set(std::string_view said) {
  const auto option = cut(said, ':');
  const auto in = said.find(" not in {");
  if (!option || in == said.npos || !said.ends_with('}')) return {};
  const std::string_view typed =
      trim(said.substr(option->first.size() + 1, in - option->first.size() - 1));
  std::string_view listed = said.substr(in + std::string_view(" not in {").size());
  listed.remove_suffix(1);
  std::vector<std::string> values;
  for (const std::string_view value : split(listed, ',')) values.emplace_back(value);
  return Error(
      ErrorKind::usage,
      cat(option->first, ": \"", printable(typed), "\" is not one of ", comma_list(values)),
      hint_of(typed, values, ""));
}

/// Hidden commands are of no group.
bool is_listed(const CLI::App* command) { return !command->get_group().empty(); }

}  // namespace

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands(is_listed)) {
    names.push_back(one->get_name());
  }
  return names;
}

std::string hint_of(std::string_view typed, const std::vector<std::string>& words,
                    std::string_view otherwise, std::string_view before) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  const auto nearest = nearest_word(typed, views);
  return nearest ? cat("did you mean ", before, *nearest, "?") : std::string(otherwise);
}

void take_number(CLI::Option& option, std::uint64_t least, std::uint64_t most) {
  option.check(CLI::Validator(
      [least, most](std::string& text) {
        const auto number = parse_number(text);
        if (number && *number >= least && *number <= most) return std::string();
        return cat('"', printable(text), "\" is not a number from ", least, " to ", most);
      },
      ""));
}

Error mistake_of(const CLI::App& app, const CLI::ParseError& found) {
  const CLI::App& command = command_in(app);
  if (const auto unknown = unknown_word(app)) return *unknown;
  const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&found) != nullptr;
  if (const auto missing = is_missing ? missing_word(command) : std::nullopt) return *missing;
  if (const auto value = value_of_no_set(found.what())) return *value;
  return {ErrorKind::usage, in_our_words(found), cat(words_of(command), " --help says more")};
}

namespace {

void require_folder(const CLI::Option& option) {
  for (const std::string& folder : option.results()) {
    std::error_code ignored;
    if (folder.empty() || std::filesystem::is_directory(folder, ignored)) continue;
    throw Error(ErrorKind::input,
                cat(option.get_name(), ": ", printable(folder, 300), ": no such folder"));
  }
}

}  // namespace

void refuse_empty_values(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App& command = command_in(app);
  if (command.get_group() == "Building" || !is_listed(&command)) return;
  const auto refuse = [](std::string_view name) {
    throw Error(ErrorKind::usage, cat(printable(name), ": it is empty"),
                "perhaps a variable is not set; leave out what you do not need");
  };
  for (std::string_view word : words) {
    if (word == "--") break;
    if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    word.remove_suffix(1);
    refuse(word);
  }
  for (const CLI::App* one = &command; one != nullptr; one = one->get_parent()) {
    for (const CLI::Option* option : one->get_options()) {
      for (const std::string& value : option->results()) {
        if (trim(value).empty()) refuse(option->get_name());
      }
    }
  }
}

void require_files(const CLI::App& app) {
  const CLI::App& command = command_in(app);
  // They write that file where there is none.
  const bool is_login = command.get_name() == "login" || command.get_name() == "logout";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->nonpositional()) continue;
    const std::string& name = option->get_lnames().front();
    if (name == "store-root") require_folder(*option);
    if (!option_words(name).is_read || (is_login && name == "auth-file")) continue;
    std::vector<std::string> files = option->results();
    const std::string set = option->get_default_str();
    if (files.empty() && !set.empty()) files.push_back(set);
    for (const std::string& file : files) require_input(file, option->get_name());
  }
}

}  // namespace n2c::cli
