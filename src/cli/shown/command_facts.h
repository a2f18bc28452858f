#pragma once
/// What help and manual pages say of a command: its arguments, options and inner commands. Nothing
/// here is hidden (of the group "").

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace n2c::cli {

using Options = std::vector<const CLI::Option*>;

struct CommandGroup {
  std::string heading;
  std::vector<const CLI::App*> commands;
};

/// "IMAGE.json", "NAME...".
std::string shown_positional(const CLI::Option& option);
/// "-t", "--tag".
std::vector<std::string> names_of(const CLI::Option& option);
/// "TAG", "{auto,oci,docker}"; empty: a flag.
std::string value_of(const CLI::Option& option);
/// One of option_groups.
std::string_view group_of(const CLI::Option& option);
/// With its default, and what it goes with.
std::string described(const CLI::Option& option);

Options positionals_of(const CLI::App& app);
/// Its own, and of those of the program what every command takes.
Options options_of_page(const CLI::App& app);
/// Those of the program by what people do with them; what has no place there comes last, as "More".
std::vector<CommandGroup> groups_of_commands(const CLI::App& app);

/// As a sentence begins; what is typed so ("gzip[:0-2]", "auto,") stays as it is.
std::string capitalised(std::string text);

}  // namespace n2c::cli
