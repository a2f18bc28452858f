#include "test/support/faulty_registry.h"

#include <algorithm>

#include "base/text.h"
#include "registry/client/auth/base64.h"
#include "test/support/fake_transport.h"
#include "test/support/limited_reader.h"
#include "test/support/referrer_habits.h"

namespace n2c::test {

namespace {

using registry::Method;
using registry::Reply;
using registry::Request;
using registry::Verdict;

constexpr std::string_view upload_part = "/blobs/uploads/";

std::string path_of(const Request& request) {
  return request.target.substr(0, request.target.find('?'));
}

/// The path of the session that a request is for; "" for others.
std::string session_of(const Request& request) {
  const std::string path = path_of(request);
  const std::size_t at = path.find(upload_part);
  return at == std::string::npos || at + upload_part.size() == path.size() ? "" : path;
}

std::string repository_of(const Request& request) {
  const std::string path = path_of(request);
  for (const std::string_view part : {"/blobs/", "/manifests/", "/tags/", "/referrers/"}) {
    const std::size_t at = path.find(part);
    if (path.starts_with("/v2/") && at != std::string::npos) return path.substr(4, at - 4);
  }
  return {};
}

bool carries_bytes(const Request& request) { return !request.body_size || *request.body_size > 0; }

Reply problem(int status, std::string code, std::string message = {}) {
  return {.status = status, .body = refusal(status, std::move(code), std::move(message)).body};
}

/// What a proxy answers in a registry's place.
Reply page(int status) {
  std::string html = cat("<!DOCTYPE html><html><h1>", status, " of what stands before</h1></html>");
  return {.status = status, .headers = {{"Content-Type", "text/html"}}, .body = std::move(html)};
}

/// "%2F" in a target's path becomes "/"; whether there was one.
bool take_percent_apart(std::string& target) {
  bool was_there = false;
  for (std::size_t at = 0; (at = target.find("%2F")) < target.find('?'); was_there = true) {
    target.replace(at, 3, "/");
  }
  return was_there;
}

}  // namespace

Fault& Fault::answer(int status, std::string body, registry::HeaderMap headers) {
  verdict_ = [=] {
    return Verdict{.answer = Reply{.status = status, .headers = headers, .body = body}};
  };
  return *this;
}

Fault& Fault::cut_after(std::uint64_t bytes) {
  cuts_ = true;
  verdict_ = [=] { return Verdict{.cut_request_after = bytes}; };
  return *this;
}

Fault& Fault::cut_reply() {
  cuts_ = true;
  verdict_ = [] { return Verdict{.cut_reply = true}; };
  return *this;
}

Fault& Fault::cut_reply_after(std::uint64_t bytes) {
  verdict_ = [=] { return Verdict{.cut_reply_after = bytes}; };
  return *this;
}

Fault& Fault::stall(std::chrono::milliseconds how_long) {
  cuts_ = true;
  verdict_ = [=] { return Verdict{.cut_reply = true, .delay = how_long}; };
  return *this;
}

Fault& Fault::amend(std::function<void(Reply&)> change) {
  verdict_ = [=] { return Verdict{.amend = change}; };
  return *this;
}

bool Fault::fits(const Request& request) const {
  const auto methods = split(methods_, '|');
  return std::ranges::find(methods, method_text(request.method)) != methods.end() &&
         request.target.find(part_) != std::string::npos;
}

FaultyRegistry::FaultyRegistry(Personality personality, std::optional<registry::TlsIdentity> tls)
    : personality_(std::move(personality)),
      api_(store_, {.chunk_min_length = personality_.least_chunk == 0
                                            ? std::nullopt
                                            : std::optional(personality_.least_chunk)}),
      tokens_(std::make_unique<TokenServer>()),
      tls_(tls.has_value()) {
  tokens_->wear_out_after(personality_.token_uses);
  if (personality_.one_scope) tokens_->read_one_scope();
  log_.with([&](Log& log) { log.busy = personality_.busy_manifests; });
  storage_ = std::make_unique<registry::Server>(
      registry::Handler([this](Request& request) { return serve_storage(request); }),
      registry::ServerOptions{});
  server_ = std::make_unique<registry::Server>(
      registry::Handler([this](Request& request) { return handle(request); }),
      registry::ServerOptions{.tls = std::move(tls)},
      [this](const Request& request) { return intercept(request); });
}

FaultyRegistry::~FaultyRegistry() = default;

Fault& FaultyRegistry::when(std::string methods, std::string part) {
  return faults_.emplace_back(std::move(methods), std::move(part));
}

void FaultyRegistry::fail_at_random(double chance, std::uint64_t seed,
                                    std::chrono::milliseconds stall) {
  log_.with([&](Log& log) {
    log.chance = chance;
    log.stall = stall;
    log.random.seed(seed);
  });
}

void FaultyRegistry::cut_request(int n, bool after_handling) {
  log_.with([&](Log& log) {
    log.cut_at = n;
    log.cut_after_handling = after_handling;
  });
}

std::string FaultyRegistry::host() const { return cat("127.0.0.1:", server_->port()); }

std::optional<Verdict> FaultyRegistry::random_fault(Log& log) {
  if (std::uniform_real_distribution<>(0, 1)(log.random) >= log.chance) return std::nullopt;
  switch (std::uniform_int_distribution<>(0, 11)(log.random)) {
    case 0:
    case 1: return Verdict{.cut_request_after = 0};
    case 2: return Verdict{.cut_request_after = 100};
    case 3:
    case 4: return Verdict{.cut_reply = true};
    case 5:
    case 6: return Verdict{.answer = problem(500, "UNKNOWN")};
    case 7:
    case 8: return Verdict{.answer = Reply{.status = 502, .body = "<html>Bad Gateway</html>"}};
    case 9:
    case 10: return Verdict{.answer = problem(429, "TOOMANYREQUESTS")};
    default: return Verdict{.cut_reply = true, .delay = log.stall};
  }
}

std::optional<Verdict> FaultyRegistry::intercept(const Request& request) {
  return log_.with([&](Log& log) -> std::optional<Verdict> {
    log.arrivals.push_back(
        {cat(method_text(request.method), " ", request.target), request.headers});
    const std::string session = session_of(request);
    if (request.method == Method::get) log.doubtful.erase(session);
    const bool sends = !session.empty() && carries_bytes(request);
    if (sends && log.doubtful.contains(session)) log.used_twice.insert(session);
    std::optional<Verdict> verdict;
    bool cuts = false;
    if (static_cast<int>(log.arrivals.size()) == log.cut_at) {
      verdict.emplace();
      if (log.cut_after_handling) {
        verdict->cut_reply = true;
      } else {
        verdict->cut_request_after = 0;
      }
    }
    if (!verdict && log.chance > 0) verdict = random_fault(log);
    if (const auto edge = edge_status(personality_, log.arrivals.size()); edge && !verdict) {
      verdict = *edge == 0 ? Verdict{.cut_reply = true} : Verdict{.answer = page(*edge)};
    }
    cuts = verdict && (verdict->cut_reply || verdict->cut_request_after);
    for (Fault& fault : faults_) {
      if (verdict || !fault.fits(request)) continue;
      ++fault.seen_;
      if (fault.seen_ < fault.first_ || fault.seen_ >= fault.first_ + fault.times_) continue;
      verdict = fault.verdict_();
      cuts = fault.cuts_;
    }
    if (cuts && sends) log.doubtful.insert(session);
    return verdict;
  });
}

std::optional<Reply> FaultyRegistry::refuse_login(const Request& request) {
  if (personality_.login == Login::none) return std::nullopt;
  const std::string sent(request.headers.get("Authorization"));
  const std::string repository = repository_of(request);
  const bool pushes = request.method != Method::get && request.method != Method::head;
  Reply refused = problem(401, "UNAUTHORIZED", "authentication required");
  if (personality_.login == Login::basic) {
    const std::string basic = registry::base64_encode(cat(test_user, ":", test_password));
    if (sent == "Basic " + basic) return std::nullopt;
    refused.headers.set("WWW-Authenticate", R"(Basic realm="faulty")");
    return refused;
  }
  if (tokens_->allows(sent, repository, pushes)) return std::nullopt;
  if (personality_.challenges_at_base && path_of(request) != "/v2/") return refused;
  const std::string scope = cat(R"(,scope="repository:)", repository, R"(:pull")");
  refused.headers.set("WWW-Authenticate",
                      cat(R"(Bearer realm=")", tokens_->realm(), R"(",service="faulty")",
                          repository.empty() ? "" : scope));
  return refused;
}

std::optional<Reply> FaultyRegistry::refuse_upload(const Request& request) {
  const bool mounts = request.target.find("mount=") != std::string::npos;
  const bool is_denied = mounts && personality_.mounting == Mounting::denied;
  if (is_denied && request.method == Method::post) return problem(403, "DENIED", "no mounting");
  const bool sourceless = mounts && request.target.find("from=") == std::string::npos;
  if (sourceless && personality_.mounting_anywhere == Mounting::denied) {
    return problem(400, "INVALID_REQUEST", "missing from");
  }
  const std::string session = session_of(request);
  if (session.empty()) return std::nullopt;
  const bool asks = request.method == Method::get;
  if (asks && personality_.no_session_status) return problem(404, "UNKNOWN");
  if (request.method == Method::put && personality_.empty_close && carries_bytes(request)) {
    return problem(404, "NOT_FOUND");
  }
  const auto range = request.headers.get("Content-Range");
  if (personality_.bare_range_only && range.find_first_not_of("0123456789-") != range.npos) {
    return problem(416, "BLOB_UPLOAD_INVALID", "Content-Range");
  }
  if (personality_.location != LocationShape::with_state || request.method == Method::del) {
    return std::nullopt;
  }
  const int state = log_.with([&](Log& log) { return log.states[session]; });
  const auto query = cut(request.target, '?');
  const auto sent = field_values(query ? query->second : "", "_state");
  if (sent == std::vector<std::string>{cat("a+b/", state, "==")}) return std::nullopt;
  return problem(404, "BLOB_UPLOAD_UNKNOWN", "not the latest Location");
}

std::optional<Reply> FaultyRegistry::refuse(const Request& request) {
  if (personality_.cookies_upset && request.headers.find("Cookie")) {
    return problem(403, "FORBIDDEN", "CSRF token invalid");
  }
  if (auto refused = refuse_login(request)) return refused;
  if (request.target.find(upload_part) != std::string::npos) return refuse_upload(request);
  const bool puts_manifest =
      request.method == Method::put && request.target.find("/manifests/") != std::string::npos;
  if (!puts_manifest) return std::nullopt;
  if (log_.with([](Log& log) { return log.busy-- > 0; })) return problem(429, "TOOMANYREQUESTS");
  const auto type = request.headers.get("Content-Type");
  if (personality_.oci_only && type.find("docker") != type.npos) {
    return problem(415, "MANIFEST_INVALID", "media type");
  }
  const std::string path = path_of(request);
  const std::string tag = path.substr(path.rfind('/') + 1);
  if (personality_.immutable_tags && store_.find_tag(repository_of(request), tag)) {
    return problem(400, "TAG_INVALID", "the tag is immutable");
  }
  return std::nullopt;
}

Reply FaultyRegistry::handle_limited(Request& request) {
  std::uint64_t limit = personality_.body_limit;
  if (request.method == Method::patch && personality_.patch_limit > 0) {
    limit = personality_.patch_limit;
  }
  const bool to_session = !session_of(request).empty();
  if (limit == 0 || !to_session) return api_.handle(request);
  const auto too_large = [&] {
    return personality_.html_errors ? page(413) : problem(413, "SIZE_INVALID", "too large");
  };
  if (request.body_size && *request.body_size > limit) return too_large();
  try {
    LimitedReader body(request.body, limit);
    Request limited{request.method, request.target, request.headers, body, request.body_size};
    return api_.handle(limited);
  } catch (const BodyTooLarge&) {
    return too_large();
  }
}

Reply FaultyRegistry::handle(Request& request) {
  if (auto reply = refuse_referrers(personality_, request)) return std::move(*reply);
  const bool is_led = take_percent_apart(request.target);
  request.target = meant_target(personality_, request);
  if (auto refused = refuse(request)) return std::move(*refused);
  if (request.method == Method::post && personality_.upload_redirect && !is_led) {
    const std::size_t query = request.target.find('?');
    const std::string to = cat("/v2/", http::percent_encode(repository_of(request)), upload_part,
                               query == std::string::npos ? "" : request.target.substr(query));
    return {.status = 307, .headers = {{"Location", to}}};
  }
  const bool opens = request.method == Method::post;
  if (opens && !reads_query(personality_, request.target)) request.target = path_of(request);
  Reply reply = handle_limited(request);
  dress(request, reply);
  return reply;
}

/// What the personality makes of a good reply.
void FaultyRegistry::dress(const Request& request, Reply& reply) {
  if (personality_.cookies_upset) reply.headers.add("Set-Cookie", "sid=harbor; Path=/");
  if (personality_.referrers != ReferrersApi::works) reply.headers.remove("OCI-Subject");
  if (personality_.no_digests) reply.headers.remove("Docker-Content-Digest");
  const bool blob = request.target.find("/blobs/sha") != std::string::npos;
  const bool reads = request.method == Method::get || request.method == Method::head;
  if (request.method == Method::head && blob && reply.status == 404) {
    reply.status = personality_.absent_head;
  }
  if (blob && reads && reply.status == 200 && personality_.blobs_elsewhere) {
    reply = {.status = 307,
             .headers = {{"Location", cat("http://127.0.0.1:", storage_->port(), path_of(request),
                                          "?X-Signature=5ecret-of-storage")}}};
  }
  const std::string location(reply.headers.get("Location"));
  if (reply.status == 202 && location.find(upload_part) != std::string::npos) {
    if (personality_.location == LocationShape::absolute) {
      reply.headers.set("Location", cat(tls_ ? "https://" : "http://", host(), location));
    } else if (personality_.location == LocationShape::with_state) {
      const int state = log_.with([&](Log& log) { return ++log.states[location]; });
      reply.headers.set("Location",
                        cat(location, "?_state=", http::percent_encode(cat("a+b/", state, "=="))));
    }
  }
  if (request.method != Method::patch || reply.status != 202) return;
  reply.status = personality_.patch_status;
  const std::string chunk(request.headers.get("Content-Range"));
  if (personality_.range_per_chunk && !chunk.empty()) reply.headers.set("Range", chunk);
  if (personality_.stale_range) {
    const std::string first = log_.with([&](Log& log) {
      return log.ranges.emplace(session_of(request), reply.headers.get("Range")).first->second;
    });
    reply.headers.set("Range", first);
  }
}

/// Signed for GET alone, as S3's are.
Reply FaultyRegistry::serve_storage(Request& request) {
  log_.with([&](Log& log) {
    log.storage.push_back({cat(method_text(request.method), " ", request.target), request.headers});
  });
  if (request.method != Method::get) return {.status = 403, .body = "SignatureDoesNotMatch"};
  if (request.headers.find("Authorization")) {
    return {.status = 400, .body = "Only one auth mechanism allowed"};  // Azure/acr#217
  }
  request.target = path_of(request);
  return api_.handle(request);
}

std::vector<Arrival> FaultyRegistry::arrivals() const {
  return log_.with([](const Log& log) { return log.arrivals; });
}

std::vector<Arrival> FaultyRegistry::storage_arrivals() const {
  return log_.with([](const Log& log) { return log.storage; });
}

std::size_t FaultyRegistry::requests(std::string_view line_start) const {
  const auto all = arrivals();
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const Arrival& arrival) { return arrival.line.starts_with(line_start); }));
}

std::vector<std::string> FaultyRegistry::sessions_used_twice() const {
  return log_.with([](const Log& log) {
    return std::vector<std::string>(log.used_twice.begin(), log.used_twice.end());
  });
}

std::string FaultyRegistry::blob(const std::string& repository, const oci::Digest& digest) {
  const auto reader = store_.open(repository, digest, 0);
  return reader ? read_all(*reader, std::uint64_t{1} << 32) : std::string();
}

}  // namespace n2c::test
