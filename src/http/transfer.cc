#include "http/transfer.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace n2c::http {

namespace {

constexpr std::size_t sink_bytes = 512 << 10;        // held between the network and the sink
constexpr std::size_t told_at_once = 128 << 10;      // of these
constexpr std::size_t max_header_bytes = 256 << 10;  // of one reply
constexpr std::size_t longest_header = 256 << 10;    // of a request: a token, or a login
constexpr int max_interim_replies = 100;             // 1xx before the reply
constexpr long upload_buffer = 512 << 10;            // fewer, larger writes to the socket
constexpr long download_buffer = 256 << 10;

bool has_body_by_nature(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

std::size_t pipe_capacity(const Body& body, std::size_t most) {
  if (body.source == nullptr) return 1;
  return static_cast<std::size_t>(std::min<std::uint64_t>(body.length.value_or(most), most));
}

void set_method(CurlHandle& handle, const Request& request) {
  const Body& body = request.body;
  if (body.source != nullptr || has_body_by_nature(request.method)) {
    handle.set(CURLOPT_UPLOAD, 1L);
    const bool open_ended = body.source != nullptr && !body.length;
    handle.set_size(CURLOPT_INFILESIZE_LARGE,
                    open_ended ? -1 : static_cast<curl_off_t>(body.length.value_or(0)));
    if (body.source != nullptr && (open_ended || *body.length > upload_buffer)) {
      handle.set(CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer);
    }
  }
  if (request.method == Method::head) {
    handle.set(CURLOPT_NOBODY, 1L);
  } else {
    handle.set(CURLOPT_CUSTOMREQUEST, std::string(name_of(request.method)));
  }
  if (request.reply_sink != nullptr) handle.set(CURLOPT_BUFFERSIZE, download_buffer);
}

void set_headers(CurlHandle& handle, const Headers& headers) {
  for (const auto& [name, value] : headers.lines()) {
    const std::string line = value.empty() ? cat(name, ';') : cat(name, ": ", value);
    const bool clean =
        std::ranges::none_of(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    if (!clean) throw Error(ErrorKind::input, cat("header ", printable(name), ": a line break"));
    if (line.size() > longest_header) {
      throw Error(ErrorKind::input, cat("header ", printable(name), ": ", brief_bytes(line.size()),
                                        ", more than any server takes"));
    }
    handle.add_header(line);
  }
  // libcurl would wait a second for a 100 that many registries never send. A caller that wants the
  // server's opinion first asks for it.
  if (!headers.find("Expect")) handle.add_header("Expect:");
  handle.use_headers();
}

}  // namespace

Transfer::Transfer(const Request& request, const TransferLimits& limits, std::function<void()> wake)
    : request_(request),
      limits_(limits),
      body_(pipe_capacity(request.body, limits.pipe_bytes), [this] { ask_to_resume(); }),
      wake_(std::move(wake)),
      pace_(limits.min_rate, limits.stall_timeout) {
  response_.url = request.url;
  body_left_ = request.body.source == nullptr;
  if (body_left_) body_.finish();
  handle_.set(CURLOPT_URL, request.url.str());
  handle_.set(CURLOPT_ERRORBUFFER, static_cast<void*>(explanation_.data()));
  set_method(handle_, request);
  set_headers(handle_, request.headers);
  void* self = this;
  handle_.set(CURLOPT_READFUNCTION, &Transfer::on_read);
  handle_.set(CURLOPT_READDATA, self);
  handle_.set(CURLOPT_WRITEFUNCTION, &Transfer::on_write);
  handle_.set(CURLOPT_WRITEDATA, self);
  handle_.set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  handle_.set(CURLOPT_HEADERDATA, self);
  handle_.set(CURLOPT_PREREQFUNCTION, &Transfer::on_sending);
  handle_.set(CURLOPT_PREREQDATA, self);
}

void Transfer::trace_to(std::function<void(std::string_view, bool)> trace) {
  trace_ = std::move(trace);
  handle_.set(CURLOPT_VERBOSE, 1L);
  handle_.set(CURLOPT_DEBUGFUNCTION, &Transfer::on_debug);
  handle_.set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
}

bool Transfer::wait_for_reply(std::string& bytes) {
  bytes.clear();
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return ended_ || !for_sink_.empty(); });
  bytes.swap(for_sink_);
  const bool wake = std::exchange(sink_was_full_, false) && !ended_;
  hold.unlock();
  if (wake) ask_to_resume();
  return !bytes.empty();
}

void Transfer::wait_for_end() {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return ended_; });
}

void Transfer::abort() noexcept {
  is_abort_asked_ = true;
  wake_();
}

void Transfer::ask_to_resume() noexcept {
  is_resume_asked_ = true;
  wake_();
}

void Transfer::on_resume() {
  awaits_producer_ = awaits_consumer_ = false;
  last_moved_ = limits_.clock->now();
  pace_.restart(last_moved_);
  curl_easy_pause(handle_.get(), CURLPAUSE_CONT);  // may call on_write() before it returns
}

bool Transfer::check_stall(Now now) {
  // Before the request leaves, the connect time-out counts. While the other side waits for n2c,
  // nothing is wrong with the network.
  if (!connected_ || awaits_producer_ || awaits_consumer_) return false;
  const bool only_the_reply = body_left_ && response_.status == 0;
  const std::chrono::milliseconds patience =
      only_the_reply ? request_.reply_patience : std::chrono::milliseconds(0);
  if (now - last_moved_ > limits_.stall_timeout + patience) {
    given_up_ = GivenUp::nothing_moved;
  } else if (pace_.is_too_slow(now)) {
    given_up_ = GivenUp::too_slow;
  }
  return given_up_ != GivenUp::no;
}

void Transfer::end(CURLcode code, std::exception_ptr failure) {
  code_ = code;
  if (failure && !failure_) failure_ = std::move(failure);
  body_.close();
  const std::scoped_lock hold(mutex_);
  ended_ = true;
  changed_.notify_all();  // under the lock: the waiter may destroy this as soon as it is released
}

// Nothing is thrown through C: the first exception is kept and the transfer aborted.
template <class Result, class Body>
Result Transfer::guard(Result on_failure, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
    return on_failure;
  }
}

std::size_t Transfer::on_read(char* to, std::size_t, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.guard<std::size_t>(CURL_READFUNC_ABORT, [&] {
    return transfer.give_body(std::as_writable_bytes(std::span(to, count)));
  });
}

std::size_t Transfer::give_body(ByteSpan into) {
  const Pipe::Taken taken = body_.try_read(into);
  if (taken.count == 0 && !taken.at_end) {
    awaits_producer_ = true;
    return CURL_READFUNC_PAUSE;
  }
  last_moved_ = limits_.clock->now();
  pace_.restart(last_moved_);
  body_left_ = taken.at_end;
  response_.sent += taken.count;
  if (request_.body.length && response_.sent >= *request_.body.length) body_left_ = true;
  if (request_.sent != nullptr) request_.sent->fetch_add(taken.count, std::memory_order_relaxed);
  return taken.count;
}

std::size_t Transfer::on_write(char* from, std::size_t, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.guard<std::size_t>(count == 0 ? 1 : 0,
                                     [&] { return transfer.take_reply({from, count}); });
}

void Transfer::reply_came(std::size_t bytes) {
  last_moved_ = limits_.clock->now();
  pace_.came(bytes, last_moved_);
}

std::size_t Transfer::take_reply(std::string_view bytes) {
  if (!is_for_sink_) {
    is_for_sink_ = request_.reply_sink != nullptr &&
                   (request_.is_for_sink ? request_.is_for_sink(response_)
                                         : response_.status >= 200 && response_.status < 300);
  }
  if (!*is_for_sink_) {
    if (bytes.size() > request_.max_reply_bytes - response_.body.size()) {
      throw Error(ErrorKind::registry,
                  cat("the reply is longer than ", brief_bytes(request_.max_reply_bytes)))
          .within(request_line(request_));
    }
    reply_came(bytes.size());
    response_.body += bytes;
    return bytes.size();
  }
  const std::scoped_lock hold(mutex_);
  if (!for_sink_.empty() && for_sink_.size() + bytes.size() > sink_bytes) {
    sink_was_full_ = awaits_consumer_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  reply_came(bytes.size());
  for_sink_ += bytes;
  is_untold_ = true;
  if (for_sink_.size() >= told_at_once) changed_.notify_all();
  return bytes.size();
}

void Transfer::tell() {
  if (!std::exchange(is_untold_, false)) return;
  const std::scoped_lock hold(mutex_);
  changed_.notify_all();
}

std::size_t Transfer::on_header(char* from, std::size_t, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.guard<std::size_t>(0, [&] {
    transfer.take_header({from, count});
    return count;
  });
}

/// A header block begins: the reply's own, or a 1xx before it. A 1xx does not count as the reply's
/// beginning: a server could hold us for ever with them.
void Transfer::begin_block(std::string_view status_line) {
  response_.headers = {};
  response_.status = 0;
  const auto parts = cut(status_line, ' ');
  is_interim_ = parts && parts->second.starts_with('1');
  if (is_interim_ && ++interim_replies_ > max_interim_replies) {
    throw Error(ErrorKind::network,
                cat("more than ", max_interim_replies, " interim replies (1xx), and no reply"))
        .within(request_line(request_));
  }
}

void Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes) {
    throw Error(ErrorKind::registry, "the reply's header never ends")
        .within(request_line(request_));
  }
  const bool begins = line.starts_with("HTTP/");
  if (begins) begin_block(line);
  if (is_interim_) return;
  reply_came(line.size());
  if (begins) return;
  if (trim(line).empty()) {
    const long status = handle_.number(CURLINFO_RESPONSE_CODE);
    if (status >= 200) response_.status = static_cast<int>(status);
    // libcurl 7.88 does not end a refused exchange while its sending is paused.
    if (awaits_producer_) ask_to_resume();
    return;
  }
  if (const auto parts = cut(line, ':')) {
    response_.headers.add(std::string(trim(parts->first)), std::string(trim(parts->second)));
  }
}

int Transfer::on_sending(void* self, char* address, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.connected_ = true;
  transfer.last_moved_ = transfer.limits_.clock->now();
  if (!transfer.limits_.is_direct || !transfer.request_.on_connected) return CURL_PREREQFUNC_OK;
  return transfer.guard<int>(CURL_PREREQFUNC_ABORT, [&] {
    transfer.request_.on_connected(address);
    return CURL_PREREQFUNC_OK;
  });
}

int Transfer::on_debug(CURL*, curl_infotype type, char* text, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  // Bodies hold tokens, and libcurl's own remarks name proxy users: only headers are shown.
  if (type != CURLINFO_HEADER_OUT && type != CURLINFO_HEADER_IN) return 0;
  transfer.guard<int>(0, [&] {
    transfer.trace_({text, size}, type == CURLINFO_HEADER_OUT);
    return 0;
  });
  return 0;
}

}  // namespace n2c::http
