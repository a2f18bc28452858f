#include "registry/client/auth/logins.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace n2c::registry {

Logins::Logins(std::string host, AuthProvider& auth, std::function<void(const Printable&)> note)
    : host_(std::move(host)), auth_(auth), note_(std::move(note)) {}

std::optional<Credentials> Logins::search(Known& known, const std::string& repository) {
  LoginSearch found = auth_.find(host_, repository, known.next);
  known.next = found.next;
  for (const LoginGap& gap : found.gaps) {
    if (std::ranges::find(known.gaps, gap.words, &LoginGap::words) == known.gaps.end()) {
      known.gaps.push_back(gap);
    }
    if (!gap.is_usual && note_ && said_.insert(gap.words).second) {
      note_(cat("no login for ", host_, " from ", gap.words));
    }
  }
  return std::move(found.login);
}

Logins::Known& Logins::known(const std::string& repository) {
  const auto [place, is_new] = known_.try_emplace(repository);
  if (is_new) {
    try {
      place->second.first = place->second.now = search(place->second, repository);
    } catch (...) {
      known_.erase(place);
      throw;
    }
  }
  return place->second;
}

Logins::Turn Logins::current(const std::string& repository) {
  const std::scoped_lock hold(mutex_);
  const Known& one = known(repository);
  return {.login = one.now, .number = one.turn};
}

void Logins::mark_sent(const std::string& repository) {
  const std::scoped_lock hold(mutex_);
  Known& one = known(repository);
  if (one.now && std::ranges::find(one.sent, one.now->source) == one.sent.end()) {
    one.sent.push_back(one.now->source);
  }
}

void Logins::mark_accepted(const std::string& repository) {
  const std::scoped_lock hold(mutex_);
  known(repository).settled = true;
}

bool Logins::try_next(const std::string& repository, std::size_t refused) {
  const std::scoped_lock hold(mutex_);
  Known& one = known(repository);
  if (one.turn != refused) return true;  // another thread has made the next one current
  if (!one.now || one.settled) return false;
  ++one.turn;
  if (auto next = search(one, repository)) {
    one.now = std::move(next);
    return true;
  }
  one.now = one.first;
  one.settled = true;
  return false;
}

LoginReport Logins::report(const std::string& repository) {
  const std::scoped_lock hold(mutex_);
  const Known& one = known(repository);
  const bool unsent = one.now && one.sent.empty();
  return {.sent = one.sent, .unsent = unsent ? one.now->source : std::string(), .gaps = one.gaps};
}

}  // namespace n2c::registry
