/// Mistakes at the command line, and what a user reads. $N2C names another program.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace mistakes_test {

using namespace n2c;

namespace {

/// A folder with files that are mistaken for others, in which n2c is run.
class Desk {
 public:
  Desk() {
    write_file(folder_.path() / "image.json",
               R"({"version": 1, "arch": "amd64", "image-config": {}, "layers": []})");
    write_file(folder_.path() / "layers.json", "[]");
    write_file(folder_.path() / "config.json", R"({"Cmd": ["/bin/bash"]})");
    write_file(folder_.path() / "whole.json",
               R"({"os": "linux", "config": {"Cmd": ["/a"]}, "rootfs": {"diff_ids": []}})");
    std::filesystem::create_directory(folder_.path() / "layout");
    write_file(folder_.path() / "layout/oci-layout", "{}");
  }
  ProgramEnd run(std::string_view words) const {
    const char* const other = std::getenv("N2C");
    const std::string program = other == nullptr ? N2C_PROGRAM : other;
    const std::string line =
        cat("cd '", folder_.path().string(), "' && exec '", program, "' ", words);
    return run_program({.arguments = {"sh", "-c", line}}, {});
  }
  bool holds(const char* name) const { return std::filesystem::exists(folder_.path() / name); }

 private:
  TemporaryFolder folder_;
};

struct Mistake {
  std::string_view words;
  int exit_code;
  std::string_view first, hint;
};

}  // namespace

TEST_CASE("what is mistaken for an image.json is named, with what to do (#21)") {
  const Desk desk;
  const Mistake mistakes[] = {
      {"push 127.0.0.1:1/app:1 image.json", 2,
       "image.json is a file, and 127.0.0.1:1/app:1 is none",
       "the image comes first: n2c push IMAGE.json DESTINATION"},
      {"push layout oci:out", 3, "layout is a folder, and an image.json was due",
       "an OCI layout is copied: n2c copy oci:layout DESTINATION"},
      {"push . oci:out", 3, ". is a folder, and an image.json was due",
       "IMAGE is the image.json that nix build makes, mostly ./result"},
      {"push layers.json oci:out", 3, "layers.json: ",
       "a list is a layers.json or a closure graph: n2c image makes an image.json of layers"},
      {"push config.json oci:out", 3,
       "config.json: ", "n2c image makes an image.json of a config and layers"},
  };
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.words);
    const ProgramEnd end = desk.run(mistake.words);
    CAPTURE(end.messages);
    CHECK(end.exit_code == mistake.exit_code);
    CHECK(end.messages.starts_with(cat("n2c: ", mistake.first)));
    CHECK(end.messages.ends_with(cat("hint: ", mistake.hint, "\n")));
    CHECK_FALSE(desk.holds("out"));
  }
}

TEST_CASE("a whole OCI config is not taken for the part of it that n2c image wants (#21)") {
  const Desk desk;
  const ProgramEnd end = desk.run("image out whole.json layers.json");
  CHECK(end.exit_code == 1);
  CHECK(end.messages.ends_with(
      "whole.json is a whole OCI image config; its member \"config\" belongs here\n"
      "hint: jq .config takes it out\n"));
  CHECK_FALSE(desk.holds("out"));
}

TEST_CASE("options that contradict each other, or name another registry, are refused (#21)") {
  const Desk desk;
  const ProgramEnd reuse =
      desk.run("push image.json 127.0.0.1:1/app:1 --reuse-from app:2 --no-reuse");
  CHECK(reuse.exit_code == 2);
  CHECK(reuse.messages.starts_with("n2c: --reuse-from names what to reuse, and --no-reuse says "));
  for (const char* const other : {"other.example/app", "127.0.0.1:2/app", "localhost/app"}) {
    const ProgramEnd mount =
        desk.run(cat("push image.json 127.0.0.1:1/app:1 --mount-from ", other));
    CHECK(mount.exit_code == 2);
    CHECK(mount.messages.starts_with(
        cat("n2c: --mount-from: \"", other, "\" is no repository of 127.0.0.1:1\n")));
  }
}

TEST_CASE("a file for the result that cannot be written is told before anything is sent (#21)") {
  const Desk desk;
  for (const char* const command :
       {"push image.json oci:out", "push --index linux/amd64=image.json oci:out",
        "index linux/amd64=image.json oci:out", "copy ./image.json oci:out"}) {
    for (const char* const file : {"none/digest", "layout", "image.json/digest"}) {
      const ProgramEnd end = desk.run(cat(command, " --digest-file ", file));
      CAPTURE(command);
      CAPTURE(end.messages);
      CHECK(end.exit_code == 8);
      CHECK(end.messages.starts_with(cat("n2c: --digest-file: open ", file, ": ")));
      CHECK_FALSE(desk.holds("out"));
    }
  }
  const ProgramEnd id = desk.run("push image.json oci:out --image-id-file none/id");
  CHECK(id.exit_code == 8);
  CHECK_FALSE(desk.holds("out"));
  CHECK(desk.run("push image.json oci:out --digest-file /dev/stdout -q").exit_code == 0);
}

}  // namespace mistakes_test
