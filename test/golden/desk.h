#pragma once
/// Where the program is run as a user runs it: in a folder, by a shell. $N2C names another program.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace n2c::test {

/// A folder with files that are mistaken for others, in which n2c is run.
class Desk {
 public:
  Desk() {
    write_file(folder_.path() / "image.json",
               R"({"version": 1, "arch": "amd64", "image-config": {}, "layers": []})");
    write_file(folder_.path() / "layers.json", "[]");
    write_file(folder_.path() / "config.json", R"({"Cmd": ["/bin/bash"]})");
    write_file(folder_.path() / "empty", "");
    write_file(folder_.path() / "archive", "\x1f\x8b and more");
    write_file(folder_.path() / "whole.json",
               R"({"os": "linux", "config": {"Cmd": ["/a"]}, "rootfs": {"diff_ids": []}})");
    std::filesystem::create_directory(folder_.path() / "layout");
    write_file(folder_.path() / "layout/oci-layout", "{}");
  }
  ProgramEnd run(std::string_view words) const { return run_with("", words); }
  /// With variables such as "N2C_QUIET=true".
  ProgramEnd run_with(std::string_view variables, std::string_view words) const {
    const char* const other = std::getenv("N2C");
    const std::string program = other == nullptr ? N2C_PROGRAM : other;
    const std::string line = cat("cd '", folder_.path().string(), "' && export HOME=/nowhere ",
                                 variables, " && exec '", program, "' ", words);
    return run_program({.arguments = {"sh", "-c", line}}, {});
  }
  std::filesystem::path folder() const { return folder_.path(); }
  bool holds(const char* name) const { return std::filesystem::exists(folder_.path() / name); }

 private:
  TemporaryFolder folder_;
};

}  // namespace n2c::test
