#include "base/read_ahead.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/error.h"

namespace read_ahead_test {

using namespace n2c;

namespace {

std::string numbers(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  return text;
}

/// Gives some bytes, then fails.
class Broken final : public Reader {
 public:
  std::size_t read(ByteSpan into) override {
    if (given_ == 10) throw Error(ErrorKind::integrity, "broken");
    into[0] = std::byte{'x'};
    ++given_;
    return 1;
  }

 private:
  int given_ = 0;
};

}  // namespace

TEST_CASE("what is read ahead comes out whole and in order") {
  const std::string text = numbers(100'000);
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    CAPTURE(block);
    ReadAhead reader(MemorySource(text.substr(0, block * 1000)).open(), block);
    CHECK(read_all(reader, text.size()) == text.substr(0, block * 1000));
  }
}

TEST_CASE("what is read ahead can be looked at where it is, also after some of it was read") {
  const std::string text = numbers(1000);
  ReadAhead reader(MemorySource(text).open(), 100);
  std::array<std::byte, 130> into{};
  std::string all;
  all += text_of(ByteView(into).first(reader.read(into)));
  all += text_of(ByteView(into).first(reader.read(ByteSpan(into).first(30))));
  CHECK(all == text.substr(0, 130));
  for (ByteView bytes = reader.next(); !bytes.empty(); bytes = reader.next()) {
    CHECK(bytes.size() <= 100);
    all += text_of(bytes);
  }
  CHECK(all == text);
  CHECK(reader.next().empty());
}

TEST_CASE("a failure while reading ahead comes behind the bytes before it") {
  ReadAhead reader(std::make_unique<Broken>(), 1);
  std::array<std::byte, 4> into{};
  for (int i = 0; i < 10; ++i) CHECK(reader.read(into) == 1);
  CHECK_THROWS_WITH_AS(reader.read(into), "broken", Error);
}

TEST_CASE("a reader that is dropped half way reads no further") {
  ReadAhead reader(MemorySource(numbers(1 << 20)).open(), 16);
  std::array<std::byte, 4> into{};
  CHECK(reader.read(into) == 4);
}

}  // namespace read_ahead_test
