#pragma once
/// What is wrong with a command line that was not understood.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace n2c::cli {

/// Has the option take whole numbers from `least` to `most` alone, in words of our own.
void take_number(CLI::Option& option, std::uint64_t least, std::uint64_t most);

/// An Error{usage} of what CLI11 found when `app` parsed a command line: words that are not known
/// come first, with those that may be meant.
Error mistake_of(const CLI::App& app, const CLI::ParseError& found);

/// The commands of `app`, as they are typed.
std::vector<std::string> commands_of(const CLI::App& app);

/// "did you mean X?" with the one of `words` that `typed` is nearest to, `before` before it; or
/// `otherwise`.
std::string hint_of(std::string_view typed, const std::vector<std::string>& words,
                    std::string_view otherwise, std::string_view before = "");

/// Throws Error{usage} for an option or argument of the line that was given an empty value, as an
/// unset variable does ("--sign-with \"$SIGNER\""): it would count as not given, and what it was to
/// ensure would not happen. `words` are the line as it was typed. The build commands are left out,
/// since upstream takes "" for "not given" (docs/format.md H3.1), and hidden ones.
void refuse_empty_values(const CLI::App& app, const std::vector<std::string>& words);

/// Throws Error{input} for an option of the line that names a file to read which is not there.
void require_files(const CLI::App& app);

}  // namespace n2c::cli
