#include "registry/client/upload_body.h"

#include <doctest/doctest.h>

#include <string>

namespace upload_body_test {

using namespace n2c;
using registry::UploadBody;
using registry::UploadPlan;

namespace {

UploadPlan::Send chunk(std::uint64_t first, std::uint64_t count) {
  return {.to = "s1", .first = first, .count = count, .ranged = true};
}

std::string text_of_body(const http::Body& body) {
  std::string text(static_cast<std::size_t>(*body.length), '\0');
  const auto reader = body.source->open(body.offset);
  text.resize(read_full(*reader, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("a chunk that was too large goes in parts, and its end is that of its last part") {
  const MemorySource source("abcdefghij");
  UploadBody body(source, false);
  CHECK(text_of_body(body.body_of(chunk(0, 100))) == "abcdefghij");
  CHECK(body.at_end());  // refused by 413: the registry takes less
  CHECK(text_of_body(body.body_of(chunk(0, 4))) == "abcd");
  CHECK_FALSE(body.at_end());
  CHECK(text_of_body(body.body_of(chunk(4, 4))) == "efgh");
  CHECK_FALSE(body.at_end());
  CHECK(text_of_body(body.body_of(chunk(8, 4))) == "ij");
  CHECK(body.at_end());
  CHECK(body.sum().size == 10);
}

TEST_CASE("parts of a chunk are followed by what is behind it") {
  const MemorySource source("abcdefghij");
  UploadBody body(source, false);
  CHECK(text_of_body(body.body_of(chunk(0, 8))) == "abcdefgh");
  CHECK_FALSE(body.at_end());
  CHECK(text_of_body(body.body_of(chunk(0, 5))) == "abcde");
  CHECK(text_of_body(body.body_of(chunk(5, 5))) == "fgh");
  CHECK_FALSE(body.at_end());
  CHECK(text_of_body(body.body_of(chunk(8, 5))) == "ij");
  CHECK(body.at_end());
}

}  // namespace upload_body_test
