#include "cli/shown/notes.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace n2c::cli {

Notes read_notes(const std::filesystem::path& file) {
  constexpr std::string_view mark = ".\\\" ";
  constexpr std::uint64_t limit = 1 << 20;
  const std::string all = read_argument(file, limit);
  Notes notes;
  std::string* part = &notes.text;
  for (const std::string_view line : split(trim(all), '\n')) {
    if (line.starts_with(".Dd ")) {
      notes.head = line;
    } else if (line == cat(mark, "end")) {
      part = &notes.end;
    } else if (line.starts_with(cat(mark, "--"))) {
      part = &notes.options[std::string(line.substr(mark.size()))];
    } else {
      *part += cat(line, '\n');
    }
  }
  return notes;
}

}  // namespace n2c::cli
