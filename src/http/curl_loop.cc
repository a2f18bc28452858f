#include "http/curl_loop.h"

#include <utility>

namespace n2c::http {

namespace {

/// Connections kept open when nothing uses them: as many as there are probes at once.
constexpr long kept_connections = 64;

void check(CURLMcode code) {
  if (code != CURLM_OK)
    throw Error(ErrorKind::internal, cat("libcurl: ", curl_multi_strerror(code)));
}

}  // namespace

CurlLoop::CurlLoop(std::chrono::milliseconds check_every, Clock& clock)
    : check_every_(check_every), clock_(clock), multi_(curl_multi_init()) {
  if (!multi_) throw std::bad_alloc();
  check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING));
  check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kept_connections));
  thread_ = std::thread([this] { run(); });
}

CurlLoop::~CurlLoop() {
  tell(Quit{});
  thread_.join();
}

void CurlLoop::start(std::uint64_t id, std::shared_ptr<Transfer> transfer) {
  tell(Start{id, std::move(transfer)});
}

void CurlLoop::tell(Command command) {
  commands_.with([&](auto& commands) { commands.push_back(std::move(command)); });
  curl_multi_wakeup(multi_.get());
}

void CurlLoop::run() {
  try {
    drive();
  } catch (...) {
    // Ends all transfers, those under way and later ones, with this failure: nobody may wait for
    // ever.
    const auto failure = std::current_exception();
    while (true) {
      while (!transfers_.empty())
        end(transfers_.begin()->first, CURLE_ABORTED_BY_CALLBACK, failure);
      for (auto& command : commands_.with([](auto& all) { return std::exchange(all, {}); })) {
        if (std::holds_alternative<Quit>(command)) return;
        if (auto* start = std::get_if<Start>(&command)) {
          start->transfer->end(CURLE_ABORTED_BY_CALLBACK, failure);
        }
      }
      curl_multi_poll(multi_.get(), nullptr, 0, 1000, nullptr);
    }
  }
}

void CurlLoop::drive() {
  while (obey_all()) {
    int running = 0;
    check(curl_multi_perform(multi_.get(), &running));
    end_finished();
    end_stalled();
    const auto longest = transfers_.empty() ? std::chrono::milliseconds(60'000) : check_every_;
    check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr));
  }
}

/// Runs between two performs, so that the pause which a Resume ends has been made.
bool CurlLoop::obey_all() {
  for (auto& command : commands_.with([](auto& all) { return std::exchange(all, {}); })) {
    if (std::holds_alternative<Quit>(command)) return false;
    if (const auto* start = std::get_if<Start>(&command)) obey(*start);
    if (const auto* resume = std::get_if<Resume>(&command)) obey(*resume);
    if (const auto* abort = std::get_if<Abort>(&command)) obey(*abort);
  }
  return true;
}

void CurlLoop::obey(const Start& command) {
  CURL* easy = command.transfer->handle().get();
  transfers_.emplace(command.id, command.transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(command.id));
  check(curl_multi_add_handle(multi_.get(), easy));
}

void CurlLoop::obey(const Resume& command) {
  const auto found = transfers_.find(command.id);
  if (found != transfers_.end()) found->second->on_resume();
}

void CurlLoop::obey(const Abort& command) { end(command.id, CURLE_ABORTED_BY_CALLBACK); }

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
  std::vector<std::uint64_t> stalled;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->check_stall(now)) stalled.push_back(id);
  }
  for (const auto id : stalled) end(id, CURLE_OPERATION_TIMEDOUT);
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
