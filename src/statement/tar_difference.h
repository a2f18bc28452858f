#pragma once
/// Where two layers' tars begin to differ, and how.

#include <optional>
#include <string>

#include "statement/tar_entries.h"

namespace n2c {

struct TarDifference {
  std::string file;  ///< of the first tar; of the second where the first has ended
  std::string why;   ///< for people: "its mode is 0555, and should be 0444"
};

/// Reads both up to the first entry that differs, and no further. `is` is what is there, `should`
/// what was to be there. Nothing when all entries are the same, contents too. Throws as TarEntries
/// does.
std::optional<TarDifference> first_difference(TarEntries& is, TarEntries& should);

}  // namespace n2c
