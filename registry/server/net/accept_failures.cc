#include "registry/server/net/accept_failures.h"

#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace n2c::registry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds pause{50};
constexpr seconds worth_telling{1}, patience{3}, tell_apart{60};

/// Of the connection that would have been accepted.
bool is_passing(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:  // a firewall's
    case EPROTO:
    case ETIMEDOUT: return true;
    default: return false;
  }
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

bool AcceptFailures::may_tell(TimePoint now) {
  if (told_at_ && now - *told_at_ < tell_apart) return false;
  told_at_ = now;
  return true;
}

AcceptFailures::Next AcceptFailures::after(int error, TimePoint now) {
  if (is_passing(error)) return {};
  if (error == 0 || error == EAGAIN || error == EWOULDBLOCK) {
    since_.reset();
    Next next;
    if (is_told_) next.line = "connections are accepted again";
    is_told_ = false;
    return next;
  }
  if (!since_ || error_ != error) since_ = now;
  error_ = error;
  Next next{.pause = pause};
  const std::string why = std::generic_category().message(error);
  if (!is_shortage(error)) {
    next.is_end = now - *since_ >= patience;
  } else if (!is_told_ && now - *since_ >= worth_telling && may_tell(now)) {
    next.line = cat("no connection can be accepted: ", why, "; it is tried again until one can be");
    is_told_ = true;
  }
  return next;
}

std::string AcceptFailures::after_dropped(std::string_view why, TimePoint now) {
  return may_tell(now) ? cat("a connection is closed unanswered: ", why) : std::string();
}

}  // namespace n2c::registry
