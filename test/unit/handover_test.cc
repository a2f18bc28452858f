#include "base/handover.h"

#include <doctest/doctest.h>

#include <string>

#include "base/error.h"
#include "base/thread.h"
#include "test/support/check_fails.h"

namespace handover_test {

using namespace n2c;

namespace {

std::string take(Handover& bytes, std::size_t most) {
  std::string text(most, '\0');
  text.resize(bytes.take(std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("a handover gives one thread's bytes to another in order, in the taker's portions") {
  Handover bytes;
  const std::jthread giver = start_thread([&] {
    bytes.give(bytes_of("abcde"));
    bytes.give({});
    bytes.give(bytes_of("fg"));
    bytes.finish();
  });
  CHECK(take(bytes, 3) == "abc");
  CHECK(take(bytes, 3) == "de");
  CHECK(take(bytes, 3) == "fg");
  CHECK(take(bytes, 3).empty());
  CHECK(take(bytes, 3).empty());
}

TEST_CASE("a handover's failure comes after the bytes that came before it") {
  Handover bytes;
  const std::jthread giver = start_thread([&] {
    bytes.give(bytes_of("ab"));
    bytes.finish(std::make_exception_ptr(Error(ErrorKind::network, "the cable was cut")));
  });
  CHECK(take(bytes, 1) == "a");
  CHECK(take(bytes, 1) == "b");
  CHECK_FAILS(take(bytes, 1), ErrorKind::network, "the cable was cut");
}

TEST_CASE("a giver whose taker has gone stops, whether it waits already or not") {
  Handover bytes;
  bool is_wanted = true;
  {
    const std::jthread giver = start_thread([&] { is_wanted = bytes.give(bytes_of("ab")); });
    CHECK(take(bytes, 1) == "a");
    bytes.close();
  }
  CHECK_FALSE(is_wanted);
  CHECK_FALSE(bytes.give(bytes_of("c")));
}

}  // namespace handover_test
