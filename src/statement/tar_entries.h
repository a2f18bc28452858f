#pragma once
/// The entries of a layer's tar, in order, whoever wrote it.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/stream.h"
#include "go/archive_tar.h"
#include "oci/digest.h"

namespace n2c {

/// One thread. Reads USTAR, PAX and GNU's form. All throw Error{input}, which names the tar, for
/// what is none or is cut, and what reading throws.
class TarEntries {
 public:
  /// A plain tar. `name` is for people: "layer 3".
  TarEntries(std::unique_ptr<Reader> plain, std::string name)
      : plain_(std::move(plain)), name_(std::move(name)) {}

  /// The next entry; what is left of the last one's data is passed over. A hard link has type '1'.
  /// Nothing at the end; then the reader has been read to its end.
  std::optional<go::TarHeader> next();
  /// The digest of the current entry's data, which is read.
  oci::Digest content();

 private:
  struct Extended {
    std::optional<std::string> name{}, link{};
    std::optional<std::int64_t> size{}, uid{}, gid{}, mtime{};
    std::optional<std::string> uname{}, gname{};
    std::map<std::string, std::string> xattrs{};
  };
  bool read_block();
  /// The next entry's header. False at the end: two empty blocks, as Go has it; what is behind them
  /// is no part of the tar.
  bool read_header();
  std::string read_extension();
  void read_records(Extended& into);
  go::TarHeader header_of(const Extended& extended);
  void pass_data();
  std::string_view text(std::size_t at, std::size_t width) const;
  std::int64_t number(std::size_t at, std::size_t width) const;
  [[noreturn]] void fail(std::string_view why) const;

  std::unique_ptr<Reader> plain_;
  std::string name_;
  std::array<std::byte, go::tar_block> block_{};
  std::uint64_t left_ = 0;     // of the current data
  std::uint64_t padding_ = 0;  // behind it
  bool is_over_ = false;
};

}  // namespace n2c
