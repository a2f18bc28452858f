#include "registry/client/tag_list.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "test/support/check_fails.h"
#include "test/support/host_scene.h"

namespace tag_list_test {

using namespace n2c;
using namespace std::chrono_literals;
using test::HostScene;
using test::SeenRequest;

namespace {

/// A page with these members, which leads to the next by that query.
http::Response page(const std::string& members, const std::string& query) {
  return {.status = 200,
          .headers = {{"Link", cat("</v2/app/x?", query, R"(>; rel="next")")}},
          .body = cat("{", members, "}")};
}

std::string in_quotes(std::string_view text) { return cat('"', text, '"'); }

/// A scene whose every page has these members and leads to another one.
struct EndlessList {
  explicit EndlessList(const std::string& members, Clock::TimePoint::duration each = 0s) {
    scene.transport.when(
        "GET", "r.example",
        [this, members, each](const SeenRequest&) {
          scene.clock.wait(each, {});
          return page(members, cat("p=", ++count));
        },
        1'000'000);
  }
  HostScene scene;
  int count = 0;
};

const std::string index_start =
    R"("schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)";

std::string referrer(std::size_t annotation_bytes) {
  const std::string digest = oci::Digest::of("x").str();
  return cat(index_start, R"({"mediaType":"a/b","digest":")", digest,
             R"(","size":1,"annotations":{"a":")", std::string(annotation_bytes, 'x'), R"("}}])");
}

}  // namespace

TEST_CASE("a Link header leads to the next page by its query alone") {
  using registry::next_page;
  CHECK(next_page(R"(</v2/a/tags/list?n=2&last=b>; rel="next")") == "n=2&last=b");
  CHECK(next_page(R"(<https://elsewhere/x?last=c>;rel=next)") == "last=c");
  CHECK(next_page("</v2/a?last=a b\tc>; rel=next") == "last=a%20b%09c");
  CHECK(next_page(R"(</v2/a?p=1>; rel="prev", </v2/a?p=3>; rel="next")") == "p=3");
  for (const char* link : {"", "<", "/v2/a?n=1; rel=next", R"(</v2/a?n=1>; rel="prev")",
                           R"(</v2/a>; rel="next")", R"(>x<; rel="next")"}) {
    CHECK_FALSE(next_page(link));
  }
}

TEST_CASE("a list whose pages lead in a circle is ended when the first comes again (#23)") {
  HostScene scene;
  for (const char* query : {"p=1", "p=2", "p=1"}) {
    scene.transport.when("GET", "r.example", page(R"("tags":["a"])", query));
  }
  CHECK_FAILS(scene.client->list_tags({}), ErrorKind::registry,
              "the list of tags of app does not end: a page leads back to an earlier one");
  CHECK(scene.transport.requests().size() == 3);
}

TEST_CASE("a list with next to nothing on each of its pages is ended after a thousand (#23)") {
  EndlessList tags(R"("tags":["a"])");
  CHECK_FAILS(tags.scene.client->list_tags({}), ErrorKind::registry, "pages had ");
  CHECK(tags.count < 1200);
  EndlessList referrers(referrer(1));
  CHECK_FAILS(referrers.scene.client->list_referrers(oci::Digest::of("x"), {}), ErrorKind::registry,
              " does not end: ");
  CHECK(referrers.count < 1200);
}

TEST_CASE("a list that takes more than half an hour is ended (#23)") {
  std::string many = in_quotes("t");
  for (int i = 0; i < 30; ++i) many += "," + in_quotes(cat("t", i));
  EndlessList slow(cat(R"("tags":[)", many, "]"), 50s);
  CHECK_FAILS(slow.scene.client->list_tags({}), ErrorKind::registry,
              " does not end: it took 30 min");
  CHECK(slow.count < 50);
}

TEST_CASE("what a list may take of the memory counts over all its pages (#23)") {
  EndlessList referrers(referrer(8 << 20));
  CHECK_FAILS(referrers.scene.client->list_referrers(oci::Digest::of("x"), {}), ErrorKind::registry,
              "does not end: it is above 64.0 MiB");
  CHECK(referrers.count == 8);
  EndlessList tags(cat(R"("tags":[)", in_quotes(std::string(8 << 20, 'x')), "]"));
  CHECK_FAILS(tags.scene.client->list_tags({}), ErrorKind::registry,
              "does not end: it is above 64.0 MiB");
  CHECK(tags.count == 8);
}

TEST_CASE("what is longer than any tag is not taken for one (#23)") {
  HostScene scene;
  const std::string longest(128, 'a');
  const std::string body = cat(R"({"tags":[)", in_quotes(longest), ",", in_quotes(longest + "a"),
                               ",", in_quotes("b"), "]}");
  scene.transport.when("GET", "/tags/list", {.status = 200, .body = body});
  CHECK(scene.client->list_tags({}) == std::vector<std::string>{longest, "b"});
}

}  // namespace tag_list_test
