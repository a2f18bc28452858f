#pragma once
/// The threads of a server. One accepts; each connection that has a place has one of its own.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "registry/server/net/accept_failures.h"
#include "registry/server/net/connection_table.h"
#include "registry/server/net/socket.h"

namespace n2c::registry {

class ConnectionThreads {
 public:
  using Serve = std::function<void(Listener::Accepted, ConnectionTable::Place&)>;
  using TurnAway = std::function<void(Listener::Accepted)>;
  using Tell = std::function<void(std::string_view line)>;
  struct Calls {
    Serve serve;
    TurnAway turn_away;
    Tell tell{};  ///< may be empty
  };

  /// `serve` runs on a thread of its own, for every connection that `table` has a place for.
  /// `turn_away` runs on the accepting thread, for those that found none within `patience`, and for
  /// the newest of a crowd that waits. What they throw closes the connection. `tell`
  /// is told what goes wrong with accepting. Throws Error{local} where no thread can be made.
  ConnectionThreads(Listener& listener, ConnectionTable& table, std::chrono::milliseconds patience,
                    Calls calls);
  ~ConnectionThreads();
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  /// Accepts no more connections.
  void stop_accepting();
  /// Waits until no connection is left. Returns false when `time` was over first.
  bool wait_for_none(std::chrono::milliseconds time);
  std::size_t count() const;
  /// Why no connection will be accepted any more, by errno; 0 while they are.
  int failure() const { return failure_; }

 private:
  struct Member {
    std::jthread thread;
    bool done = false;
  };

  struct Waiting {
    Listener::Accepted accepted;
    std::string key;  // of its peer
    std::chrono::steady_clock::time_point since;
  };

  void accept_all();
  bool accept_one();
  void tell(std::string_view line) const noexcept;
  void tell_dropped(std::string_view why) noexcept;
  void wait(Listener::Accepted accepted);
  void seat_waiting();
  void give_up(std::list<Waiting>::iterator one);
  using Place = std::shared_ptr<ConnectionTable::Place>;
  Place place_for(const Listener::Accepted& accepted, ConnectionTable::Spare spare);
  bool leavers_are_few() const;
  void serve_one(Listener::Accepted accepted, ConnectionTable::Place& place);
  void start(Listener::Accepted accepted, const Place& place);
  void join_done();

  Listener& listener_;
  ConnectionTable& table_;
  std::chrono::milliseconds patience_;
  const Calls calls_;
  AcceptFailures failures_;  // the acceptor's alone
  std::atomic<int> failure_ = 0;
  StopFlag stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Member> members_;
  std::size_t busy_ = 0;
  std::list<Waiting> waiting_;  // the oldest first; the acceptor's alone
  std::jthread acceptor_;
};

}  // namespace n2c::registry
