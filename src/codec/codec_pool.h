#pragma once
/// The threads and buffers behind CompressionPool.

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "codec/codec_blocks.h"

namespace n2c {

/// Memory of one block's size, kept and used again.
struct BlockBuffer {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t capacity = 0;
  std::size_t size = 0;
  ByteView view() const { return {bytes.get(), size}; }
};

/// A block that is being compressed. Its memory goes back to the pool when the piece is there.
struct BlockJob {
  Compression compression;
  BlockBuffer block;
  std::string piece;
  std::exception_ptr failure;
  bool done = false;
  bool abandoned = false;
};

class CompressionPool::Impl {
 public:
  Impl(std::size_t threads, CompressionCount* count);
  ~Impl();

  /// A buffer of a block's size, empty.
  BlockBuffer take_buffer(Codec codec);
  void give_back(BlockBuffer buffer);

  void submit(std::shared_ptr<BlockJob> job);
  /// Waits until it is done; throws what its compression threw.
  void wait(BlockJob& job);
  /// Nobody will wait for it.
  void abandon(BlockJob& job);
  /// On the calling thread.
  void compress_here(BlockJob& job);

  /// A stream always has one block under way. Each further block needs leave, so that memory is
  /// bounded by as many blocks as streams and threads together.
  bool take_leave();
  void give_back_leave();

 private:
  void work();
  void run(BlockJob& job);
  std::unique_ptr<BlockCompressor> take_compressor(const Compression& compression);
  void keep_compressor(const Compression& compression, std::unique_ptr<BlockCompressor> kept);

  const std::size_t thread_count_;
  CompressionCount* const count_;
  std::mutex mutex_;
  std::condition_variable work_came_;
  std::condition_variable work_done_;
  std::deque<std::shared_ptr<BlockJob>> queue_;
  std::map<std::string, std::vector<std::unique_ptr<BlockCompressor>>> compressors_;
  std::vector<BlockBuffer> buffers_;
  std::size_t leaves_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace n2c
