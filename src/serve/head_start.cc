#include "serve/head_start.h"

#include <algorithm>
#include <utility>

namespace n2c {

class HeadStart::PacedReader final : public Reader {
 public:
  PacedReader(HeadStart& start, bool held, std::unique_ptr<Reader> from)
      : start_(start), held_(held), from_(std::move(from)) {}

  std::size_t read(ByteSpan into) override {
    if (std::exchange(held_, false)) start_.wait();
    start_.note_progress();
    return from_->read(into);
  }

 private:
  HeadStart& start_;
  bool held_;
  std::unique_ptr<Reader> from_;
};

HeadStart::HeadStart(std::span<const Blob> layers, std::chrono::milliseconds patience)
    : patience_(patience) {
  std::uint64_t all = 0;
  for (const Blob& layer : layers) all += layer.descriptor.size;
  const auto is_most = [&](const Blob& layer) { return layer.descriptor.size > all / 2; };
  const auto largest = std::ranges::find_if(layers, is_most);
  if (largest == layers.end() || largest == layers.begin()) return;
  first_ = &layers.front();
  largest_ = &*largest;
  is_over_ = false;
}

std::unique_ptr<Reader> HeadStart::pace(const Blob& layer, std::unique_ptr<Reader> bytes) {
  const std::scoped_lock hold(mutex_);
  if (&layer == largest_) {
    is_over_ = true;
    changed_.notify_all();
  }
  if (is_over_) return bytes;
  return std::make_unique<PacedReader>(*this, &layer == first_, std::move(bytes));
}

void HeadStart::note_progress() {
  const std::scoped_lock hold(mutex_);
  progressed_ = Clock::now();
}

void HeadStart::wait() {
  std::unique_lock hold(mutex_);
  progressed_ = Clock::now();
  while (!is_over_ && Clock::now() < progressed_ + patience_) {
    changed_.wait_until(hold, progressed_ + patience_);
  }
}

}  // namespace n2c
