#include "registry/server/net/connection_threads.h"

#include <exception>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/thread.h"

namespace n2c::registry {

namespace {

constexpr std::chrono::milliseconds between_looks{10};

}  // namespace

ConnectionThreads::ConnectionThreads(Listener& listener, ConnectionTable& table,
                                     std::chrono::milliseconds patience, Calls calls)
    : listener_(listener),
      table_(table),
      patience_(patience),
      calls_(std::move(calls)),
      acceptor_(start_thread([this] { accept_all(); })) {}

ConnectionThreads::~ConnectionThreads() {
  stop_accepting();
  for (Member& member : members_) member.thread.join();
}

void ConnectionThreads::stop_accepting() {
  stop_.raise();
  if (acceptor_.joinable()) acceptor_.join();
}

bool ConnectionThreads::wait_for_none(std::chrono::milliseconds time) {
  std::unique_lock hold(mutex_);
  return changed_.wait_for(hold, time, [&] { return busy_ == 0; });
}

std::size_t ConnectionThreads::count() const {
  const std::scoped_lock hold(mutex_);
  return busy_;
}

void ConnectionThreads::accept_all() {
  while (!stop_.raised()) {
    try {
      if (!accept_one()) return;
    } catch (const std::exception& error) {
      waiting_.clear();  // no memory or no thread: they close, and the next ones may fare better
      tell_dropped(error.what());
    }
  }
}

/// False when there will be none any more.
bool ConnectionThreads::accept_one() {
  const auto time = waiting_.empty() ? std::nullopt : std::optional(between_looks);
  auto accepted = listener_.accept(stop_, time);
  const int error = accepted ? 0 : accepted.error();
  join_done();
  if (accepted) wait(std::move(*accepted));
  seat_waiting();
  const auto next = failures_.after(error, std::chrono::steady_clock::now());
  if (!next.line.empty()) tell(next.line);
  if (next.is_end) failure_ = error;
  if (next.pause.count() != 0) wait_for(stop_, next.pause);
  return !next.is_end;
}

void ConnectionThreads::tell(std::string_view line) const noexcept {
  try {
    if (calls_.tell) calls_.tell(line);
  } catch (const std::exception&) {
    return;  // no memory for a line
  }
}

void ConnectionThreads::tell_dropped(std::string_view why) noexcept {
  try {
    const std::string line = failures_.after_dropped(why, std::chrono::steady_clock::now());
    if (!line.empty()) tell(line);
  } catch (const std::exception&) {
    return;  // no memory for a line
  }
}

void ConnectionThreads::wait(Listener::Accepted accepted) {
  std::string key = peer_key(accepted.peer);
  waiting_.push_back({std::move(accepted), std::move(key), std::chrono::steady_clock::now()});
}

/// In the order in which they came. Turned away at once, the quicker to come again would win over
/// those that keep to Retry-After. Young connections make room for who has waited for long, and for
/// the oldest when too many wait.
void ConnectionThreads::seat_waiting() {
  using Spare = ConnectionTable::Spare;
  const auto overdue = std::chrono::steady_clock::now() - patience_;
  bool is_crowded = waiting_.size() > table_.limits().crowd;
  std::set<std::string> refused;  // who comes from where one found no place need not be looked at
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    const auto next = std::next(one);
    const bool is_overdue = one->since <= overdue;
    const auto spare =
        is_overdue || std::exchange(is_crowded, false) ? Spare::nobody : Spare::young;
    const bool is_hopeless = spare == Spare::young && refused.contains(one->key);
    const Place place = is_hopeless ? nullptr : place_for(one->accepted, spare);
    if (place != nullptr) {
      Listener::Accepted accepted = std::move(one->accepted);
      waiting_.erase(one);
      start(std::move(accepted), place);
    } else if (is_overdue) {
      give_up(one);
    } else {
      refused.insert(one->key);
    }
    one = next;
  }
  while (waiting_.size() > table_.limits().crowd) give_up(std::prev(waiting_.end()));
}

void ConnectionThreads::give_up(std::list<Waiting>::iterator one) {
  Listener::Accepted accepted = std::move(one->accepted);
  waiting_.erase(one);
  calls_.turn_away(std::move(accepted));
}

ConnectionThreads::Place ConnectionThreads::place_for(const Listener::Accepted& accepted,
                                                      ConnectionTable::Spare spare) {
  if (!leavers_are_few()) return nullptr;
  return table_.admit(accepted.fd.get(), accepted.peer, spare);
}

/// A connection that lost its place needs a moment to end.
bool ConnectionThreads::leavers_are_few() const {
  return count() < table_.limits().all + table_.limits().crowd;
}

void ConnectionThreads::serve_one(Listener::Accepted accepted, ConnectionTable::Place& place) {
  try {
    calls_.serve(std::move(accepted), place);
  } catch (const std::exception&) {
    return;  // no memory for a connection: it closes
  }
}

void ConnectionThreads::start(Listener::Accepted accepted, const Place& place) {
  const std::scoped_lock hold(mutex_);
  Member& member = members_.emplace_back();
  const auto serve = [this, &member, place](Listener::Accepted taken) {
    serve_one(std::move(taken), *place);
    const std::scoped_lock done(mutex_);
    member.done = true;
    --busy_;
    changed_.notify_all();
  };
  try {
    member.thread =
        start_thread([serve, taken = std::move(accepted)]() mutable { serve(std::move(taken)); });
    ++busy_;
  } catch (...) {
    members_.pop_back();  // no thread to be had: the connection is closed
    throw;
  }
}

void ConnectionThreads::join_done() {
  const std::scoped_lock hold(mutex_);
  std::erase_if(members_, [](Member& member) {
    if (member.done) member.thread.join();
    return member.done;
  });
}

}  // namespace n2c::registry
