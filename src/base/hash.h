#pragma once
/// SHA-256 and SHA-512 over bytes as they pass.

#include <memory>
#include <string>

#include "base/stream.h"

namespace n2c {

enum class HashAlgorithm { sha256, sha512 };

/// A running hash. One thread at a time.
class Hash {
 public:
  /// Throws std::bad_alloc.
  explicit Hash(HashAlgorithm algorithm = HashAlgorithm::sha256);
  ~Hash();
  Hash(Hash&&) noexcept;
  Hash& operator=(Hash&&) noexcept;

  void update(ByteView bytes);
  /// The hash of everything so far, in lower-case hex. Ends the hash: call it once.
  std::string finish_hex();

 private:
  struct State;  // OpenSSL's, so that its headers stay in hash.cc
  std::unique_ptr<State> state_;
};

/// Passes a reader's bytes on, and hashes and counts them.
class HashingReader final : public Reader {
 public:
  explicit HashingReader(std::unique_ptr<Reader> from,
                         HashAlgorithm algorithm = HashAlgorithm::sha256)
      : from_(std::move(from)), hash_(algorithm) {}

  std::size_t read(ByteSpan into) override {
    const std::size_t count = from_->read(into);
    hash_.update(ByteView(into).first(count));
    count_ += count;
    return count;
  }

  std::uint64_t count() const { return count_; }
  /// The hash of what was read; call it once, after the end.
  std::string finish_hex() { return hash_.finish_hex(); }

 private:
  std::unique_ptr<Reader> from_;
  Hash hash_;
  std::uint64_t count_ = 0;
};

}  // namespace n2c
