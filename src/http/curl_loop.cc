#include "http/curl_loop.h"

#include <new>
#include <optional>
#include <utility>

#include "base/thread.h"

namespace n2c::http {

namespace {

/// Connections kept open when nothing uses them: as many as there are probes at once.
constexpr long kept_connections = 64;
/// So many waits in a row may fail.
constexpr int most_failed_waits = 20;
constexpr std::chrono::milliseconds after_failure{20};

void check(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK) throw Error(ErrorKind::local, cat("libcurl: ", curl_multi_strerror(code)));
}

/// Nothing when there is none.
template <class T>
std::optional<T> take_first(std::deque<T>& all) {
  if (all.empty()) return std::nullopt;
  std::optional<T> first(std::move(all.front()));
  all.pop_front();
  return first;
}

}  // namespace

CurlLoop::CurlLoop(std::chrono::milliseconds check_every, Clock& clock)
    : check_every_(check_every), clock_(clock), multi_(curl_multi_init()) {
  if (!multi_) throw std::bad_alloc();
  check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING));
  check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kept_connections));
  // libcurl goes on without its pair of sockets, and then nothing ends a wait of the thread.
  if (curl_multi_wakeup(multi_.get()) != CURLM_OK) {
    throw Error(ErrorKind::local, "make what wakes the network thread: too few descriptors",
                "raise the limit of open files (ulimit -n)");
  }
  thread_ = start_thread([this] { run(); });
}

CurlLoop::~CurlLoop() {
  quits_ = true;
  wake();
  thread_.join();
}

void CurlLoop::start(std::uint64_t id, std::shared_ptr<Transfer> transfer) {
  starts_.with([&](auto& starts) { starts.push_back({id, std::move(transfer)}); });
  wake();
}

void CurlLoop::run() {
  while (!quits_) {
    try {
      drive();
    } catch (...) {
      // It ends the transfers that are under way: nobody may wait for ever. Later ones may fare
      // better.
      end_all(std::current_exception());
      std::this_thread::sleep_for(after_failure);
    }
  }
}

/// One that fails means that memory is short for a moment. Then it is looked anew what there is to
/// do, without waiting.
void CurlLoop::wait(std::chrono::milliseconds longest) {
  const CURLMcode outcome =
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
  failed_waits_ = outcome == CURLM_OK ? 0 : failed_waits_ + 1;
  if (failed_waits_ == 0) return;
  if (failed_waits_ > most_failed_waits) check(outcome);
  std::this_thread::sleep_for(after_failure);
}

void CurlLoop::end_all(const std::exception_ptr& failure) {
  while (!transfers_.empty()) end(transfers_.begin()->first, CURLE_ABORTED_BY_CALLBACK, failure);
  while (const auto transfer = starts_.with([](auto& starts) { return take_first(starts); })) {
    transfer->transfer->end(CURLE_ABORTED_BY_CALLBACK, failure);
  }
}

void CurlLoop::drive() {
  while (!quits_) {
    begin_all();
    obey_all();
    int running = 0;
    check(curl_multi_perform(multi_.get(), &running));
    for (const auto& [id, transfer] : transfers_) transfer->tell();
    end_finished();
    end_stalled();
    wait(transfers_.empty() ? std::chrono::milliseconds(60'000) : check_every_);
  }
}

void CurlLoop::begin_all() {
  while (const auto start = starts_.with([](auto& starts) { return take_first(starts); })) {
    try {
      begin(*start);
    } catch (...) {
      // It alone fails, and it never begins without somebody being told.
      transfers_.erase(start->id);
      start->transfer->end(CURLE_OUT_OF_MEMORY, std::current_exception());
    }
  }
}

void CurlLoop::begin(const Start& start) {
  CURL* easy = start.transfer->handle().get();
  transfers_.emplace(start.id, start.transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(start.id));
  check(curl_multi_add_handle(multi_.get(), easy));
}

/// Runs between two performs, so that the pause which ends has been made.
void CurlLoop::obey_all() {
  for (auto next = transfers_.begin(); next != transfers_.end();) {
    const auto& [id, transfer] = *next++;  // end() takes this one away
    const Transfer::Asked asked = transfer->take_asked();
    if (asked.abort) {
      end(id, CURLE_ABORTED_BY_CALLBACK);
    } else if (asked.resume) {
      transfer->on_resume();
    }
  }
}

void CurlLoop::end_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* id = nullptr;
    const CURLcode code = message->data.result;  // read first: the message dies with the handle
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
    end(reinterpret_cast<std::uint64_t>(id), code);
  }
}

void CurlLoop::end_stalled() {
  const auto now = clock_.now();
  if (now < next_check_) return;
  next_check_ = now + check_every_;
  for (auto next = transfers_.begin(); next != transfers_.end();) {
    const auto& [id, transfer] = *next++;  // end() takes this one away
    if (transfer->check_stall(now)) end(id, CURLE_OPERATION_TIMEDOUT);
  }
}

void CurlLoop::end(std::uint64_t id, CURLcode code, std::exception_ptr failure) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  const auto transfer = std::move(found->second);
  transfers_.erase(found);
  curl_multi_remove_handle(multi_.get(), transfer->handle().get());
  transfer->end(code, std::move(failure));
}

}  // namespace n2c::http
