/// What `--help` says is the same with every version of CLI11 that n2c is built with. $N2C names
/// another program.

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/process.h"
#include "base/text.h"

namespace help_test {

using namespace n2c;

namespace {

/// With variables such as "COLUMNS=80".
ProgramEnd run_n2c_in(const std::vector<std::string>& variables,
                      const std::vector<std::string>& arguments) {
  const char* const other = std::getenv("N2C");
  std::vector<std::string> words{"env"};
  words.insert(words.end(), variables.begin(), variables.end());
  words.push_back(other == nullptr ? N2C_PROGRAM : other);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program({.arguments = std::move(words)}, {});
}

ProgramEnd run_n2c(const std::vector<std::string>& arguments) {
  return run_n2c_in({"COLUMNS="}, arguments);
}

/// "NAME" of "  --allow-host NAME   also answer …".
std::string_view option_kind(std::string_view line) {
  const std::string_view text = trim(line);
  const auto space = text.find(' ');
  if (!text.starts_with("--") || space == std::string_view::npos) return "";
  const std::string_view rest = text.substr(space + 1);
  return rest.substr(0, rest.find(' '));
}

struct Usage {
  std::string command, arguments;
};

const std::vector<Usage> usages = {
    {"attach", "REFERENCE FILE"},
    {"cache", "[COMMAND]"},
    {"completion", "SHELL"},
    {"config", "[HOST]"},
    {"copy", "SOURCE DESTINATION"},
    {"delete", "REFERENCE"},
    {"diff", "OLD NEW"},
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
    {"provenance", "IMAGE"},
    {"pull", "REFERENCE OUT"},
    {"push", "IMAGE.json [DESTINATION]"},
    {"referrers", "REFERENCE"},
    {"sbom", "IMAGE"},
    {"serve", ""},
    {"tag", "REFERENCE NEW..."},
    {"tags", "REPOSITORY"},
    {"verify", "IMAGE.json [REFERENCE]"},
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

TEST_CASE("the help of every command names its arguments and describes each") {
  for (const Usage& usage : usages) {
    CAPTURE(usage.command);
    const ProgramEnd end = run_n2c_in({"COLUMNS=200"}, {usage.command, "--help"});
    CHECK(end.exit_code == 0);
    CHECK(end.messages.empty());
    const std::string line = cat("\nUsage: n2c ", usage.command, " [OPTIONS]",
                                 usage.arguments.empty() ? "" : " ", usage.arguments, "\n");
    CHECK_MESSAGE(end.output.contains(line), end.output);
    CHECK(end.output.contains(cat("\n  -h, --help", std::string(18, ' '), "print this help\n")));
    if (usage.arguments.empty() || usage.arguments == "[COMMAND]") continue;
    for (std::string_view argument : split(usage.arguments, ' ')) {
      if (argument.starts_with('[')) argument = argument.substr(1, argument.size() - 2);
      CHECK_MESSAGE(end.output.contains(cat("\n  ", argument, " ")), argument);
    }
  }
}

TEST_CASE("help wraps at $COLUMNS, and at 80 without it (#21)") {
  std::vector<std::string> commands{""};
  for (const Usage& usage : usages) commands.push_back(usage.command);
  for (const std::size_t columns : {0UZ, 24UZ, 30UZ, 40UZ, 60UZ, 80UZ, 120UZ, 200UZ}) {
    std::size_t longest = 0;
    for (const std::string& command : commands) {
      CAPTURE(columns);
      CAPTURE(command);
      const std::string set = columns == 0 ? "COLUMNS=" : cat("COLUMNS=", columns);
      const ProgramEnd end =
          run_n2c_in({set}, command.empty() ? std::vector<std::string>{"--help"}
                                            : std::vector<std::string>{command, "--help"});
      CHECK(end.exit_code == 0);
      for (const std::string_view shown : split(end.output, '\n')) {
        longest = std::max(longest, columns_of(shown));
        // A word that is as long as the line cannot be broken.
        const std::string_view words =
            shown.ends_with(" \\") ? shown.substr(0, shown.size() - 2) : shown;
        const bool is_word = trim(words).find(' ') == std::string_view::npos;
        CHECK_MESSAGE((columns_of(shown) <= (columns == 0 ? 80 : columns) || is_word), shown);
        CHECK_FALSE(shown.ends_with(' '));
      }
    }
    CHECK(longest + 12 > (columns == 0 ? 80 : columns));  // and the width is made use of
  }
}

TEST_CASE(
    "defaults stand in brackets, and a value that is listed or named is not said again (#21)") {
  for (const Usage& usage : usages) {
    CAPTURE(usage.command);
    const ProgramEnd end = run_n2c_in({"COLUMNS=1000"}, {usage.command, "--help"});
    CHECK_FALSE(end.output.contains("; default: "));
    for (const std::string_view line : split(end.output, '\n')) {
      const auto kind = option_kind(line);
      for (const char* const after : {":", ";"}) {
        CHECK_MESSAGE((kind.empty() || !line.contains(cat(" ", kind, after))), line);
      }
      CHECK_MESSAGE(line.find("(not with") == line.rfind("(not with"), line);
      const auto from = line.find('{'), to = line.find('}');
      if (from == std::string_view::npos || to == std::string_view::npos) continue;
      const auto words = split(line.substr(from + 1, to - from - 1), ',');
      if (words.size() < 2) continue;
      const std::string last_two = cat(words[words.size() - 2], " or ", words.back());
      CHECK_MESSAGE(!line.contains(last_two), line);
    }
  }
}

TEST_CASE("options stand in groups, without words of a library, and examples follow (#21)") {
  for (const Usage& usage : usages) {
    CAPTURE(usage.command);
    const std::string help = run_n2c({usage.command, "--help"}).output;
    for (const char* const inner : {"TEXT", "INT", " in [", "(2x)", " VALUE\n", " VALUE ",
                                    "BOOLEAN", "Registry:", "Options:"}) {
      CHECK_MESSAGE(!help.contains(inner), inner);
    }
    CHECK(help.contains("\nOutput:\n"));
    CHECK(help.contains("-d, -v, --debug, --verbose"));
    const auto examples = help.find("\nExamples:\n");
    REQUIRE(examples != std::string::npos);
    const auto lines = split(trim(std::string_view(help).substr(examples + 11)), '\n');
    CHECK(lines.size() >= 1);
    CHECK(lines.size() <= 6);  // three, some on two lines
    for (const std::string_view line : lines) {
      for (const std::string_view word : split(line, ' ')) {
        const bool is_option = word.starts_with('-') && word.size() > 1;
        if (is_option) CHECK_MESSAGE(help.substr(0, examples).contains(word), word);
      }
    }
  }
  const std::string push = run_n2c({"push", "--help"}).output;
  std::size_t at = 0;
  for (const char* const group :
       {"\nArguments:\n", "\nWhat:\n", "\nWhere:\n", "\nCompression:\n", "\nLogin:\n", "\nTLS:\n",
        "\nLimits:\n", "\nOutput:\n", "\nExamples:\n"}) {
    CAPTURE(group);
    const auto found = push.find(group);
    REQUIRE(found != std::string::npos);
    CHECK(found > at);
    at = found;
  }
  CHECK(push.contains("--chunk-size SIZE"));
  for (const char* const other : {"login", "pull", "tags", "inspect", "delete"}) {
    CHECK_FALSE(run_n2c({other, "--help"}).output.contains("--chunk-size"));
  }
}

TEST_CASE("an option that a command and the one above it take stands in the help once (#21)") {
  const std::string help = run_n2c({"cache", "show", "--help"}).output;
  const std::size_t at = help.find("  --json");
  CHECK_MESSAGE(at != std::string::npos, help);
  CHECK_MESSAGE(help.find("  --json", at + 1) == std::string::npos, help);
}

TEST_CASE("the help lists every command with what it does, by what people do (#21)") {
  const ProgramEnd end = run_n2c({"--help"});
  CHECK(end.exit_code == 0);
  CHECK(end.output.contains("\nUsage: n2c [OPTIONS] [COMMAND]\n"));
  std::size_t at = 0;
  for (const char* const heading :
       {"\nBuild an image:\n", "\nSend and fetch images:\n", "\nLook at images:\n",
        "\nRegistries:\n", "\nn2c itself:\n", "\nOutput:\n"}) {
    CAPTURE(heading);
    const auto found = end.output.find(heading);
    REQUIRE(found != std::string::npos);
    CHECK(found > at);
    at = found;
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
  CHECK(load.contains("--namespace NAME"));
  CHECK(load.contains("containerd's namespace (default: default)"));
  const std::string serve = run_n2c({"serve", "--help"}).output;
  CHECK(serve.contains("PEM file: its key (with --tls-cert)"));
  CHECK(serve.contains("keep what is pushed in memory (the default) (not"));
  CHECK(run_n2c({"push", "--help"}).output.contains("  --retry N "));
}

TEST_CASE("a command line that is wrong is refused in the same words by every version of CLI11") {
  struct Row {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Row> rows = {
      {{"push"}, "n2c: push needs IMAGE.json\nhint: n2c push [OPTIONS] IMAGE.json "},
      {{"push", "image.json"}, "n2c: push needs DESTINATION\nhint: n2c push [OPTIONS] IMAGE.json "},
      {{"index"}, "n2c: index needs SOURCE, DESTINATION\n"},
      {{"index", "image.json"}, "n2c: index needs DESTINATION\n"},
      {{"image", "out"}, "n2c: image needs CONFIG, LAYERS\nhint: n2c image [OPTIONS] OUT CONFIG "},
      {{"push", "a.json", "b.json", "oci:c"}, "n2c: push takes one image and one destination\n"},
      {{"push", "image.json", "oci:a", "--tag"}, "n2c: --tag needs a value\n"},
      {{"push", "image.json", "oci:a", "-t"}, "n2c: --tag needs a value\n"},
      {{"push", "image.json", "oci:a", "--format", "oci", "--format", "docker"},
       "n2c: --format takes one value, once\n"},
      {{"pull", "a.example/b", "out", "--blob", "--manifest"},
       "n2c: --blob does not go with --manifest\n"},
      {{"inspect", "image.json", "more"},
       "n2c: inspect takes no further argument: more\nhint: n2c inspect [OPTIONS] IMAGE\n"},
      {{"nothing"}, "n2c: \"nothing\" is not a command\nhint: commands: layers-from-"},
      {{"load", "image.json", "--engine", "lxc"},
       "n2c: --engine: \"lxc\" is not one of auto, docker, podman, containerd\n"},
  };
  for (const Row& row : rows) {
    const ProgramEnd end = run_n2c(row.arguments);
    CHECK(end.exit_code == (row.arguments.front() == "image" ? 1 : 2));
    CHECK(end.output.empty());
    CHECK_MESSAGE(end.messages.starts_with(row.says), end.messages);
  }
}

}  // namespace help_test
