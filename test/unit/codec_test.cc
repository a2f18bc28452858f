#include "codec/codec.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/error.h"
#include "base/tasks.h"
#include "base/text.h"
#include "test/support/check_fails.h"

namespace codec_test {

using namespace n2c;

namespace {

/// Something like a tar of programs: text, noise and zeros, the same each time.
std::string content(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  for (std::size_t i = 0; text.size() < size; ++i) {
    state = state * 1664525 + 1013904223;
    switch (i / 4096 % 3) {
      case 0: text += cat("line ", state % 5000, " of ", i % 77, '\n'); break;
      case 1: text += static_cast<char>(state >> 24); break;
      default: text += std::string(16, '\0'); break;
    }
  }
  text.resize(size);
  return text;
}

std::unique_ptr<Reader> reader_of(std::string bytes) {
  return MemorySource(std::move(bytes)).open();
}

Compression compression(std::string_view text) {
  return or_throw(Compression::parse(text), ErrorKind::usage, "compression");
}

std::string compressed(const std::string& bytes, std::string_view how, std::size_t threads = 2) {
  CompressionPool pool(threads);
  return read_all(*compress(reader_of(bytes), compression(how), pool), 1 << 30);
}

std::string decompressed(std::string bytes) {
  return read_all(*decompress(reader_of(std::move(bytes))), 1 << 30);
}

/// Gives one byte at a time.
class Trickle final : public Reader {
 public:
  explicit Trickle(std::string bytes) : from_(reader_of(std::move(bytes))) {}
  std::size_t read(ByteSpan into) override { return from_->read(into.first(1)); }

 private:
  std::unique_ptr<Reader> from_;
};

}  // namespace

TEST_CASE("what is compressed comes back, at every level and around every block's edge") {
  using Sizes = std::vector<std::size_t>;
  const Sizes around_gzip{0, 1, 511, 262'143, 262'144, 262'145, 1'000'000};
  const Sizes around_zstd{0, 1, 511, 4'718'591, 4'718'592, 4'718'593};
  const Sizes two_blocks{0, 1, 4'718'593};
  const std::vector<std::pair<const char*, Sizes>> cases{
      {"gzip:0", around_gzip}, {"gzip", around_gzip},  {"gzip:2", around_gzip},
      {"zstd", around_zstd},   {"zstd:1", two_blocks}, {"zstd:3", two_blocks},
      {"none", two_blocks}};
  for (const auto& [how, sizes] : cases) {
    for (const std::size_t size : sizes) {
      const std::string bytes = content(size);
      CHECK_MESSAGE(decompressed(compressed(bytes, how)) == bytes, how, " ", size);
    }
  }
}

TEST_CASE("the number of threads never changes the bytes") {
  const std::string bytes = content(10'000'000);
  for (const char* how : {"gzip:0", "gzip", "gzip:2", "zstd", "zstd:3", "zstd:7"}) {
    const std::string once = compressed(bytes, how, 1);
    for (const std::size_t threads : {2UZ, 3UZ, 8UZ})
      CHECK(compressed(bytes, how, threads) == once);
  }
}

TEST_CASE("how the source's bytes come does not change the bytes either") {
  const std::string bytes = content(600'000);
  CompressionPool pool(2);
  CHECK(read_all(*compress(std::make_unique<Trickle>(bytes), {}, pool), 1 << 30) ==
        compressed(bytes, "gzip"));
}

TEST_CASE("many layers share one pool, and each comes out as if alone") {
  CompressionPool pool(2);
  run_side_by_side(24, 6, {}, [&](std::size_t i, std::stop_token) {
    const std::string bytes = content(1'000 + i * 200'000);
    const char* how = i % 2 == 0 ? "gzip" : "zstd";
    const auto got = read_all(*compress(reader_of(bytes), compression(how), pool), 1 << 30);
    if (got != compressed(bytes, how, 1)) throw Error(ErrorKind::internal, "other bytes");
  });
}

TEST_CASE("bytes that cannot be made smaller grow by little") {
  std::string noise;
  std::uint64_t state = 88172645463325252U;
  while (noise.size() < 3'000'000) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    noise.append(reinterpret_cast<const char*>(&state), sizeof state);
  }
  for (const char* how : {"gzip:0", "gzip", "gzip:2", "zstd"}) {
    const std::string packed = compressed(noise, how);
    CHECK(packed.size() < noise.size() + noise.size() / 100);
    CHECK(decompressed(packed) == noise);
  }
}

TEST_CASE("gzip comes as one member without name and time") {
  const std::string packed = compressed(content(3'000'000), "gzip");
  using namespace std::string_literals;
  CHECK(packed.starts_with("\x1f\x8b\x08\0\0\0\0\0\0\xff"s));
  CHECK(hex_of(compressed("", "gzip")) == "1f8b08000000000000ff03000000000000000000");
}

TEST_CASE("a gzip block begins with stored bytes, so that no address decides what follows") {
  const std::string bytes = content(100'000);
  for (const char* how : {"gzip:0", "gzip", "gzip:2"}) {
    const std::string packed = compressed(bytes, how);
    using namespace std::string_literals;
    CHECK(packed.substr(10, 5) == "\0\x10\0\xef\xff"s);
    CHECK(packed.substr(15, 16) == bytes.substr(0, 16));
  }
  for (const std::size_t size : {1UZ, 15UZ, 16UZ, 17UZ, 33UZ}) {
    CHECK(decompressed(compressed(content(size), "gzip")) == content(size));
  }
}

TEST_CASE("several members or frames in a row are one stream") {
  const std::string one = content(300'000);
  const std::string other = content(70'000);
  CHECK(decompressed(compressed(one, "gzip") + compressed(other, "gzip")) == one + other);
  CHECK(decompressed(compressed(one, "zstd") + compressed(other, "zstd")) == one + other);
  const std::string many = [&] {
    std::string members;
    for (int i = 0; i < 50; ++i) members += compressed(cat("member ", i, '\n'), "gzip");
    return members;
  }();
  CHECK(read_all(*decompress(std::make_unique<Trickle>(many)), 10'000) == decompressed(many));
  CHECK(decompressed(many).ends_with("member 48\nmember 49\n"));
}

TEST_CASE("bytes that are not compressed pass as they are") {
  for (const std::string plain : {"", "x", "\x1f", "PK\x03\x04 zip", "a tar begins with a path"}) {
    CHECK(decompressed(plain) == plain);
  }
}

TEST_CASE("a compressed stream that is cut anywhere is never taken for whole") {
  for (const char* how : {"gzip", "zstd"}) {
    const std::string packed = compressed(content(20'000), how);
    for (std::size_t size = 4; size < packed.size(); ++size) {
      CHECK_FAILS(decompressed(packed.substr(0, size)), ErrorKind::integrity,
                  "it ends before its end");
    }
  }
}

TEST_CASE("a changed byte never passes unseen") {
  for (const char* how : {"gzip", "zstd"}) {
    const std::string bytes = content(20'000);
    const std::string packed = compressed(bytes, how);
    for (std::size_t at = 0; at < packed.size(); at += 7) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      try {
        // Some bits decide nothing (gzip's time, its system): then the bytes are right.
        if (decompressed(damaged) != damaged) CHECK(decompressed(damaged) == bytes);
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::integrity);
      }
    }
  }
}

TEST_CASE("what is after a gzip member and is no member is an error") {
  // Shorter than a member's header, it may be the beginning of one that was cut: ISA-L says so.
  CHECK_FAILS(decompressed(compressed("abc", "gzip") + "garbage"), ErrorKind::integrity, "gzip: ");
  CHECK_FAILS(decompressed(compressed("abc", "gzip") + "garbage, and more of it"),
              ErrorKind::integrity, "gzip: damaged or not gzip at all");
}

TEST_CASE("what the source throws comes out of the compression") {
  struct Broken final : Reader {
    std::size_t read(ByteSpan into) override {
      if (++calls > 3) throw Error(ErrorKind::input, "the file shrank");
      return into.size();
    }
    int calls = 0;
  };
  CompressionPool pool(2);
  const auto reader = compress(std::make_unique<Broken>(), {}, pool);
  CHECK_THROWS_WITH_AS(read_all(*reader, 1 << 30), "the file shrank", Error);
}

TEST_CASE("a stream that is given up half way leaves the pool usable") {
  CompressionPool pool(1);
  const std::string bytes = content(2'000'000);
  for (int i = 0; i < 20; ++i) {
    const auto reader = compress(reader_of(bytes), {}, pool);
    std::vector<std::byte> some(1000);
    CHECK(reader->read(some) != 0);
  }
  CHECK(read_all(*compress(reader_of(bytes), {}, pool), 1 << 30) == compressed(bytes, "gzip"));
}

TEST_CASE("compressions are written as codec or codec:level") {
  CHECK(compression("gzip").str() == "gzip");
  CHECK(compression("gzip:1").str() == "gzip");
  CHECK(compression("gzip:2").str() == "gzip:2");
  CHECK(compression("zstd").recipe() != compression("zstd:3").recipe());
  CHECK(compression("zstd:19").str() == "zstd:19");
  CHECK(compression("none").str() == "none");
  CHECK(Compression{} == compression("gzip"));
  for (const char* text :
       {"", "gzip:", "gzip:3", "gzip:-1", "zstd:0", "zstd:20", "none:1", "xz", "gzip:1:1"}) {
    CHECK_MESSAGE(!Compression::parse(text), text);
  }
}

TEST_CASE("a recipe names whatever decides the bytes") {
  const std::string gzip = compression("gzip:2").recipe();
  CHECK((gzip.starts_with("gzip-isal-") || gzip.starts_with("gzip-zlib-")));
  CHECK(compression("gzip:2").recipe().find("-2-256k-") != std::string::npos);
  CHECK(compression("zstd").recipe().starts_with("zstd-zstd-"));
  CHECK(compression("gzip").recipe() != compression("gzip:2").recipe());
}

TEST_CASE("gzip's recipe names the architecture, zstd's bytes are the same on each") {
  const std::string gzip = compression("gzip").recipe();
  const std::string architecture = gzip.substr(gzip.rfind('-') + 1);
  CHECK(architecture.find_first_of("0123456789") != std::string::npos);
  CHECK_FALSE(compression("zstd").recipe().contains(architecture));
}

}  // namespace codec_test
