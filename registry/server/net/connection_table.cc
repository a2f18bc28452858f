#include "registry/server/net/connection_table.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/system.h"
#include "base/text.h"
#include "oci/reference.h"

namespace n2c::registry {

using std::chrono::nanoseconds;

namespace {

constexpr std::chrono::milliseconds glance{500};
constexpr std::chrono::milliseconds time_to_ask{100};
constexpr std::chrono::milliseconds time_between_requests{1000};
constexpr std::uint64_t slow_rate = 16 << 10;  // bytes a second

}  // namespace

std::string peer_key(const std::string& peer) {
  std::string host = peer.substr(0, peer.rfind(':'));
  if (!host.starts_with('[')) return host;
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.substr(1, host.find_first_of("]%") - 1).c_str(), &address) != 1) {
    return host;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
  }
  if (!IN6_IS_ADDR_LOOPBACK(&address)) std::fill_n(address.s6_addr + 8, 8, std::uint8_t{0});
  return cat('[', ::inet_ntop(AF_INET6, &address, text.data(), text.size()), ']');
}

bool is_local_peer(const std::string& key) { return oci::is_loopback(key) || key == "unix"; }

nanoseconds Activity::end_wait() {
  const nanoseconds time(ticks(Clock::now()) - since_.exchange(0));
  waited_ += time.count();
  return time;
}

void Activity::reset() {
  waited_ = 0;
  bytes_ = 0;
}

nanoseconds Activity::waited() const {
  const std::int64_t since = since_;
  return nanoseconds(waited_ + (since == 0 ? 0 : ticks(Clock::now()) - since));
}

ConnectionTable::Limits ConnectionTable::Limits::of(std::size_t most, std::size_t descriptors) {
  constexpr std::size_t spare = 24;  // of the process itself
  constexpr std::size_t least = 4;
  Limits limits{.all = most, .each_peer = 0};
  const std::size_t needed = 2 * most + 2 * limits.crowd + spare;
  if (descriptors != 0 && descriptors < needed) {
    limits.crowd = std::clamp(descriptors / 8, least, limits.crowd);
    const std::size_t others = std::min(descriptors, 2 * limits.crowd + spare);
    limits.all = std::clamp((descriptors - others) / 2, std::min(least, most), most);
  }
  limits.each_peer = limits.all - limits.all / 4;
  return limits;
}

std::unique_ptr<ConnectionTable::Place> ConnectionTable::admit(int fd, const std::string& peer,
                                                               Spare spare) {
  auto place = std::make_unique<Place>(*this, fd, peer_key(peer));
  const std::scoped_lock hold(mutex_);
  if (!make_room(place->key_, spare)) {
    place->is_dropped_ = true;
    return nullptr;
  }
  places_.push_back(place.get());
  return place;
}

enum class ConnectionTable::Rank {
  leaving,
  new_comer,
  between,
  slow,
  young_new_comer,
  young_between
};

/// Nothing for a connection at work.
std::optional<ConnectionTable::Rank> ConnectionTable::rank(Place& place) {
  const auto age = std::chrono::steady_clock::now() - place.since_;
  switch (place.phase_) {
    case Phase::leaving: return Rank::leaving;
    case Phase::new_comer: return age < time_to_ask ? Rank::young_new_comer : Rank::new_comer;
    case Phase::between: return age < time_between_requests ? Rank::young_between : Rank::between;
    case Phase::answering: break;
  }
  return place.is_slow() ? std::optional(Rank::slow) : std::nullopt;
}

bool ConnectionTable::make_room(const std::string& key, Spare spare) {
  const auto same = [&](const Place* one) { return one->key_ == key; };
  const bool share_is_full = !is_local_peer(key) && static_cast<std::size_t>(std::ranges::count_if(
                                                        places_, same)) >= limits_.each_peer;
  if (!share_is_full && places_.size() < limits_.all) return true;
  Place* goes = nullptr;
  std::pair<Rank, nanoseconds> first{};
  for (Place* one : places_) {
    if (share_is_full && !same(one)) continue;
    const auto ranked = rank(*one);
    if (!ranked || (spare == Spare::young && *ranked > Rank::slow)) continue;
    const auto since = *ranked == Rank::slow ? -one->activity_.waited()
                                             : nanoseconds(one->since_.time_since_epoch());
    const std::pair turn(*ranked, since);
    if (goes != nullptr && turn >= first) continue;
    goes = one;
    first = turn;
  }
  if (goes == nullptr) return false;
  drop(*goes);
  return true;
}

void ConnectionTable::drop(Place& place) {
  place.is_dropped_ = true;
  ::shutdown(place.fd_, SHUT_RDWR);  // which ends its thread's wait
  places_.remove(&place);
}

bool ConnectionTable::Place::begin_request() { return enter(Phase::answering); }

void ConnectionTable::Place::end_request() { enter(Phase::between); }

void ConnectionTable::Place::say_farewell() { enter(Phase::leaving); }

bool ConnectionTable::Place::enter(Phase phase) {
  const std::scoped_lock hold(table_.mutex_);
  phase_ = phase;
  since_ = std::chrono::steady_clock::now();
  activity_.reset();
  seen_at_ = since_;
  seen_bytes_ = 0;
  was_slow_ = false;
  return !is_dropped_;
}

/// Whether it waits for its client, and the client was slow when its speed was last seen.
bool ConnectionTable::Place::is_slow() {
  if (!activity_.is_waiting()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now - seen_at_ < glance) return was_slow_;
  const std::uint64_t bytes = activity_.bytes();
  const std::uint64_t done = bytes - std::min(bytes, bytes_on_the_way(fd_));
  const auto time = std::chrono::floor<std::chrono::milliseconds>(now - seen_at_).count();
  was_slow_ = done < seen_bytes_ + static_cast<std::uint64_t>(time) * slow_rate / 1000;
  seen_at_ = now;
  seen_bytes_ = std::max(seen_bytes_, done);
  return was_slow_;
}

void ConnectionTable::Place::leave() {
  const std::scoped_lock hold(table_.mutex_);
  if (is_dropped_) return;
  is_dropped_ = true;
  table_.places_.remove(this);
}

}  // namespace n2c::registry
