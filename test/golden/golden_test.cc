/// Every case of fixtures/golden: the command is run as its users run it, and what it
/// writes is what upstream wrote, byte for byte. N2C_ACCEPT=1 rewrites what is expected; $N2C
/// names another program than the one that was built.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "image/image_json.h"
#include "test/support/fixtures.h"
#include "transfer/push.h"

namespace golden_test {

using namespace n2c;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_fixture = 16 << 20;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Where two texts part: "byte 17 (line 2): expected "sha…", got "sha…"".
std::string first_difference(const std::string& expected, const std::string& got) {
  const auto [at, unused] = std::ranges::mismatch(expected, got);
  const auto offset = static_cast<std::size_t>(at - expected.begin());
  const auto line = std::count(expected.begin(), at, '\n') + 1;
  const std::size_t from = offset < 20 ? 0 : offset - 20;
  return cat("byte ", offset, " (line ", line, "): expected \"",
             printable(std::string_view(expected).substr(from), 60), "\", got \"",
             printable(std::string_view(got).substr(std::min(from, got.size())), 60), "\"");
}

void check_bytes(const fs::path& file, const std::string& got) {
  CAPTURE(file.string());
  if (std::getenv("N2C_ACCEPT") != nullptr) write_file(file, got);
  const std::string expected = read_file(file, max_fixture);
  if (expected != got) FAIL_CHECK(first_difference(expected, got));
}

/// A case being run: its folder, and folders for the store and the output.
class Case {
 public:
  explicit Case(fs::path folder) : folder_(std::move(folder)) {
    fs::create_directories(out());
    fs::create_directories(root());
    if (fs::exists(folder_ / "tree.tar")) {
      const auto end = run_program(
          {.arguments = {"tar", "-xpf", (folder_ / "tree.tar").string(), "-C", root().string()}},
          {});
      REQUIRE(end.exit_code == 0);
    }
    description_ = *go::Json::parse(read_file(folder_ / "case.json", max_fixture));
  }

  void check() {
    run();
    CHECK(end_.exit_code == *description_.find("exit")->as_int());
    CHECK(end_.output.empty());
    if (end_.exit_code != 0) check_failure();
    for (const char* const file : {"layers.json", "image.json"}) {
      const bool expected = fs::exists(expect(file));
      CHECK(fs::exists(out() / file) == expected);
      if (expected) check_bytes(expect(file), written(file));
    }
    if (fs::exists(out() / "image.json")) check_image();
  }

 private:
  fs::path out() const { return temporary_.path() / "out"; }
  fs::path root() const { return temporary_.path() / "root"; }
  fs::path expect(std::string_view file) const { return folder_ / "expect" / file; }

  void run() {
    const char* const other = std::getenv("N2C");
    std::vector<std::string> arguments{other == nullptr ? N2C_PROGRAM : other};
    for (const go::Json& argument : *description_.find("argv")->as_array()) {
      arguments.push_back(replaced(*argument.as_string(), "{out}", out().string()));
    }
    arguments.insert(arguments.end(), {"--store-root", root().string()});
    fs::current_path(folder_);
    end_ = run_program({.arguments = arguments}, {});
  }

  std::string written(std::string_view file) const {
    return replaced(read_file(out() / file, max_fixture), out().string(), "{out}");
  }

  /// error.txt has upstream's words; says.txt has ours.
  void check_failure() const {
    check_bytes(expect("says.txt"), replaced(end_.messages, out().string(), "{out}"));
    CHECK(fs::is_empty(out()));
  }

  /// A push without compression sends this manifest and config, and every layer has its digest.
  void check_image() const {
    const Image image = load_image_json(out() / "image.json", {.root = root()});
    std::vector<oci::Descriptor> layers;
    for (const Layer& layer : image.layers) {
      layers.push_back(layer.blob.descriptor);
      const auto reader = layer.blob.bytes->open();
      CHECK(skip(*reader, UINT64_MAX) == layer.blob.descriptor.size);
    }
    check_bytes(expect("manifest.json"),
                make_manifest(image, layers, ManifestFormat::oci, {}).to_json());
    check_bytes(expect("config-blob.json"), image.config_json);
  }

  fs::path folder_;
  TemporaryFolder temporary_;
  go::Json description_;
  ProgramEnd end_;
};

}  // namespace

TEST_CASE("every golden case comes out as upstream wrote it") {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(test::fixture_path("golden"))) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  CHECK(folders.size() == 43);
  for (const fs::path& folder : folders) {
    INFO(folder.filename().string());
    Case(folder).check();
  }
}

}  // namespace golden_test
