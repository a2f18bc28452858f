#pragma once
/// The logins for one registry host, in the order in which they are tried.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/printable.h"
#include "registry/client/auth/credentials.h"

namespace n2c::registry {

/// What is known of the logins for a repository, for an error message. It holds no secret.
struct LoginReport {
  std::vector<std::string> sent{};  ///< where those were found that were sent, in that order
  std::string unsent{};             ///< where one was found that was not sent; empty: none
  std::vector<LoginGap> gaps{};     ///< what should have had a login and gave none
};

/// For each repository one login is current. When it is refused, the next place is looked at.
/// Thread-safe.
class Logins {
 public:
  /// `host` as in a reference. `note` is told once of each place that cannot give its login.
  Logins(std::string host, AuthProvider& auth, std::function<void(const Printable&)> note);

  /// A login, and which one of the repository's it is.
  struct Turn {
    std::optional<Credentials> login;
    std::size_t number = 0;
  };
  /// The current login; none when there is none. Throws as AuthProvider::find().
  Turn current(const std::string& repository);
  /// Remembers that the current login leaves this machine.
  void mark_sent(const std::string& repository);
  /// Remembers that the current login was good for something: what is refused later is refused for
  /// another reason.
  void mark_accepted(const std::string& repository);
  /// Makes the next login current, after the one of turn `refused` was refused. Returns false when
  /// there is none, or when it had been accepted before. After the last login the first is current
  /// again, for good.
  bool try_next(const std::string& repository, std::size_t refused);

  LoginReport report(const std::string& repository);

 private:
  struct Known {
    std::optional<Credentials> first, now;
    std::size_t turn = 0;           // whose `now` is
    std::size_t next = 0;           // where the search goes on
    bool settled = false;           // now was accepted, or all were refused
    std::vector<std::string> sent;  // sources of logins that were sent
    std::vector<LoginGap> gaps;
  };
  Known& known(const std::string& repository);
  std::optional<Credentials> search(Known& known, const std::string& repository);

  const std::string host_;
  AuthProvider& auth_;
  const std::function<void(const Printable&)> note_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // under mutex_
  std::set<std::string> said_;          // under mutex_
};

}  // namespace n2c::registry
