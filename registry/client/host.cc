#include "registry/client/host.h"

#include <atomic>
#include <random>
#include <set>

#include "base/text.h"
#include "oci/reference.h"
#include "registry/client/failure.h"
#include "registry/client/redirect.h"
#include "registry/client/throttle.h"

namespace n2c::registry {

namespace {

std::optional<std::chrono::milliseconds> retry_after(const http::Response& response) {
  const auto value = response.headers.find("Retry-After");
  if (!value) return std::nullopt;
  return parse_retry_after(*value, std::chrono::system_clock::now());
}

Throttle::Outcome outcome_of(int status) {
  if (status == 429 || status == 503) return Throttle::Outcome::too_many;
  return status < 400 ? Throttle::Outcome::success : Throttle::Outcome::other;
}

Error refused(const http::Request& request, std::string_view what, const Refusal& refusal) {
  return {ErrorKind::registry, cat(describe(request), ": ", what, ": ", refusal.why), refusal.hint};
}

http::Url or_usage(std::string_view host, const HostOptions& options) {
  return or_throw(base_url(host, options), ErrorKind::usage, "registry host");
}

}  // namespace

Parsed<http::Url> base_url(std::string_view host, const HostOptions& options) {
  const bool hub = host == "docker.io" || host == "index.docker.io";
  const std::string_view real = hub ? "registry-1.docker.io" : host;
  const bool plain = options.plain_http || (oci::is_loopback(host) && !options.tls);
  return http::Url::parse(cat(plain ? "http://" : "https://", real, "/v2/"));
}

struct Host::Parts {
  Parts(std::string host_as_written, http::Transport& transport_in, AuthProvider& auth,
        Clock& clock_in, HostOptions options_in)
      : host(std::move(host_as_written)),
        home(or_usage(host, options_in)),
        transport(transport_in),
        clock(clock_in),
        options(std::move(options_in)),
        throttle(std::max<std::size_t>(1, options.in_flight)),
        random(std::mt19937_64(options.seed ? *options.seed : std::random_device{}())),
        profile(options.profile),
        tokens(host, home, auth, clock_in, token_service()) {}

  /// Whom a request is for, and with what.
  struct Errand {
    const http::Url& home;  ///< the login is for this one
    std::optional<std::string> authorization{};
    Freight freight{};
  };

  Tokens::Service token_service();
  template <class Try>
  HostReply with_retries(const http::Request& request, std::stop_token stop, Try&& once);
  bool wait(int attempt, Clock::TimePoint since, std::string_view why,
            std::optional<std::chrono::milliseconds> after, std::stop_token stop);
  HostReply authorized(const HostCall& call, std::stop_token stop);
  HostReply follow_all(http::Request request, const Errand& errand, std::stop_token stop);
  void tell_of_plain_http(const http::Url& from, const http::Url& to);
  void check_address(const http::Url& url, const http::Url& trusted, std::string_view address);
  http::Response exchange(const http::Request& request, std::stop_token stop);
  void note(const Printable& line) const {
    if (options.note) options.note(line);
  }
  void note_once(const std::string& line);
  void note_warnings(const http::Response& response);
  FailureContext context(const std::string& repository);

  const std::string host;
  const http::Url home;
  http::Transport& transport;
  Clock& clock;
  const HostOptions options;
  Throttle throttle;
  Locked<std::mt19937_64> random;
  Locked<HostProfile> profile;
  Locked<std::set<std::string>> said_once;
  std::atomic<bool> home_is_private = false;  // whether home was seen at a private address
  Tokens tokens;
};

/// The registry is trusted to name its realm. What is sent there is a login.
Tokens::Service Host::Parts::token_service() {
  return {.send =
              [this](const http::Request& request, std::stop_token stop) {
                const Errand errand{.home = request.url,
                                    .authorization = request.headers.find("Authorization"),
                                    .freight = {.secret_body = request.body.source != nullptr,
                                                .allow_plain_http = options.allow_http_redirect}};
                const auto once = [&] { return follow_all(request, errand, stop); };
                return with_retries(request, stop, once).response;
              },
          .failure =
              [this](const http::Request& request, const http::Response& response,
                     const std::string& repository) {
                return make_failure(request, response, context(repository));
              }};
}

/// Sends one request, when the throttle lets it in, and takes one reply.
http::Response Host::Parts::exchange(const http::Request& request, std::stop_token stop) {
  throttle.enter(stop);
  try {
    http::Response response = transport.send(request, stop);
    throttle.leave(outcome_of(response.status));
    note_warnings(response);
    return response;
  } catch (...) {
    throttle.leave(Throttle::Outcome::other);
    throw;
  }
}

void Host::Parts::note_once(const std::string& line) {
  if (said_once.with([&](auto& said) { return said.insert(line).second; })) note(line);
}

/// Warning: 299 - "text" is for the user (distribution-spec, "Warnings"); each is said once.
void Host::Parts::note_warnings(const http::Response& response) {
  for (const std::string& warning : response.headers.find_all("Warning")) {
    const std::size_t open = warning.find('"');
    const std::size_t close = warning.rfind('"');
    if (!warning.starts_with("299") || open == close) continue;
    note_once(cat(host, " says: ", printable(warning.substr(open + 1, close - open - 1), 500)));
  }
}

/// Called with the address of url's host before anything is sent there. redirect.h has judged the
/// host by its name only.
void Host::Parts::check_address(const http::Url& url, const http::Url& trusted,
                                std::string_view address) {
  const bool is_private = is_private_address(address);
  if (url.host() == home.host()) home_is_private = is_private;
  if (url.host() == trusted.host() || !is_private || home_is_private) return;
  throw Error(
      ErrorKind::registry,
      cat("refusing to be led to ", url.host(), ", which is at the private address ", address),
      cat("a registry may lead into a private network only from within one: is ", host,
          " the registry you mean?"));
}

void Host::Parts::tell_of_plain_http(const http::Url& from, const http::Url& to) {
  note_once(cat("warning: ", from.authority(), " leads from https to plain http, to http://",
                to.authority(), ": others may see what comes from there"));
}

/// Follows redirects by the rules of redirect.h. The login goes only where it belongs. Once it was
/// left behind it stays behind, so that nobody on the way can lead it elsewhere.
HostReply Host::Parts::follow_all(http::Request request, const Errand& errand,
                                  std::stop_token stop) {
  bool elsewhere = !may_carry_login(errand.home, request.url);
  const std::uint64_t counted = request.sent == nullptr ? 0 : request.sent->load();
  request.on_connected = [&](std::string_view address) {
    with_context(describe(request), [&] { check_address(request.url, errand.home, address); });
  };
  for (int hops = 0; hops <= most_redirects; ++hops) {
    request.headers.remove("Authorization");
    if (errand.authorization && !elsewhere) {
      request.headers.set("Authorization", *errand.authorization);
    }
    if (request.sent != nullptr) request.sent->store(counted);
    http::Response response = exchange(request, stop);
    const auto location = response.headers.find("Location");
    if (!is_redirect(response.status, request.method) || !location) {
      return {.response = std::move(response), .elsewhere = elsewhere};
    }
    const auto hop = follow(errand.home, request.url, *location, errand.freight);
    if (!hop) throw refused(request, "redirected", hop.error());
    if (hop->leaves_tls) tell_of_plain_http(request.url, hop->to);
    elsewhere = elsewhere || !hop->with_authorization;
    request.url = hop->to;
  }
  throw Error(ErrorKind::registry,
              cat(describe(request), ": redirected more than ", most_redirects, " times"));
}

/// A refused or missing token is renewed and the request repeated: once for learning the
/// challenge, once for a token that expired.
HostReply Host::Parts::authorized(const HostCall& call, std::stop_token stop) {
  for (int round = 0;; ++round) {
    const auto authorization = tokens.authorization(call.scopes, stop);
    const Errand errand{
        .home = home,
        .authorization = authorization,
        .freight = {.verified = call.verified, .allow_plain_http = options.allow_http_redirect}};
    HostReply reply = follow_all(call.request, errand, stop);
    if (reply.response.status != 401 || reply.elsewhere || round == 2) return reply;
    if (!tokens.on_refused(reply.response, call.scopes, authorization)) return reply;
  }
}

/// Tries until the reply is final or the policy ends.
template <class Try>
HostReply Host::Parts::with_retries(const http::Request& request, std::stop_token stop,
                                    Try&& once) {
  const auto since = clock.now();
  for (int attempt = 1;; ++attempt) {
    try {
      HostReply reply = once();
      if (!is_passing_status(reply.response.status)) return reply;
      const std::string why = cat(describe(request), ": ", reply.response.status);
      if (!wait(attempt, since, why, retry_after(reply.response), stop)) return reply;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network || error.is_lasting()) throw;
      if (!wait(attempt, since, error.message(), std::nullopt, stop)) {
        throw explain_lost(error, request, context({})).lasting();
      }
    }
  }
}

bool Host::Parts::wait(int attempt, Clock::TimePoint since, std::string_view why,
                       std::optional<std::chrono::milliseconds> after, std::stop_token stop) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto elapsed = duration_cast<milliseconds>(clock.now() - since);
  const auto delay = random.with([&](std::mt19937_64& generator) {
    return options.retry.delay(attempt, elapsed, after, generator);
  });
  if (!delay) return false;
  note(cat(why, "; trying again in ", brief_duration(*delay), " (try ", attempt + 1, " of ",
           options.retry.attempts, ")"));
  if (!clock.wait(*delay, stop)) throw Error(ErrorKind::cancelled, "stopped on request");
  return true;
}

FailureContext Host::Parts::context(const std::string& repository) {
  return {.host = host,
          .repository = repository,
          .login = tokens.login_source(repository),
          .now = std::chrono::system_clock::now()};
}

Host::Host(std::string host, http::Transport& transport, AuthProvider& auth, Clock& clock,
           HostOptions options)
    : parts_(std::make_unique<Parts>(std::move(host), transport, auth, clock, std::move(options))) {
}
Host::~Host() = default;

const std::string& Host::host() const { return parts_->host; }
Clock& Host::clock() const { return parts_->clock; }
void Host::note(const Printable& line) const { parts_->note(line); }
HostProfile Host::profile() const {
  return parts_->profile.with([](const HostProfile& known) { return known; });
}

http::Url Host::url(std::string_view path) const {
  return or_throw(http::Url::parse(cat(parts_->home.str(), path)), ErrorKind::internal, "URL");
}

http::Url Host::session_url(const http::Request& request, const http::Response& response,
                            std::string_view location) const {
  const auto hop = follow(parts_->home, response.url, location,
                          {.allow_plain_http = parts_->options.allow_http_redirect});
  if (!hop) throw refused(request, "Location", hop.error());
  if (hop->leaves_tls) parts_->tell_of_plain_http(response.url, hop->to);
  return hop->to;
}

HostReply Host::send(const HostCall& call, std::stop_token stop) {
  const auto once = [&] { return parts_->authorized(call, stop); };
  return call.retry ? parts_->with_retries(call.request, stop, once) : once();
}

Error Host::failure(const http::Request& request, const http::Response& response,
                    const Scope& scope) const {
  return make_failure(request, response, parts_->context(scope.repository));
}

void Host::learn(const HostProfile& learnt) {
  parts_->profile.with([&](HostProfile& known) {
    if (learnt.chunk && (!known.chunk || *learnt.chunk < *known.chunk)) known.chunk = learnt.chunk;
    if (!learnt.whole_put) known.whole_put = false;
  });
}

bool Host::wait_to_retry(int attempt, Clock::TimePoint since, std::string_view why,
                         std::optional<std::chrono::milliseconds> after, std::stop_token stop) {
  return parts_->wait(attempt, since, why, after, std::move(stop));
}

}  // namespace n2c::registry
