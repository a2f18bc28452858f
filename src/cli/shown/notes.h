#pragma once
/// What is written by hand for a manual page, beside what --help says: a file of mdoc(7).

#include <filesystem>
#include <map>
#include <string>

namespace n2c::cli {

struct Notes {
  std::string head;                            ///< the .Dd line
  std::string text;                            ///< of the section DESCRIPTION
  std::map<std::string, std::string> options;  ///< by "--name"; what is said after the help's words
  std::string end;                             ///< whole sections, after the examples
};

/// The file's first line is its date (`.Dd`). A line `.\" --NAME` begins what is said of an
/// option, `.\" end` the sections at the end. Throws Error where the file cannot be read.
Notes read_notes(const std::filesystem::path& file);

}  // namespace n2c::cli
