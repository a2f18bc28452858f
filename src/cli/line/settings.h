#pragma once
/// What options are where the command line does not say: from the file
/// $XDG_CONFIG_HOME/n2c/config.toml (or ~/.config), and over it from variables N2C_OPTION. The file
/// is a subset of TOML: lines OPTION = "VALUE", for all commands, or below a [COMMAND] or a
/// ["HOST:PORT"] for those that name a registry there.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"

namespace CLI {
class App;
}

namespace n2c::cli {

struct Setting {
  std::string section;      ///< a command or a host; empty: everywhere
  std::string name, value;  ///< "uploads", "8"
  std::string from;         ///< "N2C_UPLOADS", "/home/ada/.config/n2c/config.toml:3"
};

/// Where the file is; empty where there is no home.
std::filesystem::path settings_file(const Environment& environment);

/// The lines of a file that is called `name`. `app` knows which commands there are. Throws
/// Error{input} for what is not a setting, with the one that may be meant.
std::vector<Setting> read_settings(std::string_view text, const std::string& name,
                                   const CLI::App& app);

/// All that is said, what goes over others last: the file in the order host after command after
/// everywhere, then the variables.
std::vector<Setting> settings_in_force(const CLI::App& app, const Environment& environment);

/// Gives the options that the command line of `app` does not have what is in force for its command
/// and its registry. The build commands and serve take nothing: what these do follows from their
/// arguments alone; nor do hidden ones. Says on standard error which variables of
/// this process may be a mistyped setting.
void apply_settings(CLI::App& app, const Environment& environment);

}  // namespace n2c::cli
