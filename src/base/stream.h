#pragma once
/// Bytes in order: who gives them, who takes them, and where they can be opened again.
///
/// Every body in n2c (a tar, a compressed layer, a reply) is one of these. They
/// compose by wrapping: a HashingReader around a GzipReader around a TarReader.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace n2c {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;

/// The bytes of a text, not copied.
inline ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
/// Bytes seen as text, not copied.
inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bytes in order. One thread at a time.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Stores up to into.size() bytes and returns how many; 0 means the end.
  /// May return fewer than asked before the end. Throws Error.
  virtual std::size_t read(ByteSpan into) = 0;
};

/// Takes bytes in order. One thread at a time.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Takes all of them or throws Error.
  virtual void write(ByteView bytes) = 0;
};

/// Bytes that can be opened again and again, and are the same each time. open() may be called from
/// several threads at once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// A reader that starts at `offset`. At or past the end it is empty. Throws Error.
  virtual std::unique_ptr<Reader> open(std::uint64_t offset = 0) const = 0;
};

/// A source of bytes held in memory. Immutable.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes)
      : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override;

 private:
  std::shared_ptr<const std::string> bytes_;  // shared with the readers, which may outlive it
};

/// Fills `into` and returns how many bytes were stored: fewer than into.size() only at the end.
std::size_t read_full(Reader& from, ByteSpan into);

/// Reads to the end into memory. Throws Error{input} past `limit` bytes.
std::string read_all(Reader& from, std::uint64_t limit);

/// Reads and drops `count` bytes or to the end; returns how many were dropped.
std::uint64_t skip(Reader& from, std::uint64_t count);

/// Moves everything from the reader to the writer; returns how many bytes.
std::uint64_t copy(Reader& from, Writer& to);

}  // namespace n2c
