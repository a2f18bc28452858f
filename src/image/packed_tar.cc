#include "image/packed_tar.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "go/filepath.h"

namespace n2c {

namespace {

using PaxRecords = std::map<std::string, std::string, std::less<>>;

constexpr std::uint64_t max_extension_bytes = 1 << 20;  // of one long name or set of records
/// PATH_MAX. Each folder of a longer one would be an entry, with a name nearly as long.
constexpr std::size_t longest_name = 4096;
constexpr std::string_view pax_xattr = "SCHILY.xattr.";

/// One header block (docs/format.md B2).
class HeaderBlock {
 public:
  std::array<char, go::tar_block>& bytes() { return bytes_; }

  bool is_zero() const { return go::is_zero_block(bytes_of({bytes_.data(), bytes_.size()})); }

  std::string_view text(std::size_t at, std::size_t width) const {
    const std::string_view field(bytes_.data() + at, width);
    return field.substr(0, field.find('\0'));
  }

  /// An octal number, or base 256. Nothing when it is neither.
  std::optional<std::int64_t> number(std::size_t at, std::size_t width) const {
    const auto* const field = reinterpret_cast<const unsigned char*>(bytes_.data() + at);
    if ((field[0] & 0x80) != 0) {
      // 0xff begins a negative number, which no layer has.
      std::uint64_t value = field[0] & 0x7fU;
      for (std::size_t i = 1; i < width; ++i) {
        if ((value >> 55) != 0) return {};
        value = value << 8 | field[i];
      }
      return static_cast<std::int64_t>(value);
    }
    const std::string_view digits = trim(text(at, width));
    std::int64_t value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '7') return {};
      value = value * 8 + (c - '0');
    }
    return value;
  }

  bool has_right_sum() const {
    return number(148, 8) == go::tar_checksum(bytes_of({bytes_.data(), bytes_.size()}));
  }

  char type() const { return bytes_[156] == '\0' || bytes_[156] == '7' ? '0' : bytes_[156]; }

  std::string name() const {
    const bool has_prefix =
        std::string_view(bytes_.data() + 257, 6) == std::string_view("ustar\0", 6);
    const std::string_view prefix = has_prefix ? text(345, 155) : "";
    return prefix.empty() ? std::string(text(0, 100)) : cat(prefix, "/", text(0, 100));
  }

 private:
  std::array<char, go::tar_block> bytes_{};
};

class PackedTar {
 public:
  PackedTar(const FileDescriptor& tar, const std::string& path) : tar_(tar), path_(path) {
    struct stat status{};
    if (::fstat(tar.get(), &status) != 0) throw_errno("look at " + path);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::vector<PackedFile> read() {
    HeaderBlock block;
    while (at_ < size_) {
      read_at(at_, block.bytes());
      at_ += go::tar_block;
      if (block.is_zero()) break;
      if (!block.has_right_sum()) {
        throw wrong(files_.empty() ? "it is not a plain tar" : "a header in it is broken");
      }
      take(block);
    }
    if (size_ == 0) throw wrong("it is empty, and no tar");
    return std::move(files_);
  }

 private:
  Error wrong(std::string_view why) const {
    return {ErrorKind::input, cat("the tar ", printable(path_), ": ", why),
            "pack it as tar does by itself: not compressed, without --sparse"};
  }
  Error wrong(std::string_view name, std::string_view why) const {
    return {ErrorKind::input, cat("the tar ", printable(path_), " has ", printable(name, 200), why),
            "leave it out of the tar"};
  }

  void read_at(std::uint64_t offset, std::span<char> into) const {
    for (std::size_t got = 0; got < into.size();) {
      const ssize_t count = ::pread(tar_.get(), into.data() + got, into.size() - got,
                                    static_cast<off_t>(offset + got));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("read " + path_);
      if (count == 0) throw wrong("it is cut");
      got += static_cast<std::size_t>(count);
    }
  }

  std::int64_t number(const HeaderBlock& block, std::size_t at, std::size_t width) const {
    const auto value = block.number(at, width);
    if (!value || *value < 0) throw wrong(block.name(), ", with an invalid number");
    return *value;
  }

  /// The data of an entry that says something of others.
  std::string extension(std::uint64_t size) const {
    if (size > max_extension_bytes) throw wrong("a name or set of records in it is too long");
    std::string data(size, '\0');
    read_at(at_, data);
    return data;
  }

  void take(const HeaderBlock& block) {
    const char type = block.type();
    auto size = static_cast<std::uint64_t>(number(block, 124, 12));
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
      const std::string data = extension(size);
      if (type == 'x' || type == 'g') add_records(data, type == 'g' ? for_all_ : for_next_);
      if (type == 'L') for_next_["path"] = data.substr(0, data.find('\0'));
      if (type == 'K') for_next_["linkpath"] = data.substr(0, data.find('\0'));
      pass(size);
      return;
    }
    PackedFile file = described(block);
    for_next_.clear();
    size = static_cast<std::uint64_t>(file.header.size);
    file.data_at = at_;
    if (type != '0') file.header.size = 0;
    if (type == '0') pass(size);
    if (file.header.name == "/") return;
    if (type == '1') link(file);
    places_[file.header.name] = files_.size();
    files_.push_back(std::move(file));
  }

  void pass(std::uint64_t size) {
    if (size > size_ - at_) throw wrong("it is cut");
    at_ += size + go::tar_padding(size);
  }

  void add_records(std::string_view data, PaxRecords& to) const {
    while (!data.empty()) {
      const std::size_t space = data.find(' ');
      const auto length = parse_number(data.substr(0, std::min(space, data.size())));
      const bool is_whole = space != data.npos && length && *length <= data.size() &&
                            *length > space + 1 && data[*length - 1] == '\n';
      if (!is_whole) throw wrong("its PAX records are broken");
      const std::string_view record = data.substr(space + 1, *length - space - 2);
      data.remove_prefix(*length);
      const std::size_t equals = record.find('=');
      if (equals == record.npos) throw wrong("its PAX records are broken");
      to[std::string(record.substr(0, equals))] = record.substr(equals + 1);
    }
  }

  /// What PAX says of the next entry, or of all.
  const std::string* record(std::string_view key) const {
    for (const PaxRecords* records : {&for_next_, &for_all_}) {
      if (const auto found = records->find(key); found != records->end()) return &found->second;
    }
    return nullptr;
  }

  std::string text_of(std::string_view key, std::string_view field) const {
    const std::string* said = record(key);
    return said != nullptr ? *said : std::string(field);
  }

  std::int64_t number_of(std::string_view key, const HeaderBlock& block, std::size_t at,
                         std::size_t width) const {
    const std::string* said = record(key);
    if (said == nullptr) return number(block, at, width);
    const auto value = parse_number(*said);
    if (!value || *value > INT64_MAX) throw wrong(block.name(), ", with an invalid number");
    return static_cast<std::int64_t>(*value);
  }

  PackedFile described(const HeaderBlock& block) const {
    const std::string name = text_of("path", block.name());
    const char type = block.type();
    refuse_kind(type, name);
    PackedFile file{.header = go::TarHeader{.type = type,
                                            .name = place_of(name),
                                            .link = text_of("linkpath", block.text(157, 100)),
                                            .uname = text_of("uname", block.text(265, 32)),
                                            .gname = text_of("gname", block.text(297, 32)),
                                            .mode = number(block, 100, 8) & 07777,
                                            .uid = number_of("uid", block, 108, 8),
                                            .gid = number_of("gid", block, 116, 8),
                                            .size = number_of("size", block, 124, 12),
                                            .mtime = 1}};
    if (type == '2') file.header.mode = 0777;  // as in every layer (docs/format.md B7.1)
    for (const PaxRecords* records : {&for_all_, &for_next_}) {
      for (const auto& [key, value] : *records) {
        if (!key.starts_with(pax_xattr)) continue;
        file.header.xattrs[key.substr(pax_xattr.size())] = value;
      }
    }
    return file;
  }

  void refuse_kind(char type, std::string_view name) const {
    if (type == '3' || type == '4') throw wrong(name, ", which is a device: a layer holds none");
    if (type == '6') throw wrong(name, ", which is a FIFO: a layer holds none");
    const bool is_sparse =
        type == 'S' || record("GNU.sparse.major") != nullptr || record("GNU.sparse.map") != nullptr;
    if (is_sparse) throw wrong("it has sparse files");
    if (type != '0' && type != '1' && type != '2' && type != '5') {
      throw wrong(name, ", which is of an unknown kind");
    }
  }

  std::string place_of(std::string_view name) const {
    for (const std::string_view part : split(name, '/')) {
      if (part == "..") throw wrong(name, ", whose name leads elsewhere");
    }
    if (name.contains('\0')) throw wrong(name, ", whose name has a NUL");
    if (name.size() > longest_name) throw wrong(name, ", a name longer than any system takes");
    return go::clean(cat("/", name));
  }

  /// Makes of a hard link the file that it names.
  void link(PackedFile& file) const {
    const auto found = places_.find(place_of(file.header.link));
    if (found == places_.end() || files_[found->second].header.type != '0') {
      throw wrong(file.header.name, cat(", a hard link to ", printable(file.header.link, 200),
                                        ", which is not a file before it"));
    }
    std::string name = std::move(file.header.name);
    file = files_[found->second];
    file.header.name = std::move(name);
  }

  const FileDescriptor& tar_;
  const std::string& path_;
  std::uint64_t size_ = 0, at_ = 0;
  PaxRecords for_all_, for_next_;
  std::vector<PackedFile> files_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

std::vector<PackedFile> read_packed_tar(const FileDescriptor& tar, const std::string& path) {
  return PackedTar(tar, path).read();
}

}  // namespace n2c
