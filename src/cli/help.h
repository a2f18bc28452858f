#pragma once
/// What `--help` prints, the same with every version of CLI11: its own formatters differ.

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace n2c::cli {

/// To be set on the application before its commands are added, which take it over. A positional's
/// option_text, where it has one, is shown in place of its name. Lines but the usage are at most 80
/// bytes long.
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace n2c::cli
