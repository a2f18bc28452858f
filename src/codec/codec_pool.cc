#include "codec/codec_pool.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/thread.h"

namespace n2c {

CompressionPool::CompressionPool(std::size_t threads, CompressionCount* count)
    : impl_(std::make_unique<Impl>(std::max<std::size_t>(threads, 1), count)) {}

CompressionPool::~CompressionPool() = default;

CompressionPool::Impl::Impl(std::size_t threads, CompressionCount* count)
    : thread_count_(threads), count_(count), leaves_(threads) {}

CompressionPool::Impl::~Impl() {
  {
    const std::scoped_lock hold(mutex_);
    ending_ = true;
  }
  work_came_.notify_all();
  for (auto& thread : threads_) thread.join();
}

BlockBuffer CompressionPool::Impl::take_buffer(Codec codec) {
  const std::size_t wanted = block_bytes(codec);
  const std::scoped_lock hold(mutex_);
  const auto found = std::ranges::find(buffers_, wanted, &BlockBuffer::capacity);
  if (found == buffers_.end()) {
    return {std::make_unique_for_overwrite<std::byte[]>(wanted), wanted, 0};
  }
  BlockBuffer buffer = std::move(*found);
  buffers_.erase(found);
  buffer.size = 0;
  return buffer;
}

void CompressionPool::Impl::give_back(BlockBuffer buffer) {
  const std::scoped_lock hold(mutex_);
  if (buffers_.size() < thread_count_) buffers_.push_back(std::move(buffer));
}

void CompressionPool::Impl::submit(std::shared_ptr<BlockJob> job) {
  const std::scoped_lock hold(mutex_);
  if (threads_.empty()) start_threads(threads_, thread_count_, [this] { work(); });
  queue_.push_back(std::move(job));
  work_came_.notify_one();
}

void CompressionPool::Impl::wait(BlockJob& job) {
  std::unique_lock hold(mutex_);
  work_done_.wait(hold, [&] { return job.done; });
  if (job.failure) std::rethrow_exception(std::exchange(job.failure, nullptr));
}

void CompressionPool::Impl::abandon(BlockJob& job) {
  const std::scoped_lock hold(mutex_);
  job.abandoned = true;
}

void CompressionPool::Impl::compress_here(BlockJob& job) {
  run(job);
  job.done = true;
  if (job.failure) std::rethrow_exception(std::exchange(job.failure, nullptr));
}

bool CompressionPool::Impl::take_leave() {
  const std::scoped_lock hold(mutex_);
  if (leaves_ == 0) return false;
  --leaves_;
  return true;
}

void CompressionPool::Impl::give_back_leave() {
  const std::scoped_lock hold(mutex_);
  ++leaves_;
}

void CompressionPool::Impl::work() {
  std::unique_lock hold(mutex_);
  while (true) {
    work_came_.wait(hold, [&] { return ending_ || !queue_.empty(); });
    if (ending_) return;
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    if (job->abandoned) continue;
    hold.unlock();
    run(*job);
    hold.lock();
    job->done = true;
    work_done_.notify_all();
  }
}

/// Catches everything, as a thread's root does. The failure is kept for the thread that waits.
void CompressionPool::Impl::run(BlockJob& job) {
  try {
    auto compressor = take_compressor(job.compression);
    job.piece = text_of(compressor->compress(job.block.view()));
    if (count_ != nullptr) {
      count_->plain += job.block.size;
      count_->compressed += job.piece.size();
    }
    give_back(std::move(job.block));
    keep_compressor(job.compression, std::move(compressor));
  } catch (...) {
    job.failure = std::current_exception();
  }
}

std::unique_ptr<BlockCompressor> CompressionPool::Impl::take_compressor(
    const Compression& compression) {
  {
    const std::scoped_lock hold(mutex_);
    auto& kept = compressors_[compression.str()];
    if (!kept.empty()) {
      auto compressor = std::move(kept.back());
      kept.pop_back();
      return compressor;
    }
  }
  return make_block_compressor(compression);
}

void CompressionPool::Impl::keep_compressor(const Compression& compression,
                                            std::unique_ptr<BlockCompressor> kept) {
  const std::scoped_lock hold(mutex_);
  auto& all = compressors_[compression.str()];
  if (all.size() < thread_count_) all.push_back(std::move(kept));
}

}  // namespace n2c
