#pragma once
/// What `--help` prints. It is the same with every version of CLI11, whose own formatters differ.

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace n2c::cli {

/// To be set on the application before its commands are added, for they take it over. A
/// positional's option_text is shown in place of its name. Lines other than the usage are at most
/// 80 bytes long.
std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace n2c::cli
