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

std::size_t ReadAhead::read(ByteSpan into) {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return ended_ || filled_ > used_; });
  if (filled_ == used_) {
    if (failure_) std::rethrow_exception(failure_);
    return 0;
  }
  hold.unlock();
  const Block& block = blocks_[used_ % block_count];
  const std::size_t count = std::min(into.size(), block.count - at_);
  std::memcpy(into.data(), block.bytes.get() + at_, count);
  at_ += count;
  if (at_ == block.count) {
    hold.lock();
    ++used_;
    at_ = 0;
    changed_.notify_all();
  }
  return count;
}

}  // namespace n2c
