#pragma once
/// A body of a request that a registry takes so much of.

#include <cstdint>

#include "base/stream.h"

namespace n2c::test {

struct BodyTooLarge {};

/// Ends a body that is past a limit by throwing BodyTooLarge.
class LimitedReader final : public Reader {
 public:
  LimitedReader(Reader& from, std::uint64_t limit) : from_(from), left_(limit) {}
  std::size_t read(ByteSpan into) override {
    const std::size_t count = from_.read(into);
    if (count > left_) throw BodyTooLarge{};
    left_ -= count;
    return count;
  }

 private:
  Reader& from_;
  std::uint64_t left_;
};

}  // namespace n2c::test
