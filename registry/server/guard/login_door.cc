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

}  // namespace

struct LoginDoor::Impl {
 public:
  explicit Impl(Htpasswd logins) : admitted_(Admitted{as_shared(std::move(logins)), {}}) {}

  void renew(Htpasswd logins) {
    admitted_.with([&](Admitted& admitted) { admitted = {as_shared(std::move(logins)), {}}; });
  }

  std::optional<Reply> refusal(const Request& request) {
    const std::string_view authorization = request.headers.get("Authorization");
    const auto login = basic_login(authorization);
    if (!login) return challenge();
    const std::string peer = peer_key(request.peer);
    const std::string form = hashed(cat(peer, ' ', authorization));
    if (admitted_.with([&](const Admitted& all) { return all.forms.contains(form); })) return {};
    return look_at(*login, hashed(cat(peer, ' ', login->user)), form);
  }

 private:
  using Logins = std::shared_ptr<const Htpasswd>;
  struct Admitted {
    Logins logins;
    std::set<std::string> forms{};  // let in by these logins
  };
  static Logins as_shared(Htpasswd logins) {
    return std::make_shared<const Htpasswd>(std::move(logins));
  }

  std::optional<Reply> look_at(const BasicLogin& login, const std::string& who,
                               const std::string& form) {
    if (const auto wait = throttle_.wait(who); wait.count() != 0) return later(wait);
    const auto turn = turnstile_.enter();
    if (!turn) return later(seconds(1));
    // Other logins may have been wrong while this one waited.
    if (const auto wait = throttle_.wait(who); wait.count() != 0) return later(wait);
    const Logins logins = admitted_.with([](const Admitted& all) { return all.logins; });
    if (!logins->allows(login)) {
      throttle_.failed(who);
      return challenge();
    }
    throttle_.succeeded(who);
    admitted_.with([&](Admitted& all) {
      if (all.logins != logins) return;  // others are in force by now
      if (all.forms.size() >= most_remembered) all.forms.erase(all.forms.begin());
      all.forms.insert(form);
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

  SystemClock clock_;
  LoginThrottle throttle_{clock_};
  Turnstile turnstile_;
  Locked<Admitted> admitted_;
};

LoginDoor::LoginDoor(Htpasswd logins) : impl_(std::make_unique<Impl>(std::move(logins))) {}

LoginDoor::~LoginDoor() = default;

void LoginDoor::renew(Htpasswd logins) { impl_->renew(std::move(logins)); }

std::optional<Reply> LoginDoor::refusal(const Request& request) { return impl_->refusal(request); }

Handler with_login(std::shared_ptr<LoginDoor> door, Handler handler) {
  return [door = std::move(door), next = std::move(handler)](Request& request) {
    if (auto refused = door->refusal(request)) return *std::move(refused);
    return next(request);
  };
}

}  // namespace n2c::registry
