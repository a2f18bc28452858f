#include "registry/server/store/combined_store.h"

#include <doctest/doctest.h>

#include "registry/server/store/memory_store.h"
#include "test/support/put_blob.h"

namespace combined_store_test {

using namespace n2c;
using namespace n2c::registry;

TEST_CASE("of two stores as one, the first one's repositories take no pushes") {
  MemoryStore fixed, other;
  const oci::Digest hello = test::put_blob(fixed, "served", "hello");
  test::put_blob(other, "pushed", "other");
  CombinedStore store(fixed, other);
  CHECK_FALSE(store.takes_pushes("served"));
  CHECK(store.takes_pushes("new"));
  CHECK(store.repositories() == std::vector<std::string>{"pushed", "served"});
  CHECK(store.stat("served", hello) == 5);
  CHECK_FALSE(store.mount("pushed", hello, "served"));
}

}  // namespace combined_store_test
