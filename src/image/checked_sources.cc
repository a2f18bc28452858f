#include "image/checked_sources.h"

#include <sys/stat.h>

#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "codec/codec.h"

namespace n2c {

namespace {

constexpr auto everything = std::numeric_limits<std::uint64_t>::max();

constexpr std::string_view wrong_diff_id_hint =
    "diff_ids must be the digest of the layer's plain tar: the description, or the base image's "
    "config, is wrong; describe the layer or pull the base image again";

}  // namespace

std::unique_ptr<Reader> VerifiedSource::open(std::uint64_t offset) const {
  auto reader = oci::verify(from_->open(), blob_.digest, blob_.size, what_, std::string(hint_));
  skip(*reader, offset);
  return reader;
}

std::unique_ptr<Reader> CheckedFirstSource::open(std::uint64_t offset) const {
  std::call_once(checked_, [this] { skip(*verified_->open(), everything); });
  return verified_->open(offset);
}

std::unique_ptr<Reader> PinnedFileSource::open(std::uint64_t offset) const {
  FileDescriptor file = open_to_read(path_);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) throw_errno("stat " + path_.string());
  const Identity now{status.st_dev, status.st_ino};
  const bool is_same = first_.with([&](auto& first) {
    if (!first) first = now;
    return *first == now;
  });
  if (!is_same) {
    throw Error(ErrorKind::integrity,
                cat(path_.string(), ": another file took its place since it was checked"));
  }
  auto reader = reader_of(std::move(file), path_);
  skip(*reader, offset);
  return reader;
}

std::unique_ptr<Reader> UnpackCheckedSource::open(std::uint64_t offset) const {
  std::call_once(checked_, [this] { check(); });
  return from_->open(offset);
}

void UnpackCheckedSource::check() const {
  const auto unpacked = oci::verify(decompress(from_->open()), diff_id_, std::nullopt, what_,
                                    std::string(wrong_diff_id_hint));
  skip(*unpacked, everything);
}

}  // namespace n2c
