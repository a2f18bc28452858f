#include "registry/client/tag_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/retry.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "http/url.h"
#include "registry/client/failure.h"

namespace n2c::registry {

namespace {

constexpr std::size_t max_tags = 1'000'000;
constexpr std::size_t max_pages = 10'000;
constexpr std::uint64_t max_page_bytes = 64 << 20;

/// A page's tags. What is no tag is left out: a null list, as of an empty repository, too.
std::vector<std::string> tags_in(std::string_view body, const std::string& where) {
  std::vector<std::string> tags;
  const auto json = or_throw(go::Json::parse(body), ErrorKind::registry, where);
  const go::Json* list = json.find("tags");
  if (list == nullptr || list->as_array() == nullptr) return tags;
  for (const go::Json& tag : *list->as_array()) {
    if (tag.as_string() != nullptr) tags.push_back(*tag.as_string());
  }
  return tags;
}

/// A query as some registries write it, with spaces in it, as a URL has it.
std::string as_query(std::string_view text) {
  std::string query;
  for (const char& c : text) {
    const bool is_written = c != 0x7f && static_cast<unsigned char>(c) > ' ';
    query += is_written ? std::string(1, c) : http::percent_encode({&c, 1});
  }
  return query;
}

}  // namespace

std::optional<TagPage> read_tag_page(Host& host, const Scope& scope, const TagQuery& query,
                                     std::stop_token stop) {
  const std::string path =
      cat(scope.repository, "/tags/list", query.query.empty() ? "" : "?", query.query);
  HostCall call{.request = http::Request{.url = host.url(path)},
                .scopes = {scope},
                .retry = query.retry,
                .optional = !query.retry};
  if (query.retry) call.request.max_reply_bytes = max_page_bytes;
  const HostReply reply = host.send(call, std::move(stop));
  if (reply.response.status == 404) return std::nullopt;
  if (!is_ok(reply.response)) throw host.failure(call.request, reply, scope);
  const auto link = reply.response.headers.find("Link");
  return TagPage{tags_in(reply.response.body, "GET " + call.request.url.redacted()),
                 link ? next_page(*link) : std::nullopt};
}

std::optional<std::vector<std::string>> list_tags(Host& host, const Scope& scope,
                                                  std::stop_token stop) {
  std::vector<std::string> tags;
  std::string query;  // the registry's own page size, which some insist on
  for (std::size_t count = 0; count < max_pages; ++count) {
    auto page = read_tag_page(host, scope, {.query = query}, stop);
    if (!page && count == 0) return std::nullopt;
    if (!page) break;
    std::ranges::move(page->tags, std::back_inserter(tags));
    if (tags.size() > max_tags) {
      throw Error(ErrorKind::registry,
                  cat("tags of ", scope.repository, ": more than ", max_tags, " tags"));
    }
    if (!page->next) return tags;
    if (*page->next == query) break;
    query = *std::move(page->next);
  }
  throw Error(ErrorKind::registry, cat("the list of tags of ", scope.repository, " does not end"));
}

std::optional<std::vector<oci::Descriptor>> list_referrers(Host& host, const Scope& scope,
                                                           const oci::Digest& subject,
                                                           std::stop_token stop) {
  std::vector<oci::Descriptor> referrers;
  std::string query;
  for (std::size_t count = 0; count < max_pages; ++count) {
    const std::string path =
        cat(scope.repository, "/referrers/", subject.str(), query.empty() ? "" : "?", query);
    HostCall call{
        .request = http::Request{.url = host.url(path), .max_reply_bytes = max_page_bytes},
        .scopes = {scope}};
    const HostReply reply = host.send(call, stop);
    const http::Response& response = reply.response;
    if (is_passing_status(response.status) || response.status == 401 || response.status == 403) {
      throw host.failure(call.request, reply, scope);
    }
    const auto index = is_ok(response) ? oci::Index::from_json(response.body)
                                       : Parsed<oci::Index>(std::unexpected(""));
    if (!index && count == 0) return std::nullopt;
    if (!index) throw host.failure(call.request, reply, scope);
    std::ranges::copy(index->manifests, std::back_inserter(referrers));
    const auto link = response.headers.find("Link");
    auto next = link ? next_page(*link) : std::nullopt;
    if (!next) return referrers;
    if (*next == query || referrers.size() > max_tags) break;
    query = *std::move(next);
  }
  throw Error(ErrorKind::registry,
              cat("the list of what refers to ", subject.str(), " does not end"));
}

std::optional<std::string> next_page(std::string_view link) {
  for (const std::string_view value : split(link, ',')) {
    const auto open = value.find('<'), close = value.find('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) continue;
    const std::string_view parameters = value.substr(close + 1);
    if (!parameters.contains("rel=\"next\"") && !parameters.contains("rel=next")) continue;
    const auto parts = cut(value.substr(open + 1, close - open - 1), '?');
    if (parts && !parts->second.empty()) return as_query(parts->second);
  }
  return std::nullopt;
}

}  // namespace n2c::registry
