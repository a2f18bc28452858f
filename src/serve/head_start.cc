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

HeadStart::HeadStart(std::span<const Blob> layers, Clock& clock, std::chrono::milliseconds patience)
    : clock_(clock), patience_(patience) {
  std::uint64_t all = 0;
  for (const Blob& layer : layers) all += layer.descriptor.size;
  const auto is_most = [&](const Blob& layer) { return layer.descriptor.size > all / 2; };
  const auto largest = std::ranges::find_if(layers, is_most);
  if (largest == layers.end() || largest == layers.begin()) {
    over_.request_stop();
    return;
  }
  first_ = &layers.front();
  largest_ = &*largest;
}

std::unique_ptr<Reader> HeadStart::pace(const Blob& layer, std::unique_ptr<Reader> bytes) {
  if (&layer == largest_) over_.request_stop();
  if (over_.stop_requested()) return bytes;
  return std::make_unique<PacedReader>(*this, &layer == first_, std::move(bytes));
}

void HeadStart::note_progress() {
  progressed_.with([&](Clock::TimePoint& last) { last = clock_.now(); });
}

void HeadStart::wait() {
  note_progress();
  while (true) {
    const auto until = progressed_.with([](Clock::TimePoint last) { return last; }) + patience_;
    const auto now = clock_.now();
    if (now >= until || !clock_.wait(until - now, over_.get_token())) return;
  }
}

}  // namespace n2c
