#pragma once
/// Variables N2C_… of the environment that n2c does not read: mistyped, or of somebody's script.

#include <string>
#include <string_view>
#include <vector>

namespace n2c::cli {

struct StrayVariable {
  std::string name;     ///< "N2C_RETRIE"
  std::string nearest;  ///< "N2C_RETRY"; empty: it is like none that is read
};

/// Those of `names` that are not `known`. N2C_REFERENCE, which n2c itself sets for what
/// --sign-with runs, is none. Pure.
std::vector<StrayVariable> stray_variables(const std::vector<std::string>& names,
                                           const std::vector<std::string>& known);

/// "N2C_RETRIE is not a setting; did you mean N2C_RETRY?". Its value may be a secret and is left
/// out.
std::string words_of(const StrayVariable& stray);

}  // namespace n2c::cli
