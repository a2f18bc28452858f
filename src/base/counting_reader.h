#pragma once
/// Bytes counted on their way.

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/stream.h"

namespace n2c {

/// Passes a reader's bytes on and adds them up in a counter, which must outlive it.
class CountingReader final : public Reader {
 public:
  CountingReader(std::unique_ptr<Reader> from, std::atomic<std::uint64_t>& count)
      : from_(std::move(from)), count_(count) {}

  std::size_t read(ByteSpan into) override {
    const std::size_t read = from_->read(into);
    count_ += read;
    return read;
  }

 private:
  std::unique_ptr<Reader> from_;
  std::atomic<std::uint64_t>& count_;
};

}  // namespace n2c
