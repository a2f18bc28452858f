#pragma once
/// A bounded pipe between a thread that makes bytes and one that sends them.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "base/stream.h"

namespace n2c {

/// Bytes from one writer thread to one reader thread, at most `capacity` under way.
///
/// The writer blocks while it is full. The reader never blocks: try_read() says that
/// nothing is there yet, and on_refill is called (on the writer's thread) when that changes.
class Pipe {
 public:
  Pipe(std::size_t capacity, std::function<void()> on_refill);

  /// Writer: all of the bytes, waiting for room. False when the reader has gone: stop producing.
  bool write(ByteView bytes);
  /// Writer: there is no more. May call on_refill.
  void finish();

  struct Taken {
    std::size_t count = 0;  ///< bytes stored
    bool at_end = false;    ///< nothing is there and nothing will come
  };
  /// Reader: what is there, without waiting. count 0 and not at_end: wait for on_refill.
  Taken try_read(ByteSpan into);
  /// Reader: wants no more; a writer that waits wakes.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<std::byte> ring_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  bool finished_ = false;
  bool closed_ = false;
  bool starved_ = false;
  std::function<void()> on_refill_;
};

}  // namespace n2c
