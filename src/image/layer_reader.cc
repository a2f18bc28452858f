#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "go/fmt.h"
#include "image/layer_tar.h"

namespace n2c {

namespace {

/// The data of one regular file: exactly as many bytes as it had when its layer was begun.
class FileData {
 public:
  FileData() = default;
  FileData(const LayerTar& tar, const SourceFile& source, std::uint64_t offset)
      : tar_(&tar), source_(&source), left_(source.size - offset) {
    const PackedFile* packed = tar.tree().packed(source);
    const std::string path =
        packed != nullptr ? tar.tree().tar_of(source) : tar.tree().source_path(source);
    file_ = tar.store().open_file(path);
    if (packed != nullptr) offset += packed->data_at;
    if (offset != 0 && ::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
      throw_errno("seek in " + path);
    }
    // What follows in a tar is another entry.
    more_shows_growth_ = packed == nullptr;
  }

  bool at_end() const { return left_ == 0 && !file_; }

  /// As much as is there and fits.
  std::size_t read(ByteSpan into) {
    // Where there is room, it asks for one byte more than is due. That shows a file that grew,
    // without another call.
    const bool has_room = left_ < into.size() && more_shows_growth_;
    const auto want = static_cast<std::size_t>(
        has_room ? left_ + 1 : std::min<std::uint64_t>(left_, into.size()));
    const std::size_t got = read_some(into.first(want));
    if (got > left_) throw_changed("grew");
    if (got == 0 && left_ != 0) throw_changed("shrank");
    left_ -= got;
    if (left_ == 0 && !has_room && more_shows_growth_) check_end();
    if (left_ == 0) file_ = FileDescriptor();
    return got;
  }

 private:
  void check_end() {
    std::array<std::byte, 1> more;
    if (read_some(more) != 0) throw_changed("grew");
  }

  std::size_t read_some(ByteSpan into) {
    while (true) {
      const ssize_t got = ::read(file_.get(), into.data(), into.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) throw_errno("read " + tar_->tree().source_path(*source_));
    }
  }

  [[noreturn]] void throw_changed(std::string_view how) const {
    throw Error(
        ErrorKind::local,
        cat("the file '", tar_->tree().source_path(*source_), "' ", how,
            " while it was read: it had ", source_->size, " bytes when its layer was begun"),
        "something writes to the store; try again when it has ended");
  }

  const LayerTar* tar_ = nullptr;
  const SourceFile* source_ = nullptr;
  std::uint64_t left_ = 0;
  bool more_shows_growth_ = true;
  FileDescriptor file_;
};

class LayerReader final : public Reader {
 public:
  LayerReader(std::shared_ptr<const LayerTar> tar, LayerTar::Position from)
      : tar_(std::move(tar)), entry_(std::move(from.entry)), in_trailer_(from.in_trailer) {
    if (in_trailer_) {
      zeros_ = go::tar_trailer - std::min<std::uint64_t>(go::tar_trailer, from.offset);
    } else {
      begin_entry(from.offset);
    }
  }

  std::size_t read(ByteSpan into) override {
    std::size_t filled = 0;
    while (filled < into.size()) {
      const ByteSpan room = into.subspan(filled);
      if (header_at_ < header_.size()) {
        filled += give_header(room);
      } else if (!data_.at_end()) {
        filled += data_.read(room);
      } else if (zeros_ != 0) {
        filled += give_zeros(room);
      } else if (!next_entry()) {
        break;
      }
    }
    return filled;
  }

 private:
  /// Goes `offset` bytes into the current entry.
  void begin_entry(std::uint64_t offset) {
    tar_->header(entry_, header_);
    header_at_ = static_cast<std::size_t>(std::min<std::uint64_t>(offset, header_.size()));
    offset -= header_at_;
    const std::uint64_t size = LayerTar::data_size(entry_);
    const std::uint64_t in_data = std::min(offset, size);
    // An empty file is opened too, as upstream does: it may have grown.
    const bool has_file = entry_.source() != nullptr && S_ISREG(entry_.source()->st_mode);
    if (has_file && (in_data < size || offset == 0)) {
      data_ = FileData(*tar_, *entry_.source(), in_data);
    }
    zeros_ = go::tar_padding(size) - static_cast<std::size_t>(offset - in_data);
  }

  /// To the next entry, or to the trailer; false when that was the last.
  bool next_entry() {
    if (in_trailer_) return false;
    if (entry_.next()) {
      begin_entry(0);
    } else {
      in_trailer_ = true;
      zeros_ = go::tar_trailer;
    }
    return true;
  }

  std::size_t give_header(ByteSpan into) {
    const std::size_t count = std::min(into.size(), header_.size() - header_at_);
    std::memcpy(into.data(), header_.data() + header_at_, count);
    header_at_ += count;
    return count;
  }

  std::size_t give_zeros(ByteSpan into) {
    const std::size_t count = std::min(into.size(), zeros_);
    std::memset(into.data(), 0, count);
    zeros_ -= count;
    return count;
  }

  std::shared_ptr<const LayerTar> tar_;
  FileTree::Cursor entry_;
  std::string header_;
  std::size_t header_at_ = 0;
  FileData data_;
  std::size_t zeros_ = 0;  // the entry's padding, or what is left of the trailer
  bool in_trailer_ = false;
};

}  // namespace

std::unique_ptr<Reader> read_from(std::shared_ptr<const LayerTar> tar,
                                  LayerTar::Position position) {
  return std::make_unique<LayerReader>(std::move(tar), std::move(position));
}

}  // namespace n2c
