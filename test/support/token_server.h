#pragma once
/// A token server (distribution, "token authentication") with one account, scopes and tokens that
/// wear out: after so many requests, not after a time, so that tests need no clock.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/locked.h"
#include "registry/server/net/server.h"

namespace n2c::test {

inline constexpr const char* test_user = "robot";
inline constexpr const char* test_password = "pa55-w0rd-of-the-robot";
inline constexpr const char* test_refresh_token = "refresh-t0ken-of-the-robot";

/// Thread-safe.
class TokenServer {
 public:
  TokenServer();

  std::string realm() const;
  std::string host() const;

  /// A token is good for so many requests (0: for ever).
  void wear_out_after(int uses);
  /// Tokens for that repository are refused: 403.
  void deny(std::string repository);
  /// Only the first scope of a request is looked at (docker_auth#67).
  void read_one_scope();

  /// Whether an Authorization header allows that; uses the token once.
  bool allows(std::string_view authorization, const std::string& repository, bool push);

  /// Every token that was given out.
  std::vector<std::string> issued() const;
  /// "GET /token?…" of every request.
  std::vector<std::string> requests() const;

 private:
  struct Grant {
    std::set<std::string> pull, push;
    int uses = 0;
  };
  struct State {
    std::map<std::string, Grant> tokens;
    std::set<std::string> denied;
    std::vector<std::string> requests;
    int uses = 0;
    bool one_scope = false;
  };
  registry::Reply answer(registry::Request& request);
  registry::Reply grant(const std::vector<std::string>& scopes, bool known);

  Locked<State> state_;
  std::unique_ptr<registry::Server> server_;
};

/// The values of one query or form field, percent-decoded.
std::vector<std::string> field_values(std::string_view form, std::string_view field);

}  // namespace n2c::test
