/// What `--help` says is the same with every version of CLI11 that n2c is built with. $N2C names
/// another program.

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/process.h"
#include "base/text.h"

namespace help_test {

using namespace n2c;

namespace {

ProgramEnd run_n2c(std::vector<std::string> arguments) {
  const char* const other = std::getenv("N2C");
  arguments.insert(arguments.begin(), other == nullptr ? N2C_PROGRAM : other);
  return run_program({.arguments = std::move(arguments)}, {});
}

struct Usage {
  std::string command, arguments;
};

const std::vector<Usage> usages = {
    {"cache", "[SUBCOMMAND]"},
    {"copy", "SOURCE DESTINATION"},
    {"delete", "REFERENCE"},
    {"digest", "IMAGE"},
    {"image", "OUT CONFIG LAYERS..."},
    {"image-from-dir", "OUT DIR"},
    {"image-from-dockertools", "CONF.json [OUT]"},
    {"image-from-manifest", "OUT MANIFEST BLOBS"},
    {"index", "SOURCE... DESTINATION"},
    {"inspect", "IMAGE"},
    {"layers-from-non-reproducible-storepaths", "OUT CLOSURE-GRAPH [PARENT-LAYERS...]"},
    {"layers-from-reproducible-storepaths", "OUT CLOSURE-GRAPH [PARENT-LAYERS...]"},
    {"load", "IMAGE.json [NAME...]"},
    {"login", "[HOST]"},
    {"logout", "[HOST]"},
    {"pull", "REFERENCE OUT"},
    {"push", "IMAGE.json DESTINATION"},
    {"serve", ""},
    {"tags", "REPOSITORY"},
};

}  // namespace

TEST_CASE("what cannot be printed, to a full or a closed standard output, is exit code 8") {
  const char* const other = std::getenv("N2C");
  const std::string program = other == nullptr ? N2C_PROGRAM : other;
  for (const std::string_view arguments :
       {"--version", "--help", "push --help", "completion bash"}) {
    for (const std::string_view to : {">/dev/full", ">&-"}) {
      CAPTURE(arguments);
      CAPTURE(to);
      const ProgramEnd end = run_program(
          {.arguments = {"sh", "-c", cat("exec '", program, "' ", arguments, " ", to)}}, {});
      CHECK(end.exit_code == 8);
      CHECK(end.messages.starts_with("n2c: write to standard output: "));
    }
  }
}

TEST_CASE("the help of every command names its arguments and describes each, 80 columns wide") {
  for (const Usage& usage : usages) {
    CAPTURE(usage.command);
    const ProgramEnd end = run_n2c({usage.command, "--help"});
    CHECK(end.exit_code == 0);
    CHECK(end.messages.empty());
    const std::string line = cat("\nUsage: n2c ", usage.command, " [OPTIONS]",
                                 usage.arguments.empty() ? "" : " ", usage.arguments, "\n");
    CHECK_MESSAGE(end.output.contains(line), end.output);
    CHECK(end.output.contains("\nOptions:\n  -h,--help                   Print this help message"));
    for (const std::string_view shown : split(end.output, '\n')) {
      CHECK((shown.size() <= 80 || shown.starts_with("Usage: ")));
    }
    if (usage.arguments.empty() || usage.arguments == "[SUBCOMMAND]") continue;
    for (std::string_view argument : split(usage.arguments, ' ')) {
      if (argument.starts_with('[')) argument = argument.substr(1, argument.size() - 2);
      CHECK_MESSAGE(end.output.contains(cat("\n  ", argument, " ")), argument);
    }
  }
}

TEST_CASE("the help lists every command with what it does") {
  const ProgramEnd end = run_n2c({"--help"});
  CHECK(end.exit_code == 0);
  CHECK(end.output.contains("\nUsage: n2c [OPTIONS] [SUBCOMMAND]\n"));
  for (const char* const heading : {"\nOptions:\n", "\nBuilding:\n", "\nSubcommands:\n"}) {
    CHECK(end.output.contains(heading));
  }
  for (const Usage& usage : usages) {
    CHECK_MESSAGE(end.output.contains(cat("\n  ", usage.command)), usage.command);
  }
}

TEST_CASE("the version's first line is its name, and what it is made of follows (#21)") {
  const ProgramEnd version = run_n2c({"--version"});
  CHECK(version.exit_code == 0);
  const auto lines = split(version.output, '\n');
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] == "n2c " N2C_VERSION);
  CHECK(lines[1].starts_with("commit "));
  CHECK((lines[2].starts_with("compiler clang ") || lines[2].starts_with("compiler g++ ")));
  CHECK((lines[3].starts_with("libraries ISA-L ") || lines[3].starts_with("libraries zlib ")));
  CHECK(lines[3].contains(", zstd 1."));
  CHECK(lines[3].contains(", curl "));
  CHECK(lines[3].contains("OpenSSL "));
  CHECK(lines[4].starts_with("recipes gzip-"));
  CHECK(lines[4].contains(", zstd-zstd-1."));
  for (const char* const alike : {"-V", "-v", "version"}) {
    CHECK(run_n2c({alike}).output == version.output);
  }
}

TEST_CASE("the help says an option's values, its default, and what it goes with") {
  const std::string load = run_n2c({"load", "--help"}).output;
  CHECK(load.contains("--engine {auto,docker,podman,containerd}"));
  CHECK(load.contains("--namespace TEXT="));
  const std::string serve = run_n2c({"serve", "--help"}).output;
  CHECK(serve.contains("PEM file: its key (with --tls-cert)"));
  CHECK(serve.contains("keep what is pushed in memory (the default) (not"));
  CHECK(run_n2c({"push", "--help"}).output.contains("--retry INT="));
}

TEST_CASE("a command line that is wrong is refused in the same words by every version of CLI11") {
  struct Row {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Row> rows = {
      {{"push"}, "n2c: push needs IMAGE.json, DESTINATION\nhint: n2c push [OPTIONS] IMAGE.json "},
      {{"push", "image.json"}, "n2c: push needs DESTINATION\nhint: n2c push [OPTIONS] IMAGE.json "},
      {{"index"}, "n2c: index needs SOURCE, DESTINATION\n"},
      {{"index", "image.json"}, "n2c: index needs DESTINATION\n"},
      {{"image", "out"}, "image needs CONFIG, LAYERS\nhint: n2c image [OPTIONS] OUT CONFIG "},
      {{"push", "a.json", "b.json", "oci:c"}, "n2c: push takes one image and one destination\n"},
      {{"push", "image.json", "oci:a", "--tag"}, "n2c: --tag needs a value\n"},
      {{"push", "image.json", "oci:a", "-t"}, "n2c: --tag needs a value\n"},
      {{"push", "image.json", "oci:a", "--format", "oci", "--format", "docker"},
       "n2c: --format takes one value, once\n"},
      {{"pull", "a.example/b", "out", "--blob", "--manifest"},
       "n2c: --manifest does not go with --blob\n"},
      {{"inspect", "image.json", "more"},
       "n2c: inspect takes no further argument: more\nhint: n2c inspect [OPTIONS] IMAGE\n"},
      {{"nothing"}, "n2c: \"nothing\" is no command\nhint: commands: layers-from-"},
      {{"load", "image.json", "--engine", "lxc"},
       "n2c: --engine: lxc not in {auto,docker,podman,containerd}\n"},
  };
  for (const Row& row : rows) {
    const ProgramEnd end = run_n2c(row.arguments);
    CHECK(end.exit_code == (row.arguments.front() == "image" ? 1 : 2));
    CHECK(end.output.empty());
    CHECK_MESSAGE(end.messages.starts_with(row.says), end.messages);
  }
}

}  // namespace help_test
