#include "test/fuzz/tar_reading.h"

#include <map>
#include <optional>

#include "base/text.h"

namespace n2c::fuzz {

namespace {

using Records = std::map<std::string, std::string, std::less<>>;

std::string_view text_field(std::string_view block, std::size_t offset, std::size_t width) {
  const std::string_view field = block.substr(offset, width);
  return field.substr(0, field.find('\0'));
}

std::int64_t number_field(std::string_view block, std::size_t offset, std::size_t width) {
  const std::string_view field = block.substr(offset, width);
  const auto first = static_cast<unsigned char>(field[0]);
  if ((first & 0x80) == 0) {
    std::int64_t value = 0;
    for (const char c : field.substr(0, field.find('\0'))) value = value * 8 + (c - '0');
    return value;
  }
  // Base-256: the second highest bit is the sign.
  std::uint64_t value = (first & 0x40) != 0 ? ~std::uint64_t{0} : 0;
  value = value << 7 | (first & 0x7f);
  for (const char c : field.substr(1)) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

bool checksum_holds(std::string_view block) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < go::tar_block; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return number_field(block, 148, 8) == sum && block[154] == '\0' && block[155] == ' ';
}

/// "LEN KEY=VALUE\n" after another.
Parsed<Records> read_records(std::string_view data) {
  Records records;
  while (!data.empty()) {
    const auto length_and_rest = cut(data, ' ');
    if (!length_and_rest) return std::unexpected("a PAX record without a length");
    const auto length = parse_number(length_and_rest->first);
    if (!length || *length > data.size() || data[*length - 1] != '\n') {
      return std::unexpected("a PAX record whose length is wrong");
    }
    std::string_view record = data.substr(0, *length - 1);
    record.remove_prefix(length_and_rest->first.size() + 1);
    const auto key_and_value = cut(record, '=');
    if (!key_and_value) return std::unexpected("a PAX record without a value");
    records[std::string(key_and_value->first)] = key_and_value->second;
    data.remove_prefix(*length);
  }
  return records;
}

go::TarHeader read_main(std::string_view block) {
  go::TarHeader header{.type = block[156],
                       .name = std::string(text_field(block, 0, 100)),
                       .link = std::string(text_field(block, 157, 100)),
                       .uname = std::string(text_field(block, 265, 32)),
                       .gname = std::string(text_field(block, 297, 32)),
                       .mode = number_field(block, 100, 8),
                       .uid = number_field(block, 108, 8),
                       .gid = number_field(block, 116, 8),
                       .size = number_field(block, 124, 12),
                       .mtime = number_field(block, 136, 12),
                       .dev_major = number_field(block, 329, 8),
                       .dev_minor = number_field(block, 337, 8)};
  const std::string_view prefix = text_field(block, 345, 155);
  if (!prefix.empty()) header.name = cat(prefix, "/", header.name);
  return header;
}

void apply_records(const Records& records, go::TarHeader& header) {
  const auto text = [&](std::string_view key, std::string& field) {
    if (const auto found = records.find(key); found != records.end()) field = found->second;
  };
  const auto number = [&](std::string_view key, std::int64_t& field) {
    if (const auto found = records.find(key); found != records.end()) {
      field = std::stoll(found->second);
    }
  };
  text("path", header.name);
  text("linkpath", header.link);
  text("uname", header.uname);
  text("gname", header.gname);
  number("uid", header.uid);
  number("gid", header.gid);
  number("size", header.size);
}

}  // namespace

Parsed<go::TarHeader> read_tar_header(std::string_view bytes) {
  Records records;
  while (bytes.size() >= go::tar_block) {
    const std::string_view block = bytes.substr(0, go::tar_block);
    if (!checksum_holds(block)) return std::unexpected("a block whose checksum is wrong");
    bytes.remove_prefix(go::tar_block);
    const char type = block[156];
    if (type != 'x' && type != 'L' && type != 'K') {
      if (!bytes.empty()) return std::unexpected("more after the main header");
      go::TarHeader header = read_main(block);
      apply_records(records, header);
      return header;
    }
    const auto size = static_cast<std::size_t>(number_field(block, 124, 12));
    if (size + go::tar_padding(size) > bytes.size()) return std::unexpected("data cut short");
    const std::string_view data = bytes.substr(0, size);
    if (type == 'x') {
      Parsed<Records> read = read_records(data);
      if (!read) return std::unexpected(read.error());
      records = *std::move(read);
    } else {
      records[type == 'L' ? "path" : "linkpath"] = data.substr(0, data.size() - 1);
    }
    bytes.remove_prefix(size + go::tar_padding(size));
  }
  return std::unexpected("no main header");
}

}  // namespace n2c::fuzz
