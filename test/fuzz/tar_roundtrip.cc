// A header's fields, one a line (type, name, link, uname, gname, mode, uid, gid, size): what is
// written for them reads back as the same fields, or is refused.

#include "base/text.h"
#include "go/archive_tar.h"
#include "test/fuzz/input.h"
#include "test/fuzz/tar_reading.h"

using namespace n2c;

namespace {

/// Lines end with 0xff, so that texts may hold new lines and NUL.
constexpr char line_end = '\xff';

std::int64_t number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = static_cast<std::int64_t>(
      parse_number(text.substr(negative ? 1 : 0)).value_or(0) & INT64_MAX);
  return negative ? -value : value;
}

/// A type that files of a layer have.
char type_of(std::string_view text) {
  constexpr std::string_view types = "052";
  return text.empty() ? '0' : types[static_cast<unsigned char>(text[0]) % types.size()];
}

bool fits_gnu(std::int64_t value) {
  const std::int64_t limit = std::int64_t{1} << 56;
  return value >= -limit && value < limit;
}

/// Whether some format holds the header (docs/format.md B10).
bool can_be_written(const go::TarHeader& header) {
  for (const std::string* text : {&header.name, &header.link, &header.uname, &header.gname}) {
    if (text->contains('\0')) return false;
  }
  if (header.type == '0' && header.name.ends_with('/')) return false;
  if (header.mode >= 0 && header.mode <= 07777777) return true;
  return fits_gnu(header.mode) && fits_gnu(header.uid) && fits_gnu(header.gid) &&
         header.uname.size() <= 32 && header.gname.size() <= 32;
}

void require_same(const go::TarHeader& read, const go::TarHeader& written) {
  fuzz::require(read.type == written.type, "type");
  fuzz::require(read.name == written.name, "name");
  fuzz::require(read.link == written.link, "link");
  fuzz::require(read.uname == written.uname, "uname");
  fuzz::require(read.gname == written.gname, "gname");
  fuzz::require(read.mode == written.mode, "mode");
  fuzz::require(read.uid == written.uid, "uid");
  fuzz::require(read.gid == written.gid, "gid");
  fuzz::require(read.size == written.size, "size");
  fuzz::require(read.mtime == written.mtime, "mtime");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  go::TarHeader header;
  header.type = type_of(input.text_until(line_end));
  for (std::string* text : {&header.name, &header.link, &header.uname, &header.gname}) {
    *text = input.text_until(line_end);
  }
  for (std::int64_t* field : {&header.mode, &header.uid, &header.gid, &header.size}) {
    *field = number(input.text_until(line_end));
  }
  if (header.size < 0) header.size = 0;
  header.mtime = 1;
  std::string written;
  const Parsed<void> result = go::append_tar_header(header, written);
  fuzz::require(result.has_value() == can_be_written(header), "refused where no format holds it");
  if (!result) {
    fuzz::require(written.empty() && !result.error().empty(), "a refusal writes nothing");
    return 0;
  }
  const Parsed<go::TarHeader> read = fuzz::read_tar_header(written);
  fuzz::require(read.has_value(), read ? "" : read.error().c_str());
  require_same(*read, header);
  return 0;
}
