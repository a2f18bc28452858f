#pragma once
/// The network thread: libcurl's multi handle and the transfers it drives.

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/locked.h"
#include "http/transfer.h"

namespace n2c::http {

/// Thread-safe. Destroyed after every transfer has ended.
class CurlLoop {
 public:
  /// `check_every`: how often stalls are looked for. `clock` outlives this.
  CurlLoop(std::chrono::milliseconds check_every, Clock& clock);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// A number for a transfer about to be started.
  std::uint64_t next_id() { return ++last_id_; }
  void start(std::uint64_t id, std::shared_ptr<Transfer> transfer);
  /// Has Transfer::on_resume() called on the network thread, after the pause that it ends has taken
  /// effect.
  void resume(std::uint64_t id) { tell(Resume{id}); }
  /// Ends the transfer and its connection, unless it has ended already.
  void abort(std::uint64_t id) { tell(Abort{id}); }

 private:
  struct Start {
    std::uint64_t id;
    std::shared_ptr<Transfer> transfer;
  };
  struct Resume {
    std::uint64_t id;
  };
  struct Abort {
    std::uint64_t id;
  };
  struct Quit {};
  using Command = std::variant<Start, Resume, Abort, Quit>;

  void tell(Command command);
  void run();
  void drive();
  bool obey_all();
  void obey(const Start& command);
  void obey(const Resume& command);
  void obey(const Abort& command);
  void end_finished();
  void end_stalled();
  void end(std::uint64_t id, CURLcode code, std::exception_ptr failure = nullptr);

  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  std::chrono::milliseconds check_every_;
  Clock& clock_;
  Clock::TimePoint next_check_{};
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Transfer>> transfers_;
  std::atomic<std::uint64_t> last_id_ = 0;
  Locked<std::vector<Command>> commands_;
  std::thread thread_;  // last: everything it uses is there before it starts
};

}  // namespace n2c::http
