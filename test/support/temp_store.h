#pragma once
/// A store in a folder of its own: a root below which /nix/store/… is made file by file.

#include <string>
#include <string_view>

#include "base/file.h"
#include "image/image_json.h"

namespace n2c::test {

/// Not thread-safe. Removed, with what is in it, at the end.
class TempStore {
 public:
  StoreView view() const { return {folder_.path()}; }
  /// Where a store's path is on this machine.
  std::string real(std::string_view path) const;
  /// S_ISUID where this process may give it to a file, which Nix's builders may not: then 0.
  unsigned set_user_id() const;

  /// Each makes the folders above it (mode 0755). Returns `path`.
  std::string file(std::string_view path, std::string_view bytes, unsigned mode = 0444) const;
  std::string folder(std::string_view path, unsigned mode = 0555) const;
  std::string symlink(std::string_view path, std::string_view target) const;
  std::string fifo(std::string_view path) const;

 private:
  void make_parents(std::string_view path) const;

  TemporaryFolder folder_;
};

/// The reader's bytes from `offset`, taken `step` at a time.
std::string read_in_steps(const ByteSource& source, std::uint64_t offset, std::size_t step);

}  // namespace n2c::test
