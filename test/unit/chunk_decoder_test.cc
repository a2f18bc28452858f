#include "registry/server/net/chunk_decoder.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace chunk_decoder_test {

using namespace n2c;
using namespace n2c::registry;

namespace {

constexpr std::size_t limit = 200;

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  int refusal = 0;
  bool operator==(const Decoded&) const = default;
};

/// Gives the decoder the text in pieces that end at `cuts`, and takes at most `room` bytes each
/// time.
Decoded decoded(std::string_view text, std::vector<std::size_t> cuts = {}, std::size_t room = 64) {
  ChunkDecoder decoder(limit);
  Decoded result;
  std::vector<std::byte> block(room);
  cuts.push_back(text.size());
  for (const std::size_t cut : cuts) {
    while (true) {
      const auto piece = bytes_of(text.substr(result.used, cut - result.used));
      const auto [used, given] = decoder.decode(piece, block);
      result.used += used;
      result.body += text_of(ByteView(block).first(given));
      if (used == 0) break;
    }
  }
  result.done = decoder.done();
  if (decoder.refusal()) result.refusal = decoder.refusal()->status;
  return result;
}

const std::vector<std::string> bodies = {
    "0\r\n\r\n",
    "000\r\n\r\nGET / HTTP/1.1\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "5;a=b\r\nhello\r\nA ; c=\"d\"\r\n0123456789\r\n0;e\r\nX: y\r\nZ:\r\n\r\nrest",
    "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n",
    "5\r\nhelloXX0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "zz\r\nhello\r\n",
    "\r\n0\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "-5\r\nhello\r\n",
    "0x5\r\nhello\r\n",
    "fffffffffffffffff\r\nhello\r\n",
    "5\r\nhello\r0\r\n\r\n",
    "0\r\nGET / HTTP/1.1\r\n\r\n",
    "0\r\n folded\r\n\r\n",
    "0\r\nX: y\n\r\n",
    "0\r\n\n",
    "5;a\nb\r\nhello\r\n0\r\n\r\n",
};

}  // namespace

TEST_CASE("chunks come out the same however they were cut") {
  for (const std::string& body : bodies) {
    CAPTURE(body);
    const Decoded whole = decoded(body);
    std::vector<std::size_t> every(body.size());
    for (std::size_t i = 0; i < body.size(); ++i) every[i] = i;
    CHECK(decoded(body, every) == whole);
    CHECK(decoded(body, {}, 1) == whole);
    for (std::size_t first = 0; first <= body.size(); ++first) {
      for (std::size_t second = first; second <= body.size(); ++second) {
        if (decoded(body, {first, second}, 3) != whole)
          FAIL_CHECK("cut at ", first, " and ", second);
      }
    }
  }
}

TEST_CASE("a body in chunks ends where its last chunk and trailers do") {
  CHECK(decoded("0\r\n\r\n") == Decoded{"", 5, true, 0});
  CHECK(decoded("5\r\nhello\r\n0\r\n\r\nGET") == Decoded{"hello", 15, true, 0});
  CHECK(decoded("a\r\n0123456789\r\nB\r\n0123456789x\r\n0\r\nX: y\r\n\r\n").body ==
        "01234567890123456789x");
  CHECK_FALSE(decoded("5\r\nhello\r\n0\r\n").done);
}

TEST_CASE("what is no chunk is refused, and what was before it is given") {
  for (std::size_t i = 5; i < bodies.size(); ++i) {
    CAPTURE(bodies[i]);
    CHECK(decoded(bodies[i]).refusal == 400);
    CHECK_FALSE(decoded(bodies[i]).done);
  }
  CHECK(decoded("5\r\nhelloXX0\r\n\r\n").body == "hello");
}

TEST_CASE("a chunk's size that overflows is refused and not read as a small one (#23)") {
  CHECK(decoded("fffffffffffffff\r\n").refusal == 0);
  for (const char* size : {"1000000000000000", "10000000000000005", "100000000000000005"}) {
    CAPTURE(size);
    CHECK(decoded(cat(size, "\r\nhello\r\n0\r\n\r\n")) == Decoded{"", 16, false, 400});
  }
}

TEST_CASE("what comes besides the chunks has a limit") {
  const std::string long_text(limit, 'x');
  CHECK(decoded(cat("1;", long_text, "\r\na\r\n0\r\n\r\n")).refusal == 400);
  CHECK(decoded(cat(std::string(limit + 1, '0'), "\r\n\r\n")).refusal == 400);
  CHECK(decoded(cat("0\r\nX: ", long_text, "\r\n\r\n")).refusal == 431);
  std::string many;
  for (std::size_t i = 0; i < limit; ++i) many += "1;x\r\na\r\n";
  CHECK(decoded(many + "0\r\n\r\n").refusal == 400);
  std::string plain;
  for (std::size_t i = 0; i < 10 * limit; ++i) plain += "1\r\na\r\n";
  CHECK(decoded(plain + "0\r\n\r\n").body == std::string(10 * limit, 'a'));
  std::string trailers = "0\r\n";
  for (std::size_t i = 0; i < limit; ++i) trailers += "a:\r\n";
  CHECK(decoded(trailers + "\r\n").refusal == 431);
}

TEST_CASE("a chunk's bytes may be read past the decoder") {
  ChunkDecoder decoder(limit);
  std::vector<std::byte> block(64);
  decoder.decode(bytes_of("5\r\nhe"), block);
  CHECK(decoder.plain() == 3);
  decoder.passed(3);
  CHECK(decoder.plain() == 0);
  decoder.decode(bytes_of("\r\n0\r\n\r\n"), block);
  CHECK(decoder.done());
}

}  // namespace chunk_decoder_test
