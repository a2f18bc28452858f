#include "statement/tar_entries.h"

#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "base/text.h"
#include "go/archive_tar.h"

namespace n2c {

namespace {

constexpr std::uint64_t max_extended_bytes = 1 << 20;  // of one long name or set of records
constexpr std::string_view xattr_prefix = "SCHILY.xattr.";

std::optional<std::int64_t> decimal(std::string_view text) {
  const auto value = parse_number(text.substr(0, text.find('.')));
  if (!value) return {};
  return static_cast<std::int64_t>(*value);
}

}  // namespace

void TarEntries::fail(std::string_view why) const {
  throw Error(ErrorKind::input, cat(name_, ": ", why));
}

std::string_view TarEntries::text(std::size_t at, std::size_t width) const {
  const std::string_view field = text_of(block_).substr(at, width);
  return field.substr(0, field.find('\0'));
}

std::int64_t TarEntries::number(std::size_t at, std::size_t width) const {
  const std::string_view field = text_of(block_).substr(at, width);
  std::uint64_t value = 0;
  if ((static_cast<unsigned char>(field[0]) & 0x80U) != 0) {
    value = static_cast<unsigned char>(field[0]) & 0x7fU;
    for (const char c : field.substr(1)) {
      if ((value >> 55U) != 0) fail("a number in its tar is too large");
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return static_cast<std::int64_t>(value);
  }
  for (const char c : trim(text(at, width))) {
    if (c < '0' || c > '7') fail("its bytes are not a tar");
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return static_cast<std::int64_t>(value);
}

bool TarEntries::read_block() {
  const std::size_t got = read_full(*plain_, block_);
  if (got == 0) return false;
  if (got != block_.size()) fail("its tar is cut");
  return true;
}

bool TarEntries::read_header() {
  if (is_over_ || !read_block()) return false;
  if (!go::is_zero_block(block_)) {
    if (number(148, 8) != go::tar_checksum(block_)) fail("its bytes are not a tar");
    return true;
  }
  if (read_block() && !go::is_zero_block(block_)) fail("its bytes are not a tar");
  skip(*plain_, std::numeric_limits<std::uint64_t>::max());
  is_over_ = true;
  return false;
}

std::string TarEntries::read_extension() {
  const auto size = static_cast<std::uint64_t>(number(124, 12));
  if (size > max_extended_bytes) fail("a name in its tar is too long");
  std::string data(size, '\0');
  if (read_full(*plain_, std::as_writable_bytes(std::span(data))) != size) fail("its tar is cut");
  const std::size_t zeros = go::tar_padding(size);
  if (skip(*plain_, zeros) != zeros) fail("its tar is cut");
  return data;
}

/// PAX: "LENGTH KEY=VALUE\n" one after another.
void TarEntries::read_records(Extended& into) {
  const std::string data = read_extension();
  std::string_view rest = data;
  while (!rest.empty()) {
    const auto space = rest.find(' ');
    const auto length = parse_number(rest.substr(0, space));
    const bool fits =
        space != std::string_view::npos && length && *length > space + 1 && *length <= rest.size();
    if (!fits) fail("a record in its tar is invalid");
    const auto pair = cut(rest.substr(space + 1, *length - space - 2), '=');
    rest.remove_prefix(*length);
    if (!pair) fail("a record in its tar is invalid");
    const auto& [key, value] = *pair;
    if (key == "path") into.name = value;
    if (key == "linkpath") into.link = value;
    if (key == "size") into.size = decimal(value);
    if (key == "uid") into.uid = decimal(value);
    if (key == "gid") into.gid = decimal(value);
    if (key == "mtime") into.mtime = decimal(value);
    if (key == "uname") into.uname = value;
    if (key == "gname") into.gname = value;
    if (key.starts_with(xattr_prefix)) {
      into.xattrs[std::string(key.substr(xattr_prefix.size()))] = value;
    }
  }
}

go::TarHeader TarEntries::header_of(const Extended& extended) {
  go::TarHeader header;
  header.type = static_cast<char>(block_[156]);
  if (header.type == '\0') header.type = '0';
  header.name = text(0, 100);
  const bool is_ustar = text_of(block_).substr(257, 6) == std::string_view("ustar\0", 6);
  if (is_ustar && !text(345, 155).empty()) header.name = cat(text(345, 155), "/", header.name);
  header.name = extended.name.value_or(header.name);
  header.link = extended.link.value_or(std::string(text(157, 100)));
  header.mode = number(100, 8);
  header.uid = extended.uid ? *extended.uid : number(108, 8);
  header.gid = extended.gid ? *extended.gid : number(116, 8);
  header.size = extended.size ? *extended.size : number(124, 12);
  header.mtime = extended.mtime ? *extended.mtime : number(136, 12);
  header.uname = extended.uname.value_or(std::string(text(265, 32)));
  header.gname = extended.gname.value_or(std::string(text(297, 32)));
  header.xattrs = extended.xattrs;
  return header;
}

void TarEntries::pass_data() {
  const std::uint64_t rest = left_ + padding_;
  if (skip(*plain_, rest) != rest) fail("its tar is cut");
  left_ = padding_ = 0;
}

std::optional<go::TarHeader> TarEntries::next() {
  pass_data();
  Extended extended;
  while (read_header()) {
    const char type = static_cast<char>(block_[156]);
    if (type == 'x' || type == 'g') {
      Extended of_all;
      read_records(type == 'x' ? extended : of_all);
    } else if (type == 'L' || type == 'K') {
      std::string data = read_extension();
      data.resize(std::min(data.find('\0'), data.size()));
      (type == 'L' ? extended.name : extended.link) = std::move(data);
    } else {
      go::TarHeader header = header_of(extended);
      const bool has_data = header.type == '0' || header.type == '7';
      left_ = has_data && header.size > 0 ? static_cast<std::uint64_t>(header.size) : 0;
      padding_ = go::tar_padding(left_);
      return header;
    }
  }
  return {};
}

oci::Digest TarEntries::content() {
  Hash hash;
  std::array<std::byte, 64 << 10> buffer;
  while (left_ != 0) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
    const std::size_t got = plain_->read(std::span(buffer).first(want));
    if (got == 0) fail("its tar is cut");
    hash.update(std::span(buffer).first(got));
    left_ -= got;
  }
  return oci::Digest::from_hex(HashAlgorithm::sha256, hash.finish_hex());
}

}  // namespace n2c
