#include "base/read_ahead.h"
#include "base/thread.h"

#include <algorithm>
#include <cstring>

namespace n2c {

ReadAhead::ReadAhead(std::unique_ptr<Reader> from, std::size_t block_size)
    : from_(std::move(from)), block_size_(block_size), blocks_(block_count) {
  for (Block& block : blocks_) {
    block.bytes = std::make_unique_for_overwrite<std::byte[]>(block_size_);
  }
  thread_ = start_thread([this] { fill_all(); });
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

/// Fills the block as far as the reader goes or until it fails: what came before counts.
std::exception_ptr ReadAhead::fill(Block& block) {
  block.count = 0;
  try {
    while (block.count < block_size_) {
      const ByteSpan room(block.bytes.get() + block.count, block_size_ - block.count);
      const std::size_t count = from_->read(room);
      if (count == 0) break;
      block.count += count;
    }
  } catch (...) {
    return std::current_exception();
  }
  return {};
}

void ReadAhead::fill_all() {
  bool more = true;
  while (more && wait_for_room()) {
    Block& block = blocks_[filled_ % block_count];  // only this thread changes filled_
    const std::exception_ptr failure = fill(block);
    more = block.count == block_size_ && !failure;
    const std::scoped_lock hold(mutex_);
    if (block.count != 0) ++filled_;
    failure_ = failure;
    ended_ = !more;
    changed_.notify_all();
  }
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
