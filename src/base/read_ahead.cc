#include "base/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace n2c {

ReadAhead::ReadAhead(std::unique_ptr<Reader> from, std::size_t block_size)
    : from_(std::move(from)), block_size_(block_size), blocks_(block_count) {
  for (Block& block : blocks_) {
    block.bytes = std::make_unique_for_overwrite<std::byte[]>(block_size_);
  }
  thread_ = std::thread([this] { fill_all(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::scoped_lock hold(mutex_);
    dropped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool ReadAhead::wait_for_room() {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return dropped_ || filled_ - used_ < block_count; });
  return !dropped_;
}

void ReadAhead::fill_all() {
  std::exception_ptr failure;
  try {
    while (wait_for_room()) {
      Block& block = blocks_[filled_ % block_count];  // only this thread changes filled_
      block.count = read_full(*from_, ByteSpan(block.bytes.get(), block_size_));
      if (block.count == 0) break;
      const std::scoped_lock hold(mutex_);
      ++filled_;
      changed_.notify_all();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock hold(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

ByteView ReadAhead::peek() {
  std::unique_lock hold(mutex_);
  if (filled_ > used_ && at_ == blocks_[used_ % block_count].count) {
    ++used_;
    at_ = 0;
    changed_.notify_all();
  }
  changed_.wait(hold, [&] { return ended_ || filled_ > used_; });
  if (filled_ > used_) {
    const Block& block = blocks_[used_ % block_count];
    return ByteView(block.bytes.get(), block.count).subspan(at_);
  }
  if (failure_) std::rethrow_exception(failure_);
  return {};
}

std::size_t ReadAhead::read(ByteSpan into) {
  const ByteView there = peek();
  const std::size_t count = std::min(into.size(), there.size());
  if (count != 0) std::memcpy(into.data(), there.data(), count);
  at_ += count;
  return count;
}

ByteView ReadAhead::next() {
  const ByteView there = peek();
  at_ += there.size();
  return there;
}

}  // namespace n2c
