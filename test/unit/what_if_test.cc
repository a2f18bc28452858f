#include "describe/what_if.h"

#include <doctest/doctest.h>

namespace what_if_test {

using namespace n2c;

namespace {

//     app -> lib -> libc        tool -> libc
const Closure closure = *parse_closure_graph(
    R"([{"path":"app","references":["lib"]},{"path":"lib","references":["libc"]},
        {"path":"libc"},{"path":"tool","references":["libc"]}])");

}  // namespace

TEST_CASE("a path that changes alone costs the layers that hold it") {
  const Resent cost = resent_alone({{{"app"}, 10}, {{"lib", "libc", "tool"}, 300}});
  CHECK(cost.mean == (10 + 3 * 300) / 4);
  CHECK(cost.worst == 300);
  CHECK(cost.worst_path == "lib");
}

TEST_CASE("a path that changes renames what refers to it, and each layer counts once") {
  const Resent cost =
      resent_with_referrers({{{"app"}, 10}, {{"lib", "tool"}, 300}, {{"libc"}, 2000}}, closure);
  // app 10, lib 310, libc all 2310, tool 300
  CHECK(cost.mean == (10 + 310 + 2310 + 300) / 4);
  CHECK(cost.worst == 2310);
  CHECK(cost.worst_path == "libc");
}

TEST_CASE("paths that the closure does not know change alone, and no layers cost nothing") {
  CHECK(resent_with_referrers({{{"other"}, 5}}, closure).worst == 5);
  CHECK(resent_with_referrers({}, closure).mean == 0);
  CHECK(resent_alone({{{}, 7}}).worst_path.empty());
}

}  // namespace what_if_test
