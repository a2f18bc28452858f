#include "cli/line/settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/line/mistake.h"
#include "cli/line/stray_variables.h"
#include "console/json_object.h"
#include "go/encoding_json.h"
#include "places/address.h"

namespace n2c::cli {

namespace {

constexpr std::uint64_t largest_settings = 1 << 20;

/// Options that say how this machine or a registry is; all others are of one run.
constexpr std::array<std::string_view, 23> setting_names{"allow-http-redirect",
                                                         "auth-file",
                                                         "ca-file",
                                                         "check-blobs",
                                                         "chunk-size",
                                                         "client-cert",
                                                         "client-key",
                                                         "compression",
                                                         "compression-threads",
                                                         "engine",
                                                         "insecure-skip-tls-verify",
                                                         "layer-index",
                                                         "namespace",
                                                         "plain-http",
                                                         "probes",
                                                         "progress",
                                                         "quiet",
                                                         "retry",
                                                         "retry-max-time",
                                                         "store-root",
                                                         "tls-verify",
                                                         "uploads",
                                                         "via"};

std::string variable_of(std::string_view name) {
  std::string variable = "N2C_";
  for (const char c : name) {
    const bool is_lower = c >= 'a' && c <= 'z';
    variable += c == '-' ? '_' : is_lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return variable;
}

/// This process's variables that are not settings.
std::vector<StrayVariable> strays_here() {
  std::vector<std::string> known;
  for (const std::string_view name : setting_names) known.push_back(variable_of(name));
  return stray_variables(variables_beginning("N2C_"), known);
}

/// Without the quotes around it.
std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                         text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// The line without a comment, which begins outside of quotes.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote == 0 && line[i] == '#') return line.substr(0, i);
    const bool is_quote = line[i] == '"' || line[i] == '\'';
    if (quote == 0 && is_quote) {
      quote = line[i];
    } else if (line[i] == quote) {
      quote = 0;
    }
  }
  return line;
}

bool is_host(std::string_view section) {
  if (section.contains('/')) return false;  // a repository there
  return oci::looks_like_host(section) && oci::Reference::parse(cat(section, "/x")).has_value();
}

void require_section(const Setting& setting, const CLI::App& app) {
  const std::vector<std::string> commands = commands_of(app);
  const bool is_command = std::ranges::find(commands, setting.section) != commands.end();
  if (is_command || is_host(setting.section)) return;
  throw Error(
      ErrorKind::input,
      cat(setting.from, ": [", printable(setting.section), "] is neither a command nor a host"),
      hint_of(setting.section, commands, "such as [push] or [\"registry.example:5000\"]"));
}

/// Whether the line names an image at that registry, or the registry itself.
bool names_host(const CLI::App& command, std::string_view host) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    for (const std::string& word : option->results()) {
      const auto address = Address::parse_source(word);
      const bool is_there = address && address->kind == Address::Kind::registry &&
                            address->reference->repository.host == host;
      if (is_there || word == host) return true;
    }
  }
  return false;
}

bool counts_for(const Setting& setting, const CLI::App& command) {
  return setting.section.empty() || setting.section == command.get_name() ||
         names_host(command, setting.section);
}

void set_default(CLI::Option& option, const Setting& setting) {
  try {
    option.run_callback_for_default()->default_val(setting.value);
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::input, cat(setting.from, ": ", error.what()));
  }
}

}  // namespace

std::filesystem::path settings_file(const Environment& environment) {
  std::filesystem::path folder = environment("XDG_CONFIG_HOME");
  if (!folder.is_absolute()) {
    const std::filesystem::path home = environment("HOME");
    if (!home.is_absolute()) return {};
    folder = home / ".config";
  }
  return folder / "n2c" / "config.toml";
}

std::vector<Setting> read_settings(std::string_view text, const std::string& name,
                                   const CLI::App& app) {
  std::vector<Setting> settings;
  std::string section;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    line = trim(without_comment(line));
    Setting setting{.section = section, .from = cat(name, ":", ++number)};
    if (line.empty()) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      section = unquoted(trim(line.substr(1, line.size() - 2)));
      setting.section = section;
      require_section(setting, app);
      continue;
    }
    const auto both = cut(line, '=');
    if (!both) throw Error(ErrorKind::input, cat(setting.from, ": not OPTION = \"VALUE\""));
    setting.name = unquoted(trim(both->first));
    setting.value = unquoted(trim(both->second));
    if (std::ranges::find(setting_names, setting.name) == setting_names.end()) {
      throw Error(ErrorKind::input,
                  cat(setting.from, ": ", printable(setting.name), " is not a setting"),
                  hint_of(setting.name, {setting_names.begin(), setting_names.end()},
                          "n2c config lists them"));
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::vector<Setting> settings_in_force(const CLI::App& app, const Environment& environment) {
  std::vector<Setting> settings;
  const std::filesystem::path file = settings_file(environment);
  std::error_code not_seen;  // of a home that is another user's
  if (std::filesystem::exists(file, not_seen)) {
    settings = read_settings(read_file(file, largest_settings), file.string(), app);
  }
  const auto rank = [](const Setting& setting) {
    if (setting.section.empty()) return 0;
    return is_host(setting.section) ? 2 : 1;
  };
  std::ranges::stable_sort(settings, {}, rank);
  for (const std::string_view name : setting_names) {
    const std::string variable = variable_of(name);
    const std::string value = environment(variable.c_str());
    if (!value.empty()) settings.push_back({"", std::string(name), value, variable});
  }
  return settings;
}

void apply_settings(CLI::App& app, const Environment& environment) {
  const auto inner = app.get_subcommands();
  if (inner.empty()) return;
  CLI::App& command = *inner.front();
  const bool takes_none = command.get_group() == "Building" || command.get_name() == "serve" ||
                          command.get_name() == "config" || command.get_name() == "completion" ||
                          command.get_group().empty();
  if (takes_none) return;
  for (const StrayVariable& stray : strays_here()) {
    if (!stray.nearest.empty()) terminal::say(cat("n2c: ", words_of(stray)));
  }
  for (const Setting& setting : settings_in_force(app, environment)) {
    CLI::Option* option = command.get_option_no_throw("--" + setting.name);
    // Of load it is how the engine keeps layers.
    const bool is_another =
        command.get_name() == "load" && setting.name == "compression" && setting.section != "load";
    if (option == nullptr || is_another || option->count() != 0) continue;
    if (counts_for(setting, command)) set_default(*option, setting);
  }
}

namespace {

/// What the option is where nothing sets it, as push has it, or the first command that has one.
/// Empty: the command decides.
std::string default_of(const CLI::App& app, std::string_view name) {
  std::vector<const CLI::App*> commands{app.get_subcommand("push")};
  std::ranges::copy(app.get_subcommands({}), std::back_inserter(commands));
  for (const CLI::App* command : commands) {
    const CLI::Option* option = command->get_option_no_throw(cat("--", name));
    if (option != nullptr) return option->get_default_str();
  }
  return {};
}

/// Each setting by its option's name, in the order in which one goes over another.
std::vector<Setting> settings_by_name(const CLI::App& app, const Environment& environment) {
  const auto in_force = settings_in_force(app, environment);
  std::vector<Setting> settings;
  for (const std::string_view name : setting_names) {
    const std::size_t before = settings.size();
    for (const Setting& setting : in_force) {
      if (setting.name == name) settings.push_back(setting);
    }
    if (settings.size() != before) continue;
    settings.push_back({"", std::string(name), default_of(app, name), "default"});
  }
  return settings;
}

/// Of those by name, what counts for a host: what is said everywhere, there or in a variable, the
/// last of these; and for a command what is said of it, where nothing goes over that.
std::vector<Setting> settings_of_host(const std::vector<Setting>& all, std::string_view host,
                                      const CLI::App& app) {
  std::vector<Setting> kept;
  for (const std::string_view name : setting_names) {
    const std::size_t begins = kept.size();
    for (const Setting& setting : all) {
      const bool is_of_other = is_host(setting.section) && setting.section != host;
      if (setting.name != name || is_of_other) continue;
      const bool is_of_command = !setting.section.empty() && setting.section != host;
      if (!is_of_command) kept.resize(begins);
      kept.push_back(setting);
    }
    const bool has_own =
        kept.size() != begins && (kept[begins].section.empty() || kept[begins].section == host);
    if (has_own) continue;
    kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(begins),
                {"", std::string(name), default_of(app, name), "default"});
  }
  return kept;
}

void print_settings(const std::vector<Setting>& settings,
                    const std::vector<StrayVariable>& strays) {
  for (const auto& [section, name, value, from] : settings) {
    const std::string where = section.empty() ? "" : cat(" [", section, "]");
    const std::string variable = from == "default" ? cat("; ", variable_of(name)) : "";
    terminal::print(value.empty() && from == "default"
                        ? cat(name, "  (not set", variable, ")")
                        : cat(name, where, " = ", printable(value), "  (", printable(from, 300),
                              variable, ")"));
  }
  for (const StrayVariable& stray : strays) terminal::print(words_of(stray));
}

void print_settings_json(const std::filesystem::path& file, bool exists, const std::string& host,
                         const std::vector<Setting>& settings,
                         const std::vector<StrayVariable>& strays) {
  go::Json list(go::Json::Array{});
  for (const auto& [section, name, value, from] : settings) {
    const bool is_open = value.empty() && from == "default";
    go::Json one;
    one.set("name", name).set("section", section.empty() ? go::Json() : go::Json(section));
    one.set("value", is_open ? go::Json() : go::Json(value)).set("from", from);
    list.push(std::move(one.set("variable", variable_of(name))));
  }
  go::Json json;
  json.set("command", "config").set("file", file.string()).set("exists", go::Json(exists));
  if (!host.empty()) json.set("host", host);
  json.set("settings", std::move(list));
  go::Json unknown(go::Json::Array{});
  for (const StrayVariable& stray : strays) {
    go::Json one;
    one.set("variable", stray.name);
    one.set("nearest", stray.nearest.empty() ? go::Json() : go::Json(stray.nearest));
    unknown.push(std::move(one));
  }
  json.set("unknown_variables", std::move(unknown));
  print_object("n2c.settings/1", json, JsonForm::indented);
}

struct ConfigArguments {
  std::string host;
  bool json = false;
};

int run_config(const ConfigArguments& arguments, const CLI::App& app) {
  const std::string& host = arguments.host;
  if (!host.empty() && !is_host(host)) {
    throw Error(ErrorKind::usage, cat("HOST: \"", printable(host), "\" is not a host"),
                "as it stands before a repository: registry.example:5000");
  }
  const Environment environment = process_environment();
  const auto file = settings_file(environment);
  std::error_code not_seen;
  const bool exists = std::filesystem::exists(file, not_seen);
  if (!exists) terminal::say(cat(file.string(), ": not there"));
  auto settings = settings_by_name(app, environment);
  if (!host.empty()) settings = settings_of_host(settings, host, app);
  const std::vector<StrayVariable> strays = strays_here();
  if (arguments.json) {
    print_settings_json(file, exists, host, settings, strays);
  } else {
    print_settings(settings, strays);
  }
  return 0;
}

}  // namespace

void add_config_command(CLI::App& app, Invocation& chosen) {
  CLI::App* command = app.add_subcommand(
      "config", "Show each option's value, and the file or variable that sets it");
  const auto arguments = std::make_shared<ConfigArguments>();
  command->add_option("HOST", arguments->host,
                      "show only the values for this registry, HOST[:PORT]");
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([&app, &chosen, arguments] {
    chosen.action = [&app, arguments](std::stop_token) { return run_config(*arguments, app); };
  });
}

}  // namespace n2c::cli
