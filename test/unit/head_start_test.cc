/// Which of the layers that an engine fetches at once waits for another.

#include "serve/head_start.h"

#include <doctest/doctest.h>

#include <future>

#include "test/support/layered_image.h"
#include "test/support/moved_clock.h"

namespace head_start_test {

using namespace n2c;

namespace {

/// Layers of these sizes.
std::vector<Blob> layers_of(const std::vector<std::uint64_t>& sizes) {
  std::vector<std::string> texts;
  for (const std::uint64_t size : sizes) {
    texts.emplace_back(size, static_cast<char>('a' + texts.size()));
  }
  std::vector<Blob> layers;
  const Image image = test::layered_image(texts);
  for (const Layer& layer : image.layers) layers.push_back(layer.blob);
  return layers;
}

std::unique_ptr<Reader> ask(HeadStart& start, const Blob& layer) {
  return start.pace(layer, layer.bytes->open());
}

/// The layer, read by an engine that asked for it, on a thread of its own.
std::future<std::string> fetch(HeadStart& start, const Blob& layer) {
  return std::async(std::launch::async, [&start, &layer] {
    return read_all(*ask(start, layer), layer.descriptor.size);
  });
}

constexpr std::chrono::seconds patience{10};

bool is_there(const std::future<std::string>& layer) {
  return layer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

TEST_CASE("the first layer waits, while others are fetched, for the one that is most of an image") {
  const auto layers = layers_of({3, 200, 1000});
  test::MovedClock clock;
  HeadStart start(layers, clock, patience);
  const auto other = ask(start, layers[1]);
  auto first = fetch(start, layers[0]);
  std::byte byte{};
  REQUIRE(clock.wait_for_waits(1));
  for (int i = 0; i < 5; ++i) {  // twice as long as its patience, and something always comes
    clock.advance(patience * 2 / 5);
    other->read(ByteSpan(&byte, 1));
  }
  REQUIRE(clock.wait_for_waits(2));
  CHECK_FALSE(is_there(first));
  CHECK(read_all(*ask(start, layers[2]), 1000).size() == 1000);
  CHECK(first.get() == "aaa");
}

TEST_CASE("an engine that fetches one layer after the other gets each") {
  const auto layers = layers_of({3, 200, 1000});
  test::FakeClock clock;
  HeadStart start(layers, clock, patience);
  for (const Blob& layer : layers) {
    CHECK(read_all(*ask(start, layer), 1000).size() == layer.descriptor.size);
  }
  CHECK(clock.waits() == std::vector<std::chrono::milliseconds>{patience});
}

TEST_CASE("an engine that unpacks what it fetches as it comes gets the first layer") {
  const auto layers = layers_of({3, 200, 1000});
  test::FakeClock clock;
  HeadStart start(layers, clock, patience);
  const auto other = ask(start, layers[1]);  // begun, and read no further without the first
  std::byte byte{};
  CHECK(other->read(ByteSpan(&byte, 1)) == 1);
  CHECK(fetch(start, layers[0]).get() == "aaa");
}

TEST_CASE("no layer waits in an image without one that is more than half of it") {
  for (const auto& sizes : {std::vector<std::uint64_t>{300, 200, 500}, {900, 200, 100}, {1000}}) {
    CAPTURE(sizes.size());
    const auto layers = layers_of(sizes);
    test::FakeClock clock;
    HeadStart start(layers, clock, patience);
    const auto other = ask(start, layers[layers.size() / 2]);
    CHECK(fetch(start, layers.front()).get().size() == sizes.front());
    CHECK(clock.waits().empty());
  }
}

}  // namespace head_start_test
