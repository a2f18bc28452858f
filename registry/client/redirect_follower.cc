#include "registry/client/redirect_follower.h"

#include <utility>

#include "base/text.h"
#include "registry/client/failure.h"
#include "registry/client/redirect.h"

namespace n2c::registry {

namespace {

Error hop_refused(const http::Request& request, std::string_view what, const Refusal& refusal) {
  return Error(ErrorKind::registry, cat(what, ": ", refusal.why), refusal.hint)
      .within(http::request_line(request));
}

}  // namespace

RedirectFollower::RedirectFollower(http::Transport& next, http::Url home, bool allow_plain_http,
                                   Notes& notes)
    : next_(next), home_(std::move(home)), allow_plain_http_(allow_plain_http), notes_(notes) {}

HostReply RedirectFollower::send(const HostCall& call, std::stop_token stop) {
  const http::Url& home = call.login_for ? *call.login_for : home_;
  const Freight freight{.secret_body = call.secret_body,
                        .verified = call.verified,
                        .allow_plain_http = allow_plain_http_};
  http::Request request = call.request;
  bool elsewhere = !may_carry_login(home, request.url);
  const std::uint64_t counted = request.sent == nullptr ? 0 : request.sent->load();
  for (int hops = 0; hops <= most_redirects; ++hops) {
    if (elsewhere) request.headers.remove("Authorization");
    if (request.sent != nullptr) request.sent->store(counted);
    http::Response response = next_.send(request, stop);
    const auto location = response.headers.find("Location");
    if (!is_redirect(response.status, request.method) || !location) {
      return {.response = std::move(response), .elsewhere = elsewhere};
    }
    const auto hop = follow(home, request.url, *location, freight);
    if (!hop) throw hop_refused(request, "redirected", hop.error());
    if (hop->leaves_tls) tell_of_plain_http(request.url, hop->to);
    elsewhere = elsewhere || !hop->with_authorization;
    request.url = hop->to;
  }
  throw Error(ErrorKind::registry, cat("redirected more than ", most_redirects, " times"))
      .within(http::request_line(request));
}

http::Url RedirectFollower::session_url(const http::Request& request,
                                        const http::Response& response, std::string_view location) {
  const auto hop = follow(home_, response.url, location, {.allow_plain_http = allow_plain_http_});
  if (!hop) throw hop_refused(request, "Location", hop.error());
  if (hop->leaves_tls) tell_of_plain_http(response.url, hop->to);
  return hop->to;
}

void RedirectFollower::tell_of_plain_http(const http::Url& from, const http::Url& to) {
  notes_.say_once(cat("warning: ", from.authority(), " leads from https to plain http, to http://",
                      to.authority(), ": others may see what comes from there"));
}

}  // namespace n2c::registry
