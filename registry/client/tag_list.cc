#include "registry/client/tag_list.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "base/retry.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "http/url.h"
#include "registry/client/failure.h"

namespace n2c::registry {

namespace {

constexpr std::size_t max_tags = 1'000'000;
constexpr std::uint64_t max_page_bytes = 64 << 20;
/// distribution-spec, "Pulling manifests".
constexpr std::size_t longest_tag = 128;

/// Goes through a list page by page, and ends one that the registry makes without end: it can make
/// up pages as fast as they are asked for.
class Pages {
 public:
  /// `list`: "the list of tags of app".
  Pages(Clock& clock, std::string list)
      : clock_(clock), list_(std::move(list)), began_(clock.now()) {}

  /// Takes what a page had, and where it leads. Returns the next page's query, or nothing after
  /// the last. Throws Error{registry} where this list does not end.
  std::optional<std::string> after(std::size_t entries, std::uint64_t bytes,
                                   std::optional<std::string> next) {
    ++pages_;
    entries_ += entries;
    bytes_ += bytes + (next ? next->size() : 0);
    if (bytes_ > max_page_bytes) throw endless(cat("it is above ", brief_bytes(max_page_bytes)));
    if (!next) return std::nullopt;
    if (!queries_.insert(*next).second) throw endless("a page leads back to an earlier one");
    if (pages_ >= sparse_pages + entries_ / least_a_page) {
      throw endless(cat(pages_, " pages had ", entries_, " entries"));
    }
    if (clock_.now() - began_ > longest_list) {
      throw endless(cat("it took ", brief_duration(longest_list)));
    }
    return next;
  }
  Error cut_short() const {
    return {ErrorKind::registry, cat(list_, " is cut: its next page is not there")};
  }

 private:
  /// Registries give 50 and more a page, and few where they filter.
  static constexpr std::size_t sparse_pages = 1000;
  static constexpr std::size_t least_a_page = 10;
  static constexpr std::chrono::minutes longest_list{30};

  Error endless(std::string_view why) const {
    return {ErrorKind::registry, cat(list_, " does not end: ", why),
            "the registry, or what stands before it, is at fault; its log says more"};
  }

  Clock& clock_;
  const std::string list_;
  const Clock::TimePoint began_;
  std::set<std::string> queries_;
  std::size_t pages_ = 0, entries_ = 0;
  std::uint64_t bytes_ = 0;
};

/// A page's tags. What is no tag is left out: a null list, as of an empty repository, too.
std::vector<std::string> tags_in(std::string_view body, const std::string& where) {
  std::vector<std::string> tags;
  const auto json = or_throw(go::Json::parse(body), ErrorKind::registry, where);
  const go::Json* list = json.find("tags");
  if (list == nullptr || list->as_array() == nullptr) return tags;
  for (const go::Json& tag : *list->as_array()) {
    const std::string* text = tag.as_string();
    if (text != nullptr && text->size() <= longest_tag) tags.push_back(*text);
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
                 link ? next_page(*link) : std::nullopt, reply.response.body.size()};
}

std::optional<std::vector<std::string>> list_tags(Host& host, const Scope& scope,
                                                  std::stop_token stop) {
  std::vector<std::string> tags;
  Pages pages(host.clock(), cat("the list of tags of ", scope.repository));
  std::optional<std::string> query = "";  // the registry's own page size, which some insist on
  while (query) {
    auto page = read_tag_page(host, scope, {.query = *query}, stop);
    if (!page && query->empty()) return std::nullopt;
    if (!page) throw pages.cut_short();
    query = pages.after(page->tags.size(), page->bytes, std::move(page->next));
    std::ranges::move(page->tags, std::back_inserter(tags));
    if (tags.size() > max_tags) {
      throw Error(ErrorKind::registry,
                  cat("tags of ", scope.repository, ": more than ", max_tags, " tags"));
    }
  }
  return tags;
}

std::optional<std::vector<oci::Descriptor>> list_referrers(Host& host, const Scope& scope,
                                                           const oci::Digest& subject,
                                                           std::stop_token stop) {
  std::vector<oci::Descriptor> referrers;
  Pages pages(host.clock(), cat("the list of what refers to ", subject.str()));
  std::optional<std::string> query = "";
  while (query) {
    const std::string path =
        cat(scope.repository, "/referrers/", subject.str(), query->empty() ? "" : "?", *query);
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
    if (!index && query->empty()) return std::nullopt;
    if (!index) throw host.failure(call.request, reply, scope);
    const auto link = response.headers.find("Link");
    query = pages.after(index->manifests.size(), response.body.size(),
                        link ? next_page(*link) : std::nullopt);
    std::ranges::copy(index->manifests, std::back_inserter(referrers));
  }
  return referrers;
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
