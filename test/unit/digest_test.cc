#include "oci/digest.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace digest_test {

using namespace n2c;
using oci::Digest;

namespace {

const std::string abc_sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Gives its bytes in pieces of three.
class DribblingReader final : public Reader {
 public:
  explicit DribblingReader(std::string text) : text_(std::move(text)) {}
  std::size_t read(ByteSpan into) override {
    const std::size_t count = std::min({into.size(), text_.size() - at_, std::size_t{3}});
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<std::byte>(text_[at_ + i]);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

struct Outcome {
  std::string given;
  std::string error;
};

Outcome read_verified(const std::string& bytes, const Digest& due,
                      std::optional<std::uint64_t> size) {
  const auto reader =
      oci::verify(std::make_unique<DribblingReader>(bytes), due, size, "layer 3", "rebuild it");
  Outcome outcome;
  std::byte block[8];
  try {
    while (const std::size_t count = reader->read(block)) {
      outcome.given += text_of(ByteView(block).first(count));
    }
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::integrity);
    CHECK(error.hint() == "rebuild it");
    outcome.error = error.message();
  }
  return outcome;
}

}  // namespace

TEST_CASE("bytes that are checked already are not hashed again") {
  const Digest abc = *Digest::parse("sha256:" + abc_sha256);
  const auto verified = [&](std::optional<std::uint64_t> size) {
    return oci::verify(std::make_unique<DribblingReader>("abc"), abc, size, "layer 3");
  };
  const auto is_kept = [](std::unique_ptr<Reader> reader, const Digest& due,
                          std::optional<std::uint64_t> size) {
    const Reader* const before = reader.get();
    return oci::verify(std::move(reader), due, size, "layer 3").get() == before;
  };
  CHECK(is_kept(verified(3), abc, 3));
  CHECK(is_kept(verified(3), abc, {}));
  CHECK(is_kept(verified({}), abc, {}));
  CHECK_FALSE(is_kept(verified({}), abc, 3));  // its size is not checked yet
  CHECK_FALSE(is_kept(verified(3), abc, 4));
  CHECK_FALSE(is_kept(verified(3), Digest::of(bytes_of("other")), 3));
}

TEST_CASE("digests are parsed strictly") {
  CHECK(Digest::parse("sha256:" + abc_sha256)->str() == "sha256:" + abc_sha256);
  CHECK(Digest::parse("sha512:" + std::string(128, 'a'))->algorithm() == HashAlgorithm::sha512);
  for (const std::string& text :
       {std::string(), std::string(":"), std::string("sha256:"), ":" + abc_sha256, abc_sha256,
        "sha256:" + abc_sha256.substr(1), "sha256:" + abc_sha256 + "0", "SHA256:" + abc_sha256,
        "sha256:B" + abc_sha256.substr(1), "sha256:g" + abc_sha256.substr(1),
        "sha384:" + std::string(96, 'a'), "md5:" + std::string(32, 'a'),
        "sha256:../../../../etc/passwd" + abc_sha256.substr(22), "sha512:" + abc_sha256}) {
    CAPTURE(text);
    CHECK_FALSE(Digest::parse(text).has_value());
  }
}

TEST_CASE("a digest of bytes is their SHA-256") {
  CHECK(Digest::of("abc").hex() == abc_sha256);
  CHECK(Digest::of("abc").brief() == "sha256:ba7816bf8f01…");
}

TEST_CASE("verified bytes that are right pass whole, with and without a size") {
  const std::string bytes = "some eleven";
  CHECK(read_verified(bytes, Digest::of(bytes), bytes.size()).given == bytes);
  CHECK(read_verified(bytes, Digest::of(bytes), std::nullopt).given == bytes);
  CHECK(read_verified("", Digest::of(""), 0).error.empty());
}

TEST_CASE("bytes with another digest end in an error that names both, before the last are given") {
  const std::string bytes = "some eleven";
  const auto outcome = read_verified(bytes, Digest::of("else"), bytes.size());
  CHECK(outcome.given.size() < bytes.size());
  CHECK(outcome.error == "layer 3: 11 bytes with digest " + Digest::of("else").str() +
                             " were due, but they have digest " + Digest::of(bytes).str());
  CHECK_FALSE(read_verified(bytes, Digest::of("else"), std::nullopt).error.empty());
}

TEST_CASE("more or fewer bytes than said are an error") {
  const std::string bytes = "some eleven";
  CHECK(read_verified(bytes, Digest::of(bytes), 12).error.ends_with("but they ended after 11"));
  const auto longer = read_verified(bytes, Digest::of("some eleve"), 10);
  CHECK(longer.error.ends_with("but they are more than that"));
  CHECK(longer.given.size() < 10);
}

}  // namespace digest_test
