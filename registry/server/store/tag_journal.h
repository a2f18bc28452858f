#pragma once
/// The changes of a large repository's index that its index.json does not have yet, one a line.
/// Each is on the disk before it is answered, and costs the same however many tags there are.

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/file.h"

namespace n2c::registry {

/// A file of lines that is only added to, and removed at last. A line that a dying process left
/// half written is ignored. One thread at a time.
class TagJournal {
 public:
  explicit TagJournal(std::filesystem::path file) : file_(std::move(file)) {}

  /// Calls `each` with every whole line, in order; later lines are added after them. Throws
  /// Error{local}, as when a damaged line is not the last one, and what `each` throws.
  void replay(const std::function<void(std::string_view line)>& each);
  /// Adds a line, which is on the disk when this returns. Throws Error{local}. Then the journal has
  /// to be replayed before anything is added.
  void append(std::string_view line);
  /// Removes all lines: the index has them now.
  void clear();
  std::size_t lines() const { return lines_; }

 private:
  void open();

  std::filesystem::path file_;
  FileDescriptor opened_;
  std::size_t lines_ = 0;
};

}  // namespace n2c::registry
