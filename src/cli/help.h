#pragma once
/// What `--help` prints. It is the same with every version of CLI11, whose own formatters differ.

#include <cstddef>
#include <memory>
#include <string>

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace n2c::cli {

/// To be set on the application before its commands are added, for they take it over. A
/// positional's option_text is shown in place of its name. Lines are at most $COLUMNS wide, else as
/// wide as the terminal, or 80 columns; below 40 they do not get.
std::shared_ptr<CLI::FormatterBase> help_formatter();

/// The words of a command as typed: "n2c push".
std::string words_of(const CLI::App& command);
/// How it is used: "n2c push [OPTIONS] IMAGE.json DESTINATION".
std::string usage_of(const CLI::App& command);

/// How wide standard output is: $COLUMNS, the terminal's width, or 80; at least 40.
std::size_t page_columns();

}  // namespace n2c::cli
