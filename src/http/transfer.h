#pragma once
/// One HTTP exchange that is under way. The calling thread makes the body and takes the reply; the
/// network thread moves the bytes. All that both touch is here.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/pipe.h"
#include "http/curl_handle.h"
#include "http/failure.h"
#include "http/reply_pace.h"
#include "http/transport.h"

namespace n2c::http {

/// What a transfer needs from its transport.
struct TransferLimits {
  std::chrono::milliseconds stall_timeout;
  std::uint64_t min_rate = 0;  ///< bytes a second of a reply; see TransportOptions
  std::size_t pipe_bytes;
  bool is_direct = true;  ///< what is connected to is the URL's host
  Clock* clock;           ///< outlives the transfer
};

class Transfer {
 public:
  using Now = Clock::TimePoint;

  /// `request` must live until the transfer has ended. wake() must make the network thread look at
  /// take_asked() between two performs; it is called on any thread and may not throw.
  Transfer(const Request& request, const TransferLimits& limits, std::function<void()> wake);

  CurlHandle& handle() { return handle_; }
  const CurlHandle& handle() const { return handle_; }
  /// `trace` is given every header block that passes, on the network thread.
  void trace_to(std::function<void(std::string_view block, bool is_request)> trace);

  // The calling thread's side.

  /// More of the body. False when nobody wants it: the exchange is over.
  bool write(ByteView bytes) { return body_.write(bytes); }
  void finish_body() { body_.finish(); }
  /// Waits for bytes for the sink and puts them into `bytes`. Returns false when the exchange is
  /// over.
  bool wait_for_reply(std::string& bytes);
  void wait_for_end();
  /// Asks the network thread to end the exchange and its connection, unless it has ended. Never
  /// throws: it is what is done when memory is short.
  void abort() noexcept;
  /// After the end: how it went, and what was thrown on the network thread.
  CURLcode code() const { return code_; }
  std::exception_ptr take_failure() { return std::exchange(failure_, nullptr); }
  const char* explanation() const { return explanation_.data(); }
  Response take_response() { return std::move(response_); }
  GivenUp given_up() const { return given_up_; }
  /// Whether anything of a reply came, a 1xx too.
  bool has_reply_begun() const { return header_bytes_ != 0; }

  // The network thread's side.

  /// What was asked since the last call.
  struct Asked {
    bool resume = false, abort = false;
  };
  Asked take_asked() noexcept { return {is_resume_asked_.exchange(false), is_abort_asked_}; }
  /// To be called when that was asked, after the pause that it ends has taken effect.
  void on_resume();
  /// To be called after each perform: wakes the calling thread if bytes came for the sink. libcurl
  /// hands on 16 KiB at a time, and a wake-up for each costs more than their hash.
  void tell();
  /// Whether nothing has moved for too long, or too little has. Then the transfer is to be ended.
  bool check_stall(Now now);
  /// The last call: no callback comes after it.
  void end(CURLcode code, std::exception_ptr failure = nullptr);

 private:
  static std::size_t on_read(char* to, std::size_t, std::size_t count, void* self);
  static std::size_t on_write(char* from, std::size_t, std::size_t count, void* self);
  static std::size_t on_header(char* from, std::size_t, std::size_t count, void* self);
  static int on_sending(void* self, char* address, char*, int, int);
  static int on_debug(CURL*, curl_infotype type, char* text, std::size_t size, void* self);
  template <class Result, class Body>
  Result guard(Result on_failure, Body&& body) noexcept;

  void ask_to_resume() noexcept;
  std::size_t give_body(ByteSpan into);
  std::size_t take_reply(std::string_view bytes);
  void take_header(std::string_view line);
  void begin_block(std::string_view status_line);
  void reply_came(std::size_t bytes);

  const Request& request_;
  TransferLimits limits_;
  CurlHandle handle_;
  std::array<char, CURL_ERROR_SIZE> explanation_{};
  Pipe body_;
  std::function<void()> wake_;
  std::atomic<bool> is_resume_asked_ = false, is_abort_asked_ = false;
  std::function<void(std::string_view, bool)> trace_;

  // The network thread's until the end, the calling thread's after it.
  Response response_;
  CURLcode code_ = CURLE_OK;
  std::exception_ptr failure_;
  std::size_t header_bytes_ = 0;
  std::optional<bool> is_for_sink_;  // the body; known when it begins
  Now last_moved_{};
  bool connected_ = false;
  bool awaits_producer_ = false;
  bool awaits_consumer_ = false;
  bool body_left_ = false;
  bool is_untold_ = false;  // bytes came for the sink
  GivenUp given_up_ = GivenUp::no;
  ReplyPace pace_;
  bool is_interim_ = false;  // the header block under way is a 1xx
  int interim_replies_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string for_sink_;        // under mutex_
  bool sink_was_full_ = false;  // under mutex_
  bool ended_ = false;          // under mutex_
};

}  // namespace n2c::http
