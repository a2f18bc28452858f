#pragma once
/// Who is connected, and which connection ends when there is no room for one more.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace n2c::registry {

/// What limits count as one peer: "192.0.2.7" of "192.0.2.7:40312", the first 64 bits of an IPv6
/// address (what one customer has), or "unix".
std::string peer_key(const std::string& peer);
/// Whether such a key is this machine's. All its users are one peer.
bool is_local_peer(const std::string& key);

/// How a socket's reads and writes go. Another thread may look at it.
class Activity {
 public:
  using Clock = std::chrono::steady_clock;

  void begin_wait() { since_ = ticks(Clock::now()); }
  /// Returns how long it took.
  std::chrono::nanoseconds end_wait();
  void moved(std::size_t count) { bytes_.fetch_add(count, std::memory_order_relaxed); }
  /// Counts from nothing again.
  void reset();
  bool is_waiting() const { return since_ != 0; }
  std::uint64_t bytes() const { return bytes_; }
  std::chrono::nanoseconds waited() const;

 private:
  static std::int64_t ticks(Clock::time_point time) { return time.time_since_epoch().count(); }
  std::atomic<std::int64_t> since_ = 0;  // 0: not waiting
  std::atomic<std::int64_t> waited_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

/// Connections up to a limit. When it is reached, a new connection takes the place of another. The
/// first that exists is taken: one that only says farewell; the oldest of which no whole request
/// has come; the one without a request for longest; of those that wait for a slow client (below 16
/// KiB/s for at least half a second), the one that has waited longest; then the young, which are
/// about to ask: who came within a tenth of a second, and who was answered within one. Thread-safe.
class ConnectionTable {
 public:
  struct Limits {
    std::size_t all;
    std::size_t each_peer;   ///< for peers that are not local
    std::size_t crowd = 64;  ///< how many may wait for a place, and as many be about to end

    /// For `most` connections of a process that may open so many files; 0: any number. Fewer where
    /// those would not suffice for each connection's socket and file, and for the crowd. One
    /// address leaves a quarter of the places to the others.
    static Limits of(std::size_t most, std::size_t descriptors);
  };
  class Place;

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  enum class Spare { nobody, young };
  /// A place for the connection `fd`, or null when all others are at work, or are young and to be
  /// spared. The place must be given up before the descriptor is closed.
  std::unique_ptr<Place> admit(int fd, const std::string& peer, Spare spare = Spare::nobody);
  const Limits& limits() const { return limits_; }

 private:
  enum class Phase { leaving, new_comer, between, answering };
  enum class Rank;  ///< in which order they lose their places

  bool make_room(const std::string& key, Spare spare);
  static std::optional<Rank> rank(Place& place);
  void drop(Place& place);

  Limits limits_;
  std::mutex mutex_;
  std::list<Place*> places_;  // the oldest first
};

class ConnectionTable::Place {
 public:
  Place(ConnectionTable& table, int fd, std::string key)
      : table_(table), fd_(fd), key_(std::move(key)) {}
  ~Place() { leave(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// To be called when a whole request has come. Returns false when the place was given to another;
  /// then the request is not answered.
  bool begin_request();
  /// To be called when the request is answered. The client may take its time over the next.
  void end_request();
  /// To be called when nothing more will be answered.
  void say_farewell();
  /// Gives the place up. It may be called again.
  void leave();
  Activity& activity() { return activity_; }

 private:
  friend class ConnectionTable;
  bool enter(Phase phase);
  bool is_slow();

  ConnectionTable& table_;
  int fd_;
  std::string key_;
  Phase phase_ = Phase::new_comer;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  bool is_dropped_ = false;
  Activity activity_;
  // How far it was when its speed was last looked at.
  std::chrono::steady_clock::time_point seen_at_ = since_;
  std::uint64_t seen_bytes_ = 0;
  bool was_slow_ = false;
};

}  // namespace n2c::registry
