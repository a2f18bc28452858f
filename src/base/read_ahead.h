#pragma once
/// Reading on one thread and using what was read on another.

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stream.h"

namespace n2c {

/// Passes a reader's bytes on. It reads on a thread of its own, up to three blocks ahead, so that
/// making bytes (files, hashing) and sending them overlap. It throws what the reader throws, after
/// the bytes that came before. Its destructor waits for the reader's current read() and ends the
/// thread.
class ReadAhead final : public Reader {
 public:
  explicit ReadAhead(std::unique_ptr<Reader> from, std::size_t block_size = 256 << 10);
  ~ReadAhead() override;

  std::size_t read(ByteSpan into) override;
  /// The next bytes, not copied. They are valid until the next call. Empty at the end.
  ByteView next();

 private:
  static constexpr std::size_t block_count = 4;
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t count = 0;
  };

  void fill_all();
  std::exception_ptr fill(Block& block);
  bool wait_for_room();
  /// What is left of the current block. Drops a block that is used up, and waits for the next one.
  ByteView peek();

  std::unique_ptr<Reader> from_;
  std::size_t block_size_;
  std::vector<Block> blocks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t filled_ = 0;  ///< blocks filled so far; the next goes to filled_ % block_count
  std::size_t used_ = 0;    ///< blocks used up so far
  std::size_t at_ = 0;      ///< bytes used of the block being used
  bool ended_ = false;
  bool dropped_ = false;
  std::exception_ptr failure_;
  std::jthread thread_;
};

}  // namespace n2c
