#include "go/archive_tar.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "go/filepath.h"
#include "go/fmt.h"

namespace n2c::go {

namespace {

enum class Format { ustar, pax, gnu };

/// Where a field lies in a header block (docs/format.md B2).
struct Place {
  std::size_t offset, width;
};
constexpr Place name_at{0, 100}, mode_at{100, 8}, uid_at{108, 8}, gid_at{116, 8}, size_at{124, 12},
    mtime_at{136, 12}, checksum_at{148, 8}, type_at{156, 1}, link_at{157, 100}, magic_at{257, 8},
    uname_at{265, 32}, gname_at{297, 32}, major_at{329, 8}, minor_at{337, 8}, prefix_at{345, 155};

using Records = std::map<std::string, std::string>;
constexpr std::string_view xattr_prefix = "SCHILY.xattr.";

/// Whether it is one of 0x01 to 0x7f, which is what "ASCII" means in docs/format.md B10.2.
bool is_ascii(char c) { return c != 0 && static_cast<unsigned char>(c) < 0x80; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_ascii(c); });
}

bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

std::string ascii_only(std::string_view text) {
  std::string kept;
  std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return is_ascii(c); });
  return kept;
}

bool fits_octal(std::size_t width, std::int64_t value) {
  return value >= 0 && (value >> (3 * (width - 1))) == 0;
}

/// Whether a number fits as two's complement over the whole field, without the bit that marks this
/// form (docs/format.md B3.3).
bool fits_base256(std::size_t width, std::int64_t value) {
  if (width > 8) return true;
  const std::int64_t limit = std::int64_t{1} << (8 * (width - 1));
  return value >= -limit && value < limit;
}

struct Split {
  std::string_view prefix, rest;
};

/// A name of more than 100 bytes, cut into USTAR's prefix and name fields. Nothing when that is not
/// possible (docs/format.md B11).
std::optional<Split> split_name(std::string_view name) {
  if (name.size() <= name_at.width || !is_ascii(name)) return {};
  std::string_view window = name.substr(0, prefix_at.width + 1);
  if (window.size() == name.size() && window.ends_with('/')) window.remove_suffix(1);
  const std::size_t slash = window.rfind('/');
  if (slash == window.npos || slash == 0) return {};
  const std::size_t rest = name.size() - slash - 1;
  if (rest == 0 || rest > name_at.width || slash > prefix_at.width) return {};
  return Split{name.substr(0, slash), name.substr(slash + 1)};
}

class Block {
 public:
  void text(Place at, std::string_view text) {
    const std::size_t count = std::min(text.size(), at.width);
    std::memcpy(bytes_.data() + at.offset, text.data(), count);
    // docs/format.md B4.2: a truncated name must not look like a directory's.
    if (text.size() > at.width && text[at.width - 1] == '/') {
      const std::size_t last = text.substr(0, at.width - 1).find_last_not_of('/');
      bytes_[at.offset + (last == text.npos ? 0 : last + 1)] = '\0';
    }
  }

  void number(Place at, std::int64_t value, Format format) {
    if (fits_octal(at.width, value)) return octal(at, value);
    if (format == Format::gnu) return base256(at, value);
    octal(at, 0);  // docs/format.md B3.2: the value is in the PAX record
  }

  void type(char type) { bytes_[type_at.offset] = type; }

  /// Writes magic and checksum. Then the block is whole.
  void finish(Format format, std::string& to) {
    const std::string_view magic{format == Format::gnu ? "ustar  \0"
                                                       : "ustar\0"
                                                         "00",
                                 8};
    text(magic_at, magic);
    std::memset(bytes_.data() + checksum_at.offset, ' ', checksum_at.width);
    std::uint32_t sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    // The last byte stays a space (docs/format.md B5).
    octal({checksum_at.offset, checksum_at.width - 1}, sum);
    to.append(bytes_.data(), bytes_.size());
  }

 private:
  void octal(Place at, std::int64_t value) {
    for (std::size_t i = at.width - 1; i-- > 0; value >>= 3) {
      bytes_[at.offset + i] = static_cast<char>('0' + (value & 7));
    }
    bytes_[at.offset + at.width - 1] = '\0';
  }

  void base256(Place at, std::int64_t value) {
    for (std::size_t i = at.width; i-- > 0; value >>= 8) {
      bytes_[at.offset + i] = static_cast<char>(value & 0xff);
    }
    bytes_[at.offset] = static_cast<char>(bytes_[at.offset] | 0x80);
  }

  std::array<char, tar_block> bytes_{};
};

/// Finds the format that holds a header, and the records it would need as PAX (docs/format.md B10).
class FormatChoice {
 public:
  explicit FormatChoice(const TarHeader& header) : split_(split_name(header.name)) {
    check_text("Name", "path", header.name, name_at.width);
    check_text("Linkname", "linkpath", header.link, link_at.width);
    check_text("Uname", "uname", header.uname, uname_at.width);
    check_text("Gname", "gname", header.gname, gname_at.width);
    check_number("Mode", "", header.mode, mode_at.width);
    check_number("Uid", "uid", header.uid, uid_at.width);
    check_number("Gid", "gid", header.gid, gid_at.width);
    check_number("Size", "size", header.size, size_at.width);
    check_number("Devmajor", "", header.dev_major, major_at.width);
    check_number("Devminor", "", header.dev_minor, minor_at.width);
    for (const auto& [name, value] : header.xattrs) {
      records_[cat(xattr_prefix, name)] = value;
      not_ustar_ = not_gnu_ = "PAXRecords";
    }
  }

  Parsed<Format> format() const {
    for (const auto& [key, value] : records_) {
      const bool is_key = !has_nul(key) && !key.contains('=');
      if (!is_key || (has_nul(value) && !key.starts_with(xattr_prefix)))
        return std::unexpected(wrong("invalid PAX record: ", key, " = ", value));
    }
    if (not_ustar_.empty()) return Format::ustar;
    if (not_pax_.empty()) return Format::pax;
    if (not_gnu_.empty()) return Format::gnu;
    return std::unexpected(cat("USTAR cannot encode ", not_ustar_, "; and PAX cannot encode ",
                               not_pax_, "; and GNU cannot encode ", not_gnu_));
  }

  const std::optional<Split>& split() const { return split_; }
  const Records& records() const { return records_; }

 private:
  static std::string wrong(std::string_view what, const auto&... parts) {
    return cat(what, quote(cat(parts...)));
  }

  void check_text(std::string_view field, std::string_view key, std::string_view text,
                  std::size_t width) {
    const bool too_long = text.size() > width;
    const bool gnu_has_entry = key == "path" || key == "linkpath";
    if (has_nul(text) || (too_long && !gnu_has_entry)) not_gnu_ = wrong(cat(field, "="), text);
    if (is_ascii(text) && !too_long) return;
    if (key != "path" || !split_) not_ustar_ = wrong(cat(field, "="), text);
    records_[std::string(key)] = text;  // docs/format.md B10.4: also for a name that can be split
  }

  void check_number(std::string_view field, std::string_view key, std::int64_t value,
                    std::size_t width) {
    if (!fits_base256(width, value)) not_gnu_ = cat(field, "=", value);
    if (fits_octal(width, value)) return;
    not_ustar_ = cat(field, "=", value);
    if (key.empty()) {
      not_pax_ = not_ustar_;
    } else {
      records_[std::string(key)] = std::to_string(value);
    }
  }

  std::optional<Split> split_;
  Records records_;
  std::string not_ustar_, not_pax_, not_gnu_;  // the last field that did not fit, as Go reports
};

/// "LEN KEY=VALUE\n", LEN counting itself (docs/format.md B12.2).
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  return cat(length, " ", key, "=", value, "\n");
}

/// An entry that only carries text for the next one: type 'x', 'L' or 'K' (docs/format.md B12.5,
/// B13.1).
void append_auxiliary(std::string_view name, char type, std::string_view data, Format format,
                      std::string& to) {
  Block block;
  block.text(name_at, name);
  for (const Place& at : {mode_at, uid_at, gid_at, mtime_at}) block.number(at, 0, format);
  block.number(size_at, static_cast<std::int64_t>(data.size()), format);
  block.type(type);
  block.finish(format, to);
  to += data;
  to.append(tar_padding(data.size()), '\0');
}

std::string pax_name(std::string_view name) {
  const std::size_t base = name.rfind('/') + 1;  // npos + 1 is 0
  const std::string joined =
      join({std::string(name.substr(0, base)), "PaxHeaders.0", std::string(name.substr(base))});
  std::string cut = ascii_only(joined).substr(0, name_at.width);
  cut.resize(cut.find_last_not_of('/') + 1);
  return cut;
}

void append_pax_entry(const TarHeader& header, const Records& records, std::string& to) {
  std::string data;
  for (const auto& [key, value] : records) data += pax_record(key, value);
  append_auxiliary(pax_name(header.name), 'x', data, Format::pax, to);
}

void append_gnu_entries(const TarHeader& header, std::string& to) {
  const auto append = [&](char type, const std::string& text, std::size_t width) {
    if (text.size() <= width) return;
    append_auxiliary("././@LongLink", type, text + '\0', Format::gnu, to);
  };
  append('L', header.name, name_at.width);
  append('K', header.link, link_at.width);
}

void append_main(const TarHeader& header, Format format, const std::optional<Split>& split,
                 std::string& to) {
  Block block;
  const auto text = [&](Place at, std::string_view value) {
    if (format == Format::pax && !is_ascii(value)) return block.text(at, ascii_only(value));
    block.text(at, value);
  };
  const bool is_split = format == Format::ustar && split;
  text(name_at, is_split ? split->rest : std::string_view(header.name));
  if (is_split) text(prefix_at, split->prefix);
  text(link_at, header.link);
  text(uname_at, header.uname);
  text(gname_at, header.gname);
  block.number(mode_at, header.mode, format);
  block.number(uid_at, header.uid, format);
  block.number(gid_at, header.gid, format);
  block.number(size_at, header.size, format);
  block.number(mtime_at, header.mtime, format);
  block.number(major_at, header.dev_major, format);
  block.number(minor_at, header.dev_minor, format);
  block.type(header.type);
  block.finish(format, to);
}

}  // namespace

bool is_zero_block(ByteView block) {
  return std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; });
}

std::int64_t tar_checksum(ByteView header) {
  constexpr std::size_t end = checksum_at.offset + checksum_at.width;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool is_sum = i >= checksum_at.offset && i < end;
    sum += is_sum ? ' ' : std::to_integer<std::int64_t>(header[i]);
  }
  return sum;
}

Parsed<void> append_tar_header(const TarHeader& header, std::string& to) {
  constexpr std::string_view cannot = "archive/tar: cannot encode header: ";
  constexpr std::string_view types_without_slash = "0346";
  if (header.name.ends_with('/') && types_without_slash.contains(header.type)) {
    return std::unexpected(cat(cannot, "filename may not have trailing slash"));
  }
  const FormatChoice choice(header);
  const Parsed<Format> format = choice.format();
  if (!format) return std::unexpected(cat(cannot, format.error()));
  if (*format == Format::pax) append_pax_entry(header, choice.records(), to);
  if (*format == Format::gnu) append_gnu_entries(header, to);
  append_main(header, *format, choice.split(), to);
  return {};
}

}  // namespace n2c::go
