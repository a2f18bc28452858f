#include "registry/server/net/connection_threads.h"

#include <exception>

#include "base/thread.h"

namespace n2c::registry {

ConnectionThreads::ConnectionThreads(Listener& listener, ConnectionTable& table, Serve serve,
                                     TurnAway turn_away)
    : listener_(listener),
      table_(table),
      serve_(std::move(serve)),
      turn_away_(std::move(turn_away)),
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
      auto accepted = listener_.accept(stop_);
      join_done();
      if (accepted) take(std::move(*accepted));
    } catch (const std::exception&) {
      continue;  // no memory or no thread: it closes, and the next one may fare better
    }
  }
}

void ConnectionThreads::take(Listener::Accepted accepted) {
  Place place;
  if (leavers_are_few()) place = table_.admit(accepted.fd.get(), accepted.peer);
  if (place == nullptr) {
    turn_away_(std::move(accepted));
  } else {
    start(std::move(accepted), place);
  }
}

/// A connection that lost its place needs a moment to end.
bool ConnectionThreads::leavers_are_few() {
  constexpr std::size_t few = 64;
  std::unique_lock hold(mutex_);
  return changed_.wait_for(hold, std::chrono::milliseconds(100),
                           [&] { return busy_ < table_.limit() + few; });
}

void ConnectionThreads::serve_one(Listener::Accepted accepted, ConnectionTable::Place& place) {
  try {
    serve_(std::move(accepted), place);
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
  } catch (const std::exception&) {
    members_.pop_back();  // no thread to be had: the connection is closed
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
