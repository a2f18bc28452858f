#pragma once
/// Content digests (image-spec descriptor.md, "Digests"). A Digest that exists is valid.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/stream.h"

namespace n2c::oci {

/// "sha256:" and 64, or "sha512:" and 128 lower-case hex digits. An immutable value.
class Digest {
 public:
  static Parsed<Digest> parse(std::string_view text);
  static Digest of(ByteView bytes);
  static Digest of(std::string_view text) { return of(bytes_of(text)); }
  /// From a finished Hash. `hex` must be of the algorithm's length.
  static Digest from_hex(HashAlgorithm algorithm, std::string hex);

  HashAlgorithm algorithm() const { return algorithm_; }
  std::string_view algorithm_name() const;  // "sha256"
  const std::string& hex() const { return hex_; }
  std::string str() const;    // "sha256:…"
  std::string brief() const;  // "sha256:9f2c3a01d4e5…": for messages
  auto operator<=>(const Digest&) const = default;

 private:
  Digest(HashAlgorithm algorithm, std::string hex) : algorithm_(algorithm), hex_(std::move(hex)) {}
  HashAlgorithm algorithm_;
  std::string hex_;
};

/// A reader of `from` that checks what passes. In place of its end it throws Error{integrity} when
/// the bytes do not have the digest `expected`, or not the size `size`. `what` names the bytes in
/// the message ("layer 3 of 12"), which names both digests. `hint` is the error's hint.
/// A reader that checks these already is returned as it is: no byte is hashed twice.
std::unique_ptr<Reader> verify(std::unique_ptr<Reader> from, const Digest& expected,
                               std::optional<std::uint64_t> size, std::string what,
                               std::string hint = {});

}  // namespace n2c::oci
