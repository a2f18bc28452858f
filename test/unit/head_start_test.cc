/// Which of the layers that an engine fetches at once waits for another.

#include "serve/head_start.h"

#include <doctest/doctest.h>

#include <future>

#include "test/support/layered_image.h"

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

constexpr std::chrono::milliseconds brief{100};
constexpr std::chrono::seconds for_ever{60};

/// Reads a byte of another layer every 10 ms until the layer is there, or time is over.
bool arrives_while_reading(std::future<std::string>& layer, Reader& other,
                           std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::byte byte{};
  while (std::chrono::steady_clock::now() < end) {
    other.read(ByteSpan(&byte, 1));
    if (layer.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the first layer waits, while others are fetched, for the one that is most of an image") {
  const auto layers = layers_of({3, 200, 1000});
  HeadStart start(layers, for_ever);
  const auto other = ask(start, layers[1]);
  auto first = fetch(start, layers[0]);
  CHECK_FALSE(arrives_while_reading(first, *other, 3 * brief));
  CHECK(read_all(*ask(start, layers[2]), 1000).size() == 1000);
  CHECK(first.get() == "aaa");
}

TEST_CASE("an engine that fetches one layer after the other gets each") {
  const auto layers = layers_of({3, 200, 1000});
  HeadStart start(layers, brief);
  for (const Blob& layer : layers) {
    CHECK(read_all(*ask(start, layer), 1000).size() == layer.descriptor.size);
  }
}

TEST_CASE("an engine that unpacks what it fetches as it comes gets the first layer") {
  const auto layers = layers_of({3, 200, 1000});
  HeadStart start(layers, brief);
  const auto other = ask(start, layers[1]);  // begun, and read no further without the first
  std::byte byte{};
  CHECK(other->read(ByteSpan(&byte, 1)) == 1);
  CHECK(fetch(start, layers[0]).get() == "aaa");
}

TEST_CASE("no layer waits in an image without one that is more than half of it") {
  for (const auto& sizes : {std::vector<std::uint64_t>{300, 200, 500}, {900, 200, 100}, {1000}}) {
    CAPTURE(sizes.size());
    const auto layers = layers_of(sizes);
    HeadStart start(layers, for_ever);
    const auto other = ask(start, layers[layers.size() / 2]);
    auto first = fetch(start, layers.front());
    CHECK(arrives_while_reading(first, *other, for_ever));
  }
}

}  // namespace head_start_test
