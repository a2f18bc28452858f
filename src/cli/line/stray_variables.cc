#include "cli/line/stray_variables.h"

#include <algorithm>

#include "base/nearest_word.h"
#include "base/text.h"

namespace n2c::cli {

std::vector<StrayVariable> stray_variables(const std::vector<std::string>& names,
                                           const std::vector<std::string>& known) {
  constexpr std::string_view prefix = "N2C_";
  std::vector<std::string_view> words;
  for (const std::string& name : known)
    words.push_back(std::string_view(name).substr(prefix.size()));
  std::vector<StrayVariable> strays;
  for (const std::string& name : names) {
    if (name == "N2C_REFERENCE" || std::ranges::find(known, name) != known.end()) continue;
    const auto near = nearest_word(std::string_view(name).substr(prefix.size()), words);
    strays.push_back({name, near ? cat(prefix, *near) : ""});
  }
  return strays;
}

std::string words_of(const StrayVariable& stray) {
  const std::string words = cat(printable(stray.name, 80), " is not a setting");
  return stray.nearest.empty() ? words : cat(words, "; did you mean ", stray.nearest, "?");
}

}  // namespace n2c::cli
