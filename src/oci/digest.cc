#include "oci/digest.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/text.h"

namespace n2c::oci {

namespace {

struct Algorithm {
  std::string_view word;
  HashAlgorithm hash;
  std::size_t hex_length;
};

constexpr std::array algorithms = {Algorithm{"sha256", HashAlgorithm::sha256, 64},
                                   Algorithm{"sha512", HashAlgorithm::sha512, 128}};

const Algorithm& facts_of(HashAlgorithm hash) {
  return *std::ranges::find(algorithms, hash, &Algorithm::hash);
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

class VerifyingReader final : public Reader {
 public:
  VerifyingReader(std::unique_ptr<Reader> from, Digest expected, std::optional<std::uint64_t> size,
                  std::string what, std::string hint)
      : from_(std::move(from)),
        expected_(std::move(expected)),
        size_(size),
        what_(std::move(what)),
        hint_(std::move(hint)),
        hash_(expected_.algorithm()) {}

  std::size_t read(ByteSpan into) override {
    if (verified_ || into.empty()) return 0;
    const std::size_t count = from_->read(into);
    hash_.update(ByteView(into).first(count));
    count_ += count;
    if (size_ && count_ > *size_) refuse("they are more than that");
    // Where the size is known, the last bytes are given only after the whole was verified.
    if (count == 0 || (size_ && count_ == *size_)) check_end(count == 0);
    return count;
  }

  /// Whether every byte it gives is checked against these already.
  bool checks(const Digest& digest, std::optional<std::uint64_t> size) const {
    return expected_ == digest && (!size || size == size_);
  }

 private:
  void check_end(bool ended) {
    std::byte extra{};
    if (!ended && from_->read(ByteSpan(&extra, 1)) != 0) refuse("they are more than that");
    if (size_ && count_ != *size_) refuse(cat("they ended after ", count_));
    const Digest found = Digest::from_hex(expected_.algorithm(), hash_.finish_hex());
    if (found != expected_) refuse("they have digest " + found.str());
    verified_ = true;
  }

  [[noreturn]] void refuse(const std::string& found) const {
    const std::string due = size_ ? cat(*size_, " bytes with digest ") : "bytes with digest ";
    throw Error(ErrorKind::integrity,
                cat(what_, ": ", due, expected_.str(), " were due, but ", found), hint_);
  }

  std::unique_ptr<Reader> from_;
  Digest expected_;
  std::optional<std::uint64_t> size_;
  std::string what_, hint_;
  Hash hash_;
  std::uint64_t count_ = 0;
  bool verified_ = false;
};

}  // namespace

Parsed<Digest> Digest::parse(std::string_view text) {
  const auto both = cut(text, ':');
  const auto shown = [&] { return "\"" + printable(text, 160) + "\""; };
  if (!both || both->first.empty() || both->second.empty()) {
    return std::unexpected("invalid digest " + shown() + ": want ALGORITHM:HEX");
  }
  const auto found = std::ranges::find(algorithms, both->first, &Algorithm::word);
  if (found == algorithms.end()) {
    return std::unexpected("unsupported digest algorithm in " + shown() +
                           ": want sha256 or sha512");
  }
  if (both->second.size() != found->hex_length || !is_lower_hex(both->second)) {
    return std::unexpected(cat("invalid digest ", shown(), ": want ", found->hex_length,
                               " lower-case hex digits after ", found->word, ":"));
  }
  return Digest(found->hash, std::string(both->second));
}

Digest Digest::of(ByteView bytes) {
  Hash hash;
  hash.update(bytes);
  return {HashAlgorithm::sha256, hash.finish_hex()};
}

Digest Digest::from_hex(HashAlgorithm algorithm, std::string hex) {
  assert(hex.size() == facts_of(algorithm).hex_length && is_lower_hex(hex));
  return {algorithm, std::move(hex)};
}

std::string_view Digest::algorithm_name() const { return facts_of(algorithm_).word; }

std::string Digest::str() const { return cat(algorithm_name(), ':', hex_); }

std::string Digest::brief() const {
  return cat(algorithm_name(), ':', std::string_view(hex_).substr(0, 12), "…");
}

std::unique_ptr<Reader> verify(std::unique_ptr<Reader> from, const Digest& expected,
                               std::optional<std::uint64_t> size, std::string what,
                               std::string hint) {
  const auto* const verifying = dynamic_cast<const VerifyingReader*>(from.get());
  if (verifying && verifying->checks(expected, size)) return from;
  return std::make_unique<VerifyingReader>(std::move(from), expected, size, std::move(what),
                                           std::move(hint));
}

}  // namespace n2c::oci
