/// Tags, catalogue and referrers (distribution-spec, end-8, end-12; the catalogue is Docker's).

#include <algorithm>

#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/server/endpoints.h"

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

/// `n` entries behind `last`; all when n is not asked for.
std::expected<Page, Problem> page_of(std::vector<std::string> all, const Query& query,
                                     std::string_view path) {
  Page page;
  const auto last = query.find("last");
  auto first = last ? std::ranges::upper_bound(all, *last) : all.begin();
  page.entries.assign(std::move_iterator(first), std::move_iterator(all.end()));
  const auto text = query.find("n");
  if (!text) return page;
  const auto limit = parse_number(*text);
  if (!limit) {
    return std::unexpected(Problem{ProblemCode::pagination_number_invalid, "n is no number"});
  }
  if (*limit >= page.entries.size()) return page;
  page.entries.resize(static_cast<std::size_t>(*limit));
  if (!page.entries.empty()) {
    page.link = cat('<', path, "?n=", *limit, "&last=", percent_encoded(page.entries.back()),
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

Json descriptor_json(const Referrer& referrer) {
  const oci::Descriptor& descriptor = referrer.descriptor;
  Json json{Json::Object{}};
  json.set("mediaType", descriptor.media_type)
      .set("digest", descriptor.digest.str())
      .set("size", Json(descriptor.size));
  if (!descriptor.annotations.empty()) {
    Json annotations{Json::Object{}};
    for (const auto& [key, value] : descriptor.annotations) annotations.set(key, value);
    json.set("annotations", std::move(annotations));
  }
  if (!referrer.artifact_type.empty()) json.set("artifactType", referrer.artifact_type);
  return json;
}

}  // namespace

Reply serve_tags(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  auto tags = call.store.tags(call.route.repository);
  if (!tags) {
    return reply_to({ProblemCode::name_unknown, "no such repository", {call.route.repository}});
  }
  auto page =
      page_of(*std::move(tags), call.route.query, cat("/v2/", call.route.repository, "/tags/list"));
  if (!page) return reply_to(page.error());
  Json body{Json::Object{}};
  body.set("name", call.route.repository);
  return page_reply(std::move(body), "tags", *std::move(page));
}

Reply serve_catalog(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  auto page = page_of(call.store.repositories(), call.route.query, "/v2/_catalog");
  if (!page) return reply_to(page.error());
  return page_reply(Json{Json::Object{}}, "repositories", *std::move(page));
}

Reply serve_referrers(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  const auto subject = oci::Digest::parse(call.route.reference);
  if (!subject) return reply_to({ProblemCode::digest_invalid, subject.error()});
  const auto wanted = call.route.query.find("artifactType");
  Json manifests{Json::Array{}};
  for (const Referrer& referrer : call.store.referrers(call.route.repository, *subject)) {
    if (!wanted || referrer.artifact_type == *wanted) manifests.push(descriptor_json(referrer));
  }
  Json body{Json::Object{}};
  body.set("schemaVersion", Json(std::int64_t{2}))
      .set("mediaType", std::string(oci::media_type::index))
      .set("manifests", std::move(manifests));
  Reply reply = json_reply(body, std::string(oci::media_type::index));
  if (wanted) reply.headers.add("OCI-Filters-Applied", "artifactType");
  return reply;
}

}  // namespace n2c::registry
