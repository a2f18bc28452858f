#pragma once
/// Layers' bytes, checked while they are read or before the first of them is given.

#include <sys/types.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/locked.h"
#include "base/stream.h"
#include "oci/digest.h"
#include "oci/manifest.h"

namespace n2c {

/// Bytes that are checked against their digest whenever they are read. A mismatch is
/// Error{integrity}, thrown before the last byte is given.
class VerifiedSource final : public ByteSource {
 public:
  VerifiedSource(std::unique_ptr<ByteSource> from, oci::Descriptor blob, std::string what,
                 std::string_view hint)
      : from_(std::move(from)), blob_(std::move(blob)), what_(std::move(what)), hint_(hint) {}

  /// Reads from the start, whatever the offset: only the whole can be verified.
  std::unique_ptr<Reader> open(std::uint64_t offset) const override;

 private:
  std::unique_ptr<ByteSource> from_;
  oci::Descriptor blob_;
  std::string what_;
  std::string_view hint_;
};

/// Reads `verified`, which checks itself, to its end once before it gives any byte. So a file that
/// a description names wrongly (somebody's keys) goes nowhere, not even in part.
class CheckedFirstSource final : public ByteSource {
 public:
  explicit CheckedFirstSource(std::unique_ptr<ByteSource> verified)
      : verified_(std::move(verified)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override;

 private:
  std::unique_ptr<ByteSource> verified_;
  mutable std::once_flag checked_;
};

/// A file that has to be the same one each time it is opened. Opening another file that was put in
/// its place throws Error{integrity}.
class PinnedFileSource final : public ByteSource {
 public:
  explicit PinnedFileSource(std::filesystem::path path) : path_(std::move(path)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override;

 private:
  struct Identity {
    dev_t device;
    ino_t number;
    bool operator==(const Identity&) const = default;
  };
  std::filesystem::path path_;
  mutable Locked<std::optional<Identity>> first_;
};

/// A layer's file whose unpacked bytes are checked against diff_id once, before any byte is given.
/// Without that check engines would refuse the image when they pull it.
class UnpackCheckedSource final : public ByteSource {
 public:
  UnpackCheckedSource(std::unique_ptr<ByteSource> from, oci::Digest diff_id, std::string what)
      : from_(std::move(from)), diff_id_(std::move(diff_id)), what_(std::move(what)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override;

 private:
  void check() const;

  std::unique_ptr<ByteSource> from_;
  oci::Digest diff_id_;
  std::string what_;
  mutable std::once_flag checked_;
};

}  // namespace n2c
