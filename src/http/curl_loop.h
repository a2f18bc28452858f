#pragma once
/// The network thread: libcurl's multi handle and the transfers it drives.

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/locked.h"
#include "http/transfer.h"

namespace n2c::http {

/// Thread-safe. Destroyed after every transfer has ended.
class CurlLoop {
 public:
  /// Throws Error{local} where no thread or no descriptor can be made. `check_every`: how often
  /// stalls are looked for. `clock` outlives this.
  CurlLoop(std::chrono::milliseconds check_every, Clock& clock);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// A number for a transfer about to be started.
  std::uint64_t next_id() { return ++last_id_; }
  /// Drives the transfer until it ends. Throws std::bad_alloc; then it is not begun.
  void start(std::uint64_t id, std::shared_ptr<Transfer> transfer);
  /// Has the network thread look at what a transfer was asked (Transfer::ask()). May be called
  /// where nothing may fail.
  void wake() const noexcept { curl_multi_wakeup(multi_.get()); }

 private:
  struct Start {
    std::uint64_t id;
    std::shared_ptr<Transfer> transfer;
  };

  void run();
  void drive();
  void wait(std::chrono::milliseconds longest);
  void begin_all();
  void begin(const Start& start);
  void obey_all();
  void end_all(const std::exception_ptr& failure);
  void end_finished();
  void end_stalled();
  void end(std::uint64_t id, CURLcode code, std::exception_ptr failure = nullptr);

  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  std::chrono::milliseconds check_every_;
  Clock& clock_;
  Clock::TimePoint next_check_{};
  int failed_waits_ = 0;  // in a row
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Transfer>> transfers_;
  std::atomic<std::uint64_t> last_id_ = 0;
  Locked<std::deque<Start>> starts_;
  std::atomic<bool> quits_ = false;
  std::jthread thread_;  // last: everything it uses is there before it starts
};

}  // namespace n2c::http
