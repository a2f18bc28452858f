#include "describe/image_diff.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace image_diff_test {

using namespace n2c;

namespace {

using Kind = PathChange::Kind;

/// "a:hello-2.12": a store path whose hash is that letter, repeated.
std::string store_path(std::string_view text) {
  return cat("/nix/store/", std::string(32, text[0]), "-", text.substr(2));
}

/// A layer of these paths, of 10 bytes each; its diff_id is told by what is in it.
ComparedLayer layer(const std::vector<std::string>& paths) {
  ComparedLayer made{.diff_id = "", .size = 10 * paths.size()};
  for (const std::string& path : paths) {
    made.paths.push_back({store_path(path), 10});
    made.diff_id += path + " ";
  }
  return made;
}

Closure closure_of(const std::vector<std::vector<std::string>>& nodes) {
  std::string json;
  for (const auto& node : nodes) {
    std::string references;
    for (std::size_t i = 1; i < node.size(); ++i) {
      references += cat(i > 1 ? "," : "", "\"", store_path(node[i]), "\"");
    }
    json += cat(json.empty() ? "" : ",", R"({"path":")", store_path(node[0]), R"(","references":[)",
                references, "]}");
  }
  return *parse_closure_graph(cat("[", json, "]"));
}

std::vector<std::string> told(const ImageDiff& diff) {
  std::vector<std::string> lines;
  for (const PathChange& change : diff.paths) {
    const char* const kinds[] = {"came", "went", "changed", "moved"};
    lines.push_back(
        cat(kinds[static_cast<int>(change.kind)], " ", change.layer, " ",
            name_of_store_path(change.path),
            change.before.empty() ? "" : cat(" was ", name_of_store_path(change.before)),
            change.refers_to_changed ? " refers" : ""));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("two images alike differ in nothing") {
  const std::vector<ComparedLayer> image{layer({"a:glibc-2.40"}), layer({"b:app"})};
  const ImageDiff diff = diff_images(image, image, {});
  CHECK(diff.sent.empty());
  CHECK(diff.gone.empty());
  CHECK(diff.sent_size == 0);
  CHECK(diff.paths.empty());
}

TEST_CASE("a changed path sends its layer, and what was in that layer with it") {
  const std::vector<ComparedLayer> before{layer({"a:glibc-2.40"}), layer({"b:app", "c:data"})};
  const std::vector<ComparedLayer> after{layer({"a:glibc-2.40"}), layer({"d:app", "c:data"})};
  const ImageDiff diff = diff_images(before, after, {});
  CHECK(diff.sent == std::vector<std::size_t>{1});
  CHECK(diff.gone == std::vector<std::size_t>{1});
  CHECK(diff.sent_size == 20);
  CHECK(diff.why.changed == 10);
  CHECK(diff.why.unchanged == 10);
  CHECK(told(diff) == Lines{"changed 1 app was app"});
}

TEST_CASE("what refers to something that changed is told apart from it by the closure graph") {
  const std::vector<ComparedLayer> before{layer({"a:lib-1.0"}), layer({"b:tool"}),
                                          layer({"c:app"})};
  const std::vector<ComparedLayer> after{layer({"d:lib-1.1"}), layer({"e:tool"}), layer({"f:app"})};
  const ImageDiff diff = diff_images(
      before, after, closure_of({{"f:app", "e:tool"}, {"e:tool", "d:lib-1.1"}, {"d:lib-1.1"}}));
  CHECK(told(diff) == Lines{"changed 0 lib-1.1 was lib-1.0", "changed 1 tool was tool refers",
                            "changed 2 app was app refers"});
  CHECK(diff.why.changed == 10);
  CHECK(diff.why.referring == 20);
  CHECK(diff_images(before, after, {}).why.changed == 30);
}

TEST_CASE("paths come, go and move, and a version is not mistaken for a name") {
  const std::vector<ComparedLayer> before{layer({"a:gtk+3-3.24"}), layer({"b:x", "c:old-tool-1"})};
  const std::vector<ComparedLayer> after{layer({"d:gtk+3-3.25", "b:x"}), layer({"e:new"})};
  CHECK(told(diff_images(before, after, {})) == Lines{"came 1 new", "went 1 old-tool-1",
                                                      "changed 0 gtk+3-3.25 was gtk+3-3.24",
                                                      "moved 0 x"});
}

TEST_CASE("a layer that only went to another place is not sent") {
  const std::vector<ComparedLayer> before{layer({"a:one"}), layer({"b:two"})};
  const std::vector<ComparedLayer> after{layer({"b:two"}), layer({"a:one"})};
  const ImageDiff diff = diff_images(before, after, {});
  CHECK(diff.sent.empty());
  CHECK(diff.paths.empty());
}

TEST_CASE("layers without known paths are compared by their diff_ids alone") {
  const std::vector<ComparedLayer> before{{.diff_id = "sha256:a", .size = 5}};
  const std::vector<ComparedLayer> after{{.diff_id = "sha256:a", .size = 5},
                                         {.diff_id = "sha256:b", .size = 7},
                                         {.diff_id = "sha256:b", .size = 7}};
  const ImageDiff diff = diff_images(before, after, {});
  CHECK(diff.sent == std::vector<std::size_t>{1});
  CHECK(diff.sent_size == 7);
}

TEST_CASE("a store path's name is what stands behind its hash") {
  CHECK(name_of_store_path(store_path("a:hello-2.12")) == "hello-2.12");
  CHECK(name_of_store_path("/other/folder/hello") == "hello");
  CHECK(name_of_store_path("hello") == "hello");
}

}  // namespace image_diff_test
