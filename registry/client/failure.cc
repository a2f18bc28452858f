#include "registry/client/failure.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "base/retry.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/reference.h"
#include "registry/client/auth/challenge.h"

namespace n2c::registry {

namespace {

constexpr std::size_t shown_body = 200;
constexpr std::size_t shown_errors = 5;

std::string detail_text(const go::Json& detail) {
  if (detail.is_null()) return {};
  if (const std::string* text = detail.as_string()) return *text;
  const auto* object = detail.as_object();
  if (object != nullptr && object->empty()) return {};
  return detail.compact();
}

/// "sha256:…" wherever it stands: registries disagree about the detail's shape.
std::vector<std::string> digests_in(std::string_view text) {
  std::vector<std::string> digests;
  for (const std::string_view algorithm : {"sha256:", "sha512:"}) {
    std::size_t at = 0;
    while ((at = text.find(algorithm, at)) != std::string_view::npos) {
      const std::size_t hex = at + algorithm.size();
      const std::size_t end =
          std::min(text.find_first_not_of("0123456789abcdef", hex), text.size());
      digests.emplace_back(text.substr(at, end - at));
      at = end;
    }
  }
  return digests;
}

std::string request_id(const http::Headers& headers) {
  static constexpr std::array names = {
      "X-Request-Id",    "X-Amzn-RequestId",  "X-Amz-Request-Id",    "X-GitHub-Request-Id",
      "X-Ms-Request-Id", "Docker-Request-Id", "X-Gitlab-Request-Id", "CF-Ray"};
  for (const char* one : names) {
    if (const auto id = headers.find(one); id && !id->empty()) return printable(*id, 80);
  }
  return {};
}

/// The registry's own words, after the status.
/// Whether what stands behind that name in a query would let its reader in.
bool is_secret_name(std::string_view name) {
  const std::string lower = lower_ascii(name);
  return lower == "sig" || lower.ends_with("signature") || lower.ends_with("token") ||
         lower.ends_with("credential") || lower.ends_with("accesskeyid");
}

/// One word of a text: a URL's query keeps its names alone, as http::Url::redacted() shows it.
std::string without_query_values(std::string_view word) {
  const std::size_t mark = word.find('?');
  const std::size_t query = mark == std::string_view::npos ? 0 : mark + 1;
  std::string shown(word.substr(0, query));
  bool is_first = true;
  for (const std::string_view parameter : split(word.substr(query), '&')) {
    if (!std::exchange(is_first, false)) shown += '&';
    const auto parts = cut(parameter, '=');
    const bool is_told = parts && (query != 0 || is_secret_name(parts->first));
    shown += is_told ? cat(parts->first, "=…") : std::string(parameter);
  }
  return shown;
}

/// Finds the login in a text that repeats a request's header: "Authorization: Basic abc". To be
/// told its words one after another.
class RepeatedLogin {
 public:
  bool is_next(std::string_view word) {
    if (word.empty()) return false;
    const Before before = std::exchange(before_, Before::other);
    const std::string lower = lower_ascii(word);
    if (lower.ends_with("authorization")) {
      before_ = Before::name;
    } else if (lower.ends_with("authorization:") || (before == Before::name && word == ":")) {
      before_ = Before::colon;
    } else if (before == Before::colon) {
      before_ = Before::scheme;
    }
    return before == Before::scheme;
  }

 private:
  enum class Before { other, name, colon, scheme };
  Before before_ = Before::other;
};

/// Storage hosts repeat the signed URL that led to them, and proxies the request. A text of theirs
/// is shown without what signs it and without its login.
std::string without_signatures(std::string_view text) {
  constexpr std::string_view between = " \t\r\n\"'<>()[]{},";
  constexpr std::size_t looked_at = 64 << 10;
  text = text.substr(0, looked_at);
  std::string shown;
  RepeatedLogin login;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(between), text.size());
    const std::string_view word = text.substr(0, end);
    shown += login.is_next(word) ? "…" : without_query_values(word);
    if (end < text.size()) shown += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return shown;
}

/// Of a web page its title is shown.
std::string title_of(std::string_view page) {
  const std::string lower = lower_ascii(page);
  const std::size_t begin = lower.find("<title>");
  if (begin == lower.npos) return "a web page";
  const std::size_t after = begin + std::string_view("<title>").size();
  return cat("a web page: ", trim(page.substr(after, lower.find("</title>", after) - after)));
}

std::string words_of(const http::Response& response) {
  if (is_page(response)) return ": " + printable(title_of(response.body), shown_body);
  const auto errors = parse_errors(response.body);
  if (errors.empty()) {
    const std::string_view body = trim(response.body);
    return body.empty() ? std::string() : ": " + printable(without_signatures(body), shown_body);
  }
  std::string words;
  for (const OciError& error : std::span(errors).first(std::min(errors.size(), shown_errors))) {
    words += words.empty() ? " " : "; ";
    words += printable(error.code, 80);
    if (!error.message.empty()) words += ": " + printable(without_signatures(error.message), 500);
    if (!error.detail.empty() && error.detail != error.message) {
      words += " (" + printable(without_signatures(error.detail), shown_body) + ")";
    }
  }
  const bool are_more = errors.size() > shown_errors;
  return are_more ? cat(words, "; and ", errors.size() - shown_errors, " errors more") : words;
}

/// Whether a proxy may have made this reply up: it does not speak as registries do.
bool is_proxys(const http::Response& response) {
  return !response.proxy.empty() && response.status >= 400 && response.status != 404 &&
         parse_errors(response.body).empty() && !response.headers.find("WWW-Authenticate") &&
         !response.headers.find("Docker-Distribution-Api-Version");
}

/// Tokens are refused when the two clocks differ by minutes.
std::string clock_hint(const http::Response& response, const FailureContext& context) {
  using std::chrono::seconds;
  const auto date = response.headers.find("Date");
  if (!date) return {};
  const auto theirs = parse_http_date(trim(*date), context.now);
  if (!theirs) return {};
  const auto apart = std::chrono::duration_cast<std::chrono::minutes>(
      std::chrono::floor<seconds>(context.now) - *theirs);
  if (std::abs(apart.count()) < 5) return {};
  return cat("this machine's clock is ", std::abs(apart.count()), " minutes ",
             apart.count() > 0 ? "ahead of" : "behind", " the registry's; set it right");
}

std::string list_of(const std::vector<std::string>& all) {
  std::string list;
  for (std::size_t i = 0; i < all.size(); ++i) {
    list += cat(i == 0 ? "" : i + 1 < all.size() ? ", " : " and ", all[i]);
  }
  return list;
}

std::string list_of(const std::vector<LoginGap>& gaps) {
  std::vector<std::string> words;
  for (const LoginGap& gap : gaps) words.push_back(gap.words);
  return list_of(words);
}

/// Who answered, where that is not whom the logins are for. Else "".
std::string stranger_of(const http::Response& response, const FailureContext& context) {
  const bool known = !response.url.host().empty() && !context.authority.empty();
  return known && response.url.authority() != context.authority ? response.url.authority() : "";
}

/// The challenge that n2c cannot answer, in the server's words.
std::string unknown_challenge(const http::Response& response) {
  std::string lines;
  for (const std::string& line : response.headers.find_all("WWW-Authenticate")) {
    const auto challenges = parse_challenges(line);
    const bool known = challenges && std::ranges::any_of(*challenges, is_answerable);
    if (known) return {};
    lines += cat(lines.empty() ? "" : ", ", line);
  }
  return printable(lines, 300);
}

/// What to do without a login. A helper that is not installed was reported before, in a note.
std::string no_login_hint(std::string_view host, const std::vector<LoginGap>& gaps) {
  const std::string none = cat("no login for ", host, " was found");
  if (gaps.empty()) return cat(none, "; try: n2c login ", host);
  const std::string& missing = gaps.front().missing_program;
  if (gaps.size() > 1 || missing.empty()) return cat(none, ": ", list_of(gaps));
  return cat(none, "; install ", missing, ", or: n2c login ", host);
}

std::string login_hint(const http::Response& response, const FailureContext& context) {
  const LoginReport& logins = context.logins;
  if (std::string hint = clock_hint(response, context); !hint.empty()) return hint;
  if (const std::string stranger = stranger_of(response, context); !stranger.empty()) {
    return cat(stranger, " wants a login of its own; those for ", context.host,
               " are not sent to where it leads");
  }
  if (const std::string challenge = unknown_challenge(response); !challenge.empty()) {
    return cat("n2c logs in by Basic and Bearer, and the registry's challenge is: ", challenge);
  }
  const std::string gaps = logins.gaps.empty() ? "" : cat(" (", list_of(logins.gaps), ")");
  if (logins.sent.empty() && logins.unsent.empty()) {
    return no_login_hint(context.host, logins.gaps);
  }
  if (logins.sent.empty()) {
    return cat("the login for ", context.host, " in ", logins.unsent,
               " was not sent: the registry did not ask for one", gaps);
  }
  if (logins.sent.size() > 1) {
    return cat("the logins for ", context.host, " were found in ", list_of(logins.sent),
               ", and each was refused; they may have expired or lack write access to this "
               "repository",
               gaps);
  }
  if (logins.sent.front() == "--creds" && response.status == 401) {
    return cat(context.host, " refused the user name or the password given in --creds");
  }
  return cat("the login for ", context.host, " was found in ", logins.sent.front(),
             "; it may have expired or lack write access to this repository", gaps);
}

bool is_ecr(std::string_view host) {
  return host.find(".ecr.") != std::string_view::npos || host.ends_with("public.ecr.aws");
}

std::string missing_hint(const FailureContext& context) {
  if (is_ecr(context.host)) {
    return cat(
        "ECR does not create repositories by itself; try: aws ecr create-repository "
        "--repository-name ",
        context.repository);
  }
  return cat("the repository may not exist, or the login may not see it, or ", context.host,
             " may not be a registry");
}

/// Whether a registry that may be read refuses to be written: read-only, or a pull-through cache.
bool is_read_only(const http::Request& request, const http::Response& response,
                  const std::vector<OciError>& errors) {
  const bool writes = request.method == http::Method::post || request.method == http::Method::put ||
                      request.method == http::Method::patch;
  return writes && response.status == 405 && has_code(errors, "UNSUPPORTED");
}

/// The words of Go's servers and ours, and of nginx, to a plain request at a TLS port.
bool is_told_of_https(std::string_view body) {
  return body.contains("HTTP request to an HTTPS server") ||
         body.contains("HTTP request was sent to HTTPS port");
}

/// Loopback hosts are reached without TLS unless an option is about TLS.
std::string https_hint(std::string_view host) {
  if (!oci::is_loopback(host)) return cat(host, " speaks HTTPS: leave --plain-http out");
  return cat(host, " speaks HTTPS: name its certificate by --ca-file FILE, or say --tls-verify");
}

std::string hint_for(const http::Request& request, const http::Response& response,
                     const FailureContext& context) {
  const auto errors = parse_errors(response.body);
  if (is_proxys(response)) {
    return cat("the proxy ", response.proxy, ", or what it leads to, says so: is ", context.host,
               " allowed there? NO_PROXY names hosts to reach without it");
  }
  if (has_code(errors, "BLOB_UNKNOWN")) {
    return "the registry lost a part of the image: push or copy it there again with --check-blobs";
  }
  if (has_code(errors, "NAME_UNKNOWN")) return missing_hint(context);
  if (response.status / 100 == 2) {
    return cat(context.host,
               " answers, but not as a registry does: check the address, the port, and "
               "what stands before it");
  }
  if (response.status == 413 && lower_ascii(response.body).find("quota") != std::string::npos) {
    return "the registry's storage quota is used up; delete images there, or have it raised";
  }
  if (response.status == 413) {
    return "the registry or a proxy before it limits the size of a request; try a smaller "
           "--chunk-size, or raise the limit (nginx: client_max_body_size)";
  }
  if (response.status == 401 || response.status == 403) return login_hint(response, context);
  if (response.status == 404) return missing_hint(context);
  if (response.status == 400 && is_told_of_https(response.body)) return https_hint(context.host);
  if (response.status == 405 && has_code(errors, "UNSUPPORTED") && is_ecr(context.host)) {
    return "ECR answers so when an image has too many layers; try fewer --max-layers";
  }
  if (is_read_only(request, response, errors)) {
    return "this registry takes no pushes: it is read-only, or a cache of another";
  }
  if (response.status == 429) return "the registry limits requests; try again later, or --retry";
  if (response.status >= 500) {
    return "the registry, or what stands before it, has a fault; its log says more";
  }
  return {};
}

}  // namespace

bool is_page(const http::Response& response) {
  const auto type = response.headers.find("Content-Type");
  return type && lower_ascii(trim(*type)).starts_with("text/html");
}

bool is_ok(const http::Response& response) { return response.status == 200 && !is_page(response); }

std::vector<OciError> parse_errors(std::string_view body) {
  std::vector<OciError> errors;
  const auto json = go::Json::parse(body);
  if (!json) return errors;
  const go::Json* list = json->find("errors");
  if (list == nullptr || list->as_array() == nullptr) return errors;
  for (const go::Json& one : *list->as_array()) {
    OciError error{.code = one.text_at("code"),
                   .message = one.text_at("message"),
                   .detail = {},
                   .digests = {}};
    if (const go::Json* detail = one.find("detail")) error.detail = detail_text(*detail);
    error.digests = digests_in(error.detail.empty() ? error.message : error.detail);
    errors.push_back(std::move(error));
  }
  return errors;
}

bool has_code(const std::vector<OciError>& errors, std::string_view code) {
  return std::ranges::any_of(errors, [&](const OciError& error) { return error.code == code; });
}

Error make_failure(const http::Request& request, const http::Response& response,
                   const FailureContext& context) {
  std::string doing = http::request_line(request);
  if (const std::string stranger = stranger_of(response, context); !stranger.empty()) {
    doing = cat(http::name_of(request.method), " ", response.url.redacted(), " (where ",
                context.host, " leads)");
  }
  if (!response.proxy.empty()) doing += cat(" (through the proxy ", response.proxy, ")");
  std::string cause = cat(response.status, words_of(response));
  if (const std::string id = request_id(response.headers); !id.empty()) {
    cause += cat(" (request ", id, ")");
  }
  const std::string hint = hint_for(request, response, context);
  const bool denied = response.status == 401 || response.status == 403 || response.status == 407;
  if (denied && is_proxys(response)) {
    return Error(ErrorKind::network, cause, hint).within(doing).lasting();
  }
  const Error error =
      Error(denied ? ErrorKind::auth : ErrorKind::registry, cause, hint).within(doing);
  // What speaks otherwise, or is no registry, is so for every request.
  const bool is_other = response.status / 100 == 2 || is_told_of_https(response.body);
  return is_other ? error.lasting() : error;
}

Error explain_lost(const Error& error, const http::Request& request,
                   const FailureContext& context) {
  if (error.kind() != ErrorKind::network) return error;
  if (request.url.is_https() && error.cause().find("wrong version number") != std::string::npos) {
    return error.with_hint(cat(context.host, " may speak plain HTTP; try --plain-http"));
  }
  const bool is_closed =
      error.cause().contains("mpty reply") || error.cause().contains("reset by peer");
  if (!request.url.is_https() && is_closed) {
    return error.with_hint(cat("it may be that ", https_hint(context.host)));
  }
  if (is_ecr(context.host) && request.method == http::Method::post) {
    return error.with_hint(missing_hint(context));
  }
  return error;
}

}  // namespace n2c::registry
