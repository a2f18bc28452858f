#pragma once
/// Changes of a large repository's index that its index.json does not have yet, one a line: each
/// is on the disk before it is answered, and costs the same however many tags there are.

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/file.h"

namespace n2c::registry {

/// A file of lines that is only added to, and at last removed. What a process that died left half
/// written is as if it had never been. One thread at a time.
class TagJournal {
 public:
  explicit TagJournal(std::filesystem::path file) : file_(std::move(file)) {}

  /// Calls `each` with every line that was added whole, in order, and goes on behind the last of
  /// them. Throws Error{local}, also when a damaged line is not the last, and what `each` throws.
  void replay(const std::function<void(std::string_view line)>& each);
  /// Adds a line, which is on the disk when this returns. Throws Error{local}; then the journal
  /// is to be replayed before anything is added.
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
