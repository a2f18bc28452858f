#include "http/headers.h"

#include <doctest/doctest.h>

#include "http/transport.h"

namespace headers_test {

using namespace n2c::http;

TEST_CASE("header names compare without regard to case") {
  Headers headers{{"Content-Type", "a"}, {"X", "1"}};
  CHECK(headers.find("content-TYPE") == "a");
  CHECK_FALSE(headers.find("content"));
  headers.set("CONTENT-type", "b");
  CHECK(headers.find("Content-Type") == "b");
  CHECK(headers.lines().size() == 2);
  headers.remove("x");
  CHECK_FALSE(headers.find("X"));
}

TEST_CASE("lines of one name keep their order") {
  Headers headers;
  headers.add("WWW-Authenticate", "Bearer");
  headers.add("www-authenticate", "Basic");
  CHECK(headers.find("WWW-Authenticate") == "Bearer");
  CHECK(headers.find_all("WWW-Authenticate") == std::vector<std::string>{"Bearer", "Basic"});
}

TEST_CASE("methods are written in capitals") {
  CHECK(name_of(Method::delete_) == "DELETE");
  CHECK(name_of(Method::patch) == "PATCH");
}

}  // namespace headers_test
