#pragma once
/// The threads of a server: one accepts, one serves each connection, up to a limit.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "registry/server/socket.h"

namespace n2c::registry {

class Crew {
 public:
  using Work = std::function<void(Listener::Accepted)>;

  /// `serve` runs on a thread of its own for every connection; `turn_away`, on the accepting
  /// thread, for those past `limit`. Neither may throw.
  Crew(Listener& listener, std::size_t limit, Work serve, Work turn_away);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Accepts no more connections.
  void stop_accepting();
  /// Waits until no connection is left; false when `time` was over first.
  bool wait_for_none(std::chrono::milliseconds time);
  std::size_t count() const;

 private:
  struct Member {
    std::thread thread;
    bool done = false;
  };

  void accept_all();
  void start(Listener::Accepted accepted);
  void join_done();

  Listener& listener_;
  std::size_t limit_;
  Work serve_, turn_away_;
  StopFlag stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Member> members_;
  std::size_t busy_ = 0;
  std::thread acceptor_;
};

}  // namespace n2c::registry
