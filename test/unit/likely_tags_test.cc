#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "remote/likely_tags.h"

namespace likely_tags_test {

using namespace n2c;

namespace {

using Tags = std::vector<std::string>;

Tags numbered(std::string_view prefix, int count) {
  Tags tags;
  for (int i = 1; i <= count; ++i) tags.push_back(std::string(prefix) + std::to_string(i));
  return tags;
}

bool has(const Tags& tags, std::string_view tag) {
  return std::ranges::find(tags, tag) != tags.end();
}

}  // namespace

TEST_CASE("a tag's form is the same for other commits, versions, dates and pull requests") {
  CHECK(form_of_tag("main-3f2a1bc") == "main-#");
  CHECK(form_of_tag("main-90ab12cd") == "main-#");
  CHECK(form_of_tag("3f2a1bc9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f") == "#");
  CHECK(form_of_tag("v1.14.0-rc2") == "v#.#.#-rc#");
  CHECK(form_of_tag("2024-05-01") == "#-#-#");
  CHECK(form_of_tag("20240501") == "#");
  CHECK(form_of_tag("pr-123") == "pr-#");
  CHECK(form_of_tag("feedback") == "feedback");  // seven hex digits and more would be a hash
  CHECK(form_of_tag("deadbee") == "#");
  CHECK(form_of_tag("") == "");
}

TEST_CASE("numbers in tags count as numbers when tags are ordered") {
  CHECK(comes_before_naturally("v9", "v10"));
  CHECK_FALSE(comes_before_naturally("v10", "v9"));
  CHECK(comes_before_naturally("1.9.9", "1.10.0"));
  CHECK(comes_before_naturally("a", "b"));
  CHECK(comes_before_naturally("v1", "v1.1"));
  CHECK_FALSE(comes_before_naturally("v1", "v1"));
  CHECK(comes_before_naturally("x99999999999999999998", "x99999999999999999999"));
  CHECK(comes_before_naturally("01", "1") != comes_before_naturally("1", "01"));
}

TEST_CASE("latest comes first, then the version before the one that is pushed") {
  const auto likely = likely_tags(Tags{"1.0.0", "1.9.0", "1.10.0", "2.0.0", "latest"}, "1.11.0");
  REQUIRE(likely.size() == 5);
  CHECK(likely[0] == "latest");
  CHECK(likely[1] == "1.10.0");
  CHECK(likely[2] == "2.0.0");
}

TEST_CASE("of ten thousand commits eight are looked at, and most are commits") {
  Tags tags;
  for (int i = 0; i < 10000; ++i) {
    std::string hash = std::to_string(1000000 + i * 7);
    tags.push_back("main-" + hash);
    tags.push_back("dev-" + hash);
  }
  const auto likely = likely_tags(tags, "main-abcdef0");
  REQUIRE(likely.size() == most_likely_tags);
  for (const std::string& tag : likely) CHECK(tag.starts_with("main-"));
}

TEST_CASE("a pull request looks at its neighbours and at the default branch") {
  Tags tags = numbered("pr-", 200);
  tags.insert(tags.end(), {"main", "master", "latest"});
  const auto likely = likely_tags(tags, "pr-150");
  CHECK(likely[0] == "latest");
  CHECK(likely[1] == "pr-149");
  CHECK(has(likely, "main"));
  CHECK(has(likely, "pr-200"));
  CHECK_FALSE(has(likely, "pr-150"));
}

TEST_CASE("a branch of its own looks at default branches, what begins alike, and the newest") {
  const auto likely =
      likely_tags(Tags{"feature-login-2", "develop", "v1", "v2", "zeta"}, "feature-login");
  CHECK(likely == Tags{"develop", "feature-login-2", "zeta", "v2", "v1"});
}

TEST_CASE("tags that hold no image are not looked at") {
  const std::string hex(64, 'a');
  const Tags tags{"sha256-" + hex, "sha256-" + hex + ".sig", "v1.att", "v1.sbom", "v1.sig", "v1"};
  CHECK(likely_tags(tags, "v2") == Tags{"v1"});
}

TEST_CASE("no tags, and none but the one that is pushed, give nothing to look at") {
  CHECK(likely_tags({}, "v1").empty());
  CHECK(likely_tags(Tags{"v1"}, "v1").empty());
  CHECK(likely_tags(Tags{"a", "b", "c"}, "d", 2).size() == 2);
}

}  // namespace likely_tags_test
