#include "registry/server/guard/login_door.h"

#include <chrono>
#include <memory>
#include <set>

#include "base/hash.h"
#include "base/locked.h"
#include "base/text.h"
#include "registry/server/api/api_error.h"
#include "registry/server/api/turnstile.h"
#include "registry/server/guard/login_throttle.h"
#include "registry/server/net/connection_table.h"

namespace n2c::registry {

namespace {

using std::chrono::seconds;

constexpr std::size_t most_remembered = 10'000;

std::string hashed(std::string_view text) {
  Hash hash;
  hash.update(bytes_of(text));
  return hash.finish_hex();
}

class Door {
 public:
  explicit Door(Htpasswd logins) : logins_(std::move(logins)) {}

  /// What to answer instead of the handler's reply, or nothing.
  std::optional<Reply> refusal(const Request& request) {
    const std::string_view authorization = request.headers.get("Authorization");
    const auto login = basic_login(authorization);
    if (!login) return challenge();
    const std::string peer = peer_key(request.peer);
    const std::string form = hashed(cat(peer, ' ', authorization));
    if (remembered_.with([&](const Forms& forms) { return forms.contains(form); })) return {};
    return look_at(*login, hashed(cat(peer, ' ', login->user)), form);
  }

 private:
  using Forms = std::set<std::string>;

  std::optional<Reply> look_at(const BasicLogin& login, const std::string& who,
                               const std::string& form) {
    if (const auto wait = throttle_.wait(who); wait.count() != 0) return later(wait);
    const auto turn = turnstile_.enter();
    if (!turn) return later(seconds(1));
    // Other logins may have been wrong while this one waited.
    if (const auto wait = throttle_.wait(who); wait.count() != 0) return later(wait);
    if (!logins_.allows(login)) {
      throttle_.failed(who);
      return challenge();
    }
    throttle_.succeeded(who);
    remembered_.with([&](Forms& forms) {
      if (forms.size() >= most_remembered) forms.erase(forms.begin());
      forms.insert(form);
    });
    return {};
  }

  static Reply challenge() {
    Reply reply = reply_to({ApiErrorCode::unauthorized, "a user name and password are needed"});
    reply.headers.add("WWW-Authenticate", "Basic realm=\"n2c\", charset=\"UTF-8\"");
    reply.headers.add("Docker-Distribution-API-Version", "registry/2.0");
    return reply;
  }

  static Reply later(seconds wait) {
    Reply reply = reply_to({ApiErrorCode::too_many_requests, "too many wrong logins: wait"});
    reply.headers.add("Retry-After", cat(wait.count()));
    reply.headers.add("Docker-Distribution-API-Version", "registry/2.0");
    return reply;
  }

  Htpasswd logins_;
  SystemClock clock_;
  LoginThrottle throttle_{clock_};
  Turnstile turnstile_;
  Locked<Forms> remembered_;
};

}  // namespace

Handler with_login(Htpasswd logins, Handler handler) {
  const auto door = std::make_shared<Door>(std::move(logins));
  return [door, next = std::move(handler)](Request& request) {
    if (auto refused = door->refusal(request)) return *std::move(refused);
    return next(request);
  };
}

}  // namespace n2c::registry
