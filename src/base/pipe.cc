#include "base/pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace n2c {

// Bytes are copied outside the lock. [head_, head_ + size_) belongs to the reader, the rest to the
// writer. Each side moves only its own end, under the lock, after copying.

Pipe::Pipe(std::size_t capacity, std::function<void()> on_refill)
    : ring_(std::max<std::size_t>(capacity, 1)), on_refill_(std::move(on_refill)) {}

bool Pipe::write(ByteView bytes) {
  while (!bytes.empty()) {
    std::unique_lock hold(mutex_);
    // Waits until half of the ring is free, not for the first byte: that saves thread switches.
    if (size_ == ring_.size()) {
      room_.wait(hold, [&] { return closed_ || size_ <= ring_.size() / 2; });
    }
    if (closed_) return false;
    const std::size_t tail = (head_ + size_) % ring_.size();
    const std::size_t count = std::min({bytes.size(), ring_.size() - size_, ring_.size() - tail});
    hold.unlock();
    std::memcpy(ring_.data() + tail, bytes.data(), count);
    bytes = bytes.subspan(count);
    hold.lock();
    size_ += count;
    const bool wake = std::exchange(starved_, false);
    hold.unlock();
    if (wake) on_refill_();
  }
  const std::scoped_lock hold(mutex_);
  return !closed_;
}

void Pipe::finish() {
  std::unique_lock hold(mutex_);
  finished_ = true;
  const bool wake = std::exchange(starved_, false);
  hold.unlock();
  if (wake) on_refill_();
}

Pipe::Taken Pipe::try_read(ByteSpan into) {
  std::size_t taken = 0;
  while (taken < into.size()) {
    std::unique_lock hold(mutex_);
    const std::size_t count = std::min({into.size() - taken, size_, ring_.size() - head_});
    if (count == 0) {
      if (taken == 0 && !finished_) starved_ = true;
      return {taken, taken == 0 && finished_};
    }
    const std::size_t from = head_;
    hold.unlock();
    std::memcpy(into.data() + taken, ring_.data() + from, count);
    taken += count;
    hold.lock();
    head_ = (head_ + count) % ring_.size();
    size_ -= count;
    const bool roomy = size_ <= ring_.size() / 2;
    hold.unlock();
    if (roomy) room_.notify_one();
  }
  return {taken, false};
}

void Pipe::close() {
  {
    const std::scoped_lock hold(mutex_);
    closed_ = true;
  }
  room_.notify_one();
}

}  // namespace n2c
