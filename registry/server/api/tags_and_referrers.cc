#include "registry/server/api/tags_and_referrers.h"

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/server/store/manifest_facts.h"

namespace n2c::registry {

namespace {

using go::Json;

Reply json_reply(const Json& body, std::string media_type = "application/json") {
  return {
      .status = 200, .headers = {{"Content-Type", std::move(media_type)}}, .body = body.compact()};
}

/// One page of a list in byte order, and the Link to the next (RFC 8288).
struct Page {
  std::vector<std::string> entries;
  std::string link;
};

/// The most tags or repositories in one reply, whatever was asked for. Link leads to the others.
constexpr std::uint64_t most_in_page = 10'000;
/// The most bytes of one page of referrers: as many as a manifest may have.
constexpr std::size_t page_bytes = oci::max_manifest_bytes;
/// The most manifests that are read for one page of referrers, whether they are listed or not.
constexpr std::size_t most_looked_at = 1'000;

/// What `n` and `last` ask for.
std::expected<TagRange, ApiError> range_of(const Query& query) {
  TagRange range{.last = query.find("last").value_or(""), .limit = most_in_page};
  const auto text = query.find("n");
  if (!text) return range;
  const auto limit = parse_number(*text);
  if (!limit) {
    return std::unexpected(ApiError{ApiErrorCode::pagination_number_invalid, "n is not a number"});
  }
  range.limit = static_cast<std::size_t>(std::min(*limit, most_in_page));
  return range;
}

/// The entries of `all` that are in the range. `all` may begin before it and end after it.
Page page_of(std::vector<std::string> all, const TagRange& range, std::string_view path) {
  Page page;
  const auto first = range.last.empty() ? all.begin() : std::ranges::upper_bound(all, range.last);
  page.entries.assign(std::move_iterator(first), std::move_iterator(all.end()));
  if (range.limit >= page.entries.size()) return page;
  page.entries.resize(range.limit);
  if (!page.entries.empty()) {
    page.link = cat('<', path, "?n=", range.limit, "&last=", percent_encoded(page.entries.back()),
                    ">; rel=\"next\"");
  }
  return page;
}

Reply page_reply(Json body, std::string key, Page page) {
  Json list{Json::Array{}};
  for (std::string& entry : page.entries) list.push(std::move(entry));
  Reply reply = json_reply(body.set(std::move(key), std::move(list)));
  if (!page.link.empty()) reply.headers.add("Link", std::move(page.link));
  return reply;
}

/// A referrer as the list shows it, with its manifest's annotations. Nothing when its artifact type
/// is not the `wanted` one, or it was removed meanwhile.
std::optional<Json> referrer_json(Call& call, const oci::Digest& digest,
                                  const std::optional<std::string>& wanted) {
  const auto manifest = call.store.find_manifest(call.route.repository, digest);
  if (!manifest) return {};
  const auto facts = read_manifest_facts(manifest->json, manifest->descriptor.media_type);
  if (!facts || (wanted && facts->artifact_type != *wanted)) return {};
  Json json{Json::Object{}};
  json.set("mediaType", manifest->descriptor.media_type)
      .set("digest", digest.str())
      .set("size", Json(manifest->descriptor.size));
  if (!facts->annotations.empty()) {
    Json annotations{Json::Object{}};
    for (const auto& [key, value] : facts->annotations) annotations.set(key, value);
    json.set("annotations", std::move(annotations));
  }
  if (!facts->artifact_type.empty()) json.set("artifactType", facts->artifact_type);
  return json;
}

}  // namespace

Reply serve_tags(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  const auto range = range_of(call.route.query);
  if (!range) return reply_to(range.error());
  auto tags = call.store.tags(call.route.repository, {range->last, range->limit + 1});
  if (!tags) {
    return reply_to({ApiErrorCode::name_unknown, "no such repository", {call.route.repository}});
  }
  const std::string path = cat("/v2/", call.route.repository, "/tags/list");
  Json body{Json::Object{}};
  body.set("name", call.route.repository);
  return page_reply(std::move(body), "tags", page_of(*std::move(tags), *range, path));
}

Reply serve_catalog(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  const auto range = range_of(call.route.query);
  if (!range) return reply_to(range.error());
  return page_reply(Json{Json::Object{}}, "repositories",
                    page_of(call.store.repositories(), *range, "/v2/_catalog"));
}

Reply serve_referrers(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  const auto subject = oci::Digest::parse(call.route.reference);
  if (!subject) return reply_to({ApiErrorCode::digest_invalid, subject.error()});
  const auto turn = call.heavy_work.enter();
  MemoryBudget::Share memory(call.options.memory);
  if (!turn || !memory.grow(memory_of_json(page_bytes))) return busy_reply();
  const auto wanted = call.route.query.find("artifactType");
  const auto all = call.store.referrers(call.route.repository, *subject);
  std::string manifests, link, last = call.route.query.find("last").value_or("");
  std::size_t looked_at = 0;
  for (const oci::Digest& digest : all) {
    if (digest.str() <= last) continue;
    const auto referrer = referrer_json(call, digest, wanted);
    const std::string text = referrer ? referrer->compact() : "";
    if (++looked_at > most_looked_at ||
        (!manifests.empty() && manifests.size() + text.size() > page_bytes)) {
      link = cat("</v2/", call.route.repository, "/referrers/", subject->str(), "?last=", last,
                 wanted ? "&artifactType=" + percent_encoded(*wanted) : "", ">; rel=\"next\"");
      break;
    }
    if (referrer) manifests += cat(manifests.empty() ? "" : ",", text);
    last = digest.str();
  }
  Reply reply{.status = 200,
              .headers = {{"Content-Type", std::string(oci::media_type::index)}},
              .body = cat(R"({"schemaVersion":2,"mediaType":")", oci::media_type::index,
                          R"(","manifests":[)", manifests, "]}")};
  if (wanted) reply.headers.add("OCI-Filters-Applied", "artifactType");
  if (!link.empty()) reply.headers.add("Link", std::move(link));
  return reply;
}

}  // namespace n2c::registry
