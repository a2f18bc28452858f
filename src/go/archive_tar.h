#pragma once
/// Tar entries as Go's archive/tar writes them, byte for byte (docs/format.md B). README.md in
/// this folder has worked hex.

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "base/stream.h"

namespace n2c::go {

inline constexpr std::size_t tar_block = 512;
/// After the last entry: two blocks of zeros, and nothing else (docs/format.md B1.1).
inline constexpr std::size_t tar_trailer = 2 * tar_block;

/// How many zeros follow `size` bytes of data (docs/format.md B15.2).
constexpr std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((tar_block - size % tar_block) % tar_block);
}

/// Whether a block holds nothing but zeros, as those behind the last entry do.
bool is_zero_block(ByteView block);
/// The sum of a header's bytes, with blanks in the place of the sum itself (docs/format.md B2).
std::int64_t tar_checksum(ByteView header);

/// All that decides an entry's header. Types: '0' regular file, '2' symlink, '3' and '4' devices,
/// '5' directory, '6' FIFO. Texts may hold any byte.
struct TarHeader {
  char type = '0';
  std::string name, link, uname, gname;
  std::int64_t mode = 0, uid = 0, gid = 0;
  std::int64_t size = 0;   ///< bytes of data; not negative
  std::int64_t mtime = 0;  ///< seconds; 0 to 8589934591
  std::int64_t dev_major = 0, dev_minor = 0;
  /// Extended attributes and their values, any bytes. They are PAX records "SCHILY.xattr.NAME".
  std::map<std::string, std::string> xattrs{};
};

/// Appends everything that comes before the entry's data: the PAX or GNU entries that it needs,
/// then its header. The format is the first of USTAR, PAX and GNU that can hold it (docs/format.md
/// B10). An error is in Go's words, and then nothing was appended.
Parsed<void> append_tar_header(const TarHeader& header, std::string& to);

}  // namespace n2c::go
