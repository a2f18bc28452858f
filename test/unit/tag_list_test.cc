#include "registry/client/tag_list.h"

#include <doctest/doctest.h>

namespace tag_list_test {

using namespace n2c;

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

}  // namespace tag_list_test
