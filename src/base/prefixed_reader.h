#pragma once
/// Bytes that were looked at, and then the rest.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/stream.h"

namespace n2c {

/// Gives `first`, which was read from a reader already, and then what that reader still has.
class PrefixedReader final : public Reader {
 public:
  PrefixedReader(std::string first, std::unique_ptr<Reader> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}

  std::size_t read(ByteSpan into) override {
    if (given_ == first_.size()) return rest_->read(into);
    const std::size_t count = std::min(into.size(), first_.size() - given_);
    std::memcpy(into.data(), first_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  const std::string first_;
  std::size_t given_ = 0;
  std::unique_ptr<Reader> rest_;
};

}  // namespace n2c
