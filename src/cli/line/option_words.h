#pragma once
/// How an option is shown: below which heading, and what its value is called.

#include <array>
#include <string_view>

namespace n2c::cli {

/// The headings, in the order in which --help has them.
inline constexpr std::array<std::string_view, 7> option_groups{
    "What", "Where", "Compression", "Login", "TLS", "Limits", "Output"};

struct OptionWords {
  std::string_view group, value;
  bool is_read = false;  ///< the value is a file that has to be there
};

/// Those of the option that is called `--NAME`, of whichever command.
OptionWords option_words(std::string_view name);

}  // namespace n2c::cli
