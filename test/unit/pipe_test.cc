#include "base/pipe.h"

#include <doctest/doctest.h>

#include <array>

#include <atomic>
#include <semaphore>
#include <thread>

namespace pipe_test {

using namespace n2c;

namespace {

std::string take(Pipe& pipe, std::size_t most) {
  std::string text(most, '\0');
  const auto taken = pipe.try_read(std::as_writable_bytes(std::span(text)));
  text.resize(taken.count);
  return text;
}

}  // namespace

TEST_CASE("a pipe hands bytes on in order, around its end too") {
  Pipe pipe(8, [] {});
  CHECK(pipe.write(bytes_of("abcdef")));
  CHECK(take(pipe, 4) == "abcd");
  CHECK(pipe.write(bytes_of("ghijk")));
  CHECK(take(pipe, 100) == "efghijk");
}

TEST_CASE("a pipe's end comes after its last byte") {
  Pipe pipe(8, [] {});
  pipe.write(bytes_of("ab"));
  pipe.finish();
  std::array<std::byte, 4> into{};
  auto taken = pipe.try_read(into);
  CHECK(taken.count == 2);
  CHECK_FALSE(taken.at_end);
  taken = pipe.try_read(into);
  CHECK(taken.count == 0);
  CHECK(taken.at_end);
}

TEST_CASE("a reader that found nothing is told once when bytes or the end come") {
  int refills = 0;
  Pipe pipe(8, [&] { ++refills; });
  pipe.write(bytes_of("a"));
  CHECK(refills == 0);
  CHECK(take(pipe, 4) == "a");
  CHECK(take(pipe, 4).empty());
  CHECK(refills == 0);
  pipe.write(bytes_of("b"));
  pipe.write(bytes_of("c"));
  CHECK(refills == 1);
  CHECK(take(pipe, 4) == "bc");
  CHECK(take(pipe, 4).empty());
  pipe.finish();
  CHECK(refills == 2);
}

TEST_CASE("a writer that waits for room wakes when the reader goes") {
  Pipe pipe(4, [] {});
  std::atomic<bool> result = true;
  std::jthread writer([&] { result = pipe.write(bytes_of("much more than four bytes")); });
  while (take(pipe, 4).empty()) std::this_thread::yield();
  pipe.close();
  writer.join();
  CHECK_FALSE(result);
  CHECK_FALSE(pipe.write(bytes_of("x")));
}

TEST_CASE("megabytes pass a small pipe whole, and no wake-up is lost") {
  std::counting_semaphore<> refilled(0);
  Pipe pipe(1000, [&] { refilled.release(); });
  std::string sent;
  for (int i = 0; i < 200'000; ++i) sent += std::to_string(i);
  std::jthread writer([&] {
    std::string_view rest = sent;
    for (std::size_t size = 1; !rest.empty(); size = size * 7 % 4001 + 1) {
      pipe.write(bytes_of(rest.substr(0, size)));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    pipe.finish();
  });
  std::string got;
  std::array<std::byte, 700> block{};
  while (true) {
    const auto taken = pipe.try_read(block);
    got += text_of(ByteView(block).first(taken.count));
    if (taken.at_end) break;
    if (taken.count == 0) refilled.acquire();
  }
  CHECK(got == sent);
}

}  // namespace pipe_test
