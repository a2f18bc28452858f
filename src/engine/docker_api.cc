#include "engine/docker_api.h"

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

constexpr std::size_t max_list_bytes = 64 << 20;  // thousands of images, each with labels

/// "GET /v1.41/images/app:1/json".
std::string line_of(const http::Request& request) {
  return cat(http::name_of(request.method), " ", request.url.path());
}

}  // namespace

DockerApi::DockerApi(http::Transport& transport, http::Url base)
    : transport_(transport), base_(std::move(base)) {}

http::Url DockerApi::url(std::string_view path) const {
  const std::string prefix = api_.empty() ? "" : cat("/v", api_);
  return or_throw(base_.resolve(cat(prefix, path)), ErrorKind::internal, "engine URL");
}

http::Response DockerApi::send(const http::Request& request, std::stop_token stop) {
  return transport_.send(request, std::move(stop));
}

http::Response DockerApi::get(std::string_view path, std::stop_token stop) {
  return send({.url = url(path), .max_reply_bytes = max_list_bytes}, std::move(stop));
}

void DockerApi::refuse(const http::Request& request, const http::Response& response) {
  throw Error(ErrorKind::registry, cat(response.status, " ", words_of(response)))
      .within(line_of(request));
}

DockerFacts DockerApi::connect(std::stop_token stop, std::chrono::milliseconds patience) {
  return first_reply(stop, patience,
                     [&](const std::stop_token& inner) { return ask_facts(inner); });
}

DockerFacts DockerApi::ask_facts(const std::stop_token& stop) {
  const http::Response ping = get("/_ping", stop);
  if (ping.status != 200) refuse({.url = ping.url}, ping);
  const auto told = ping.headers.find("Api-Version");
  api_ =
      or_throw(negotiate_api(told ? *told : told_version(stop)), ErrorKind::registry, "GET /_ping");
  if (const auto podman = ping.headers.find("Libpod-Api-Version")) {
    return {.store = DockerFacts::Store::podman, .version = printable(*podman)};
  }
  const http::Response info = get("/info", stop);
  if (info.status != 200) refuse({.url = info.url}, info);
  return or_throw(read_docker_info(info.body), ErrorKind::registry,
                  "what the engine says of itself");
}

/// Engines before API 1.25 have no header in the reply to a ping.
std::string DockerApi::told_version(std::stop_token stop) {
  const http::Response version = get("/version", std::move(stop));
  const auto json = go::Json::parse(version.body);
  return version.status == 200 && json ? json->text_at("ApiVersion") : std::string();
}

std::optional<EngineImage> DockerApi::find_image(std::string_view name_or_id,
                                                 std::stop_token stop) {
  const std::string query = tells_completeness() ? "?manifests=1" : "";
  const http::Response reply = get(cat("/images/", name_or_id, "/json", query), stop);
  if (reply.status == 404) return {};
  if (reply.status != 200) refuse({.url = reply.url}, reply);
  return or_throw(read_engine_image(reply.body), ErrorKind::registry,
                  cat("GET ", reply.url.path()));
}

std::vector<ListedImage> DockerApi::list_images(std::stop_token stop) {
  const http::Response reply = get("/images/json", stop);
  if (reply.status != 200) refuse({.url = reply.url}, reply);
  return or_throw(read_image_list(reply.body), ErrorKind::registry, "GET /images/json");
}

StreamedReply DockerApi::stream(http::Request request, std::stop_token stop) {
  ReplyStream lines;
  request.reply_sink = &lines;
  const http::Response reply = send(request, std::move(stop));
  if (reply.status / 100 != 2) return {cat(reply.status, " ", words_of(reply)), {}};
  return {lines.failure(), lines.last_words()};
}

StreamedReply DockerApi::load(const ByteSource& archive, std::atomic<std::uint64_t>& sent,
                              std::stop_token stop) {
  http::Request request{.method = http::Method::post, .url = url("/images/load?quiet=0")};
  request.headers.set("Content-Type", "application/x-tar");
  request.body = http::Body{.source = &archive};
  request.sent = &sent;
  return stream(std::move(request), std::move(stop));
}

StreamedReply DockerApi::pull(const std::string& repository, const std::string& tag,
                              std::stop_token stop) {
  const http::Url create =
      url("/images/create").with_query("fromImage", repository).with_query("tag", tag);
  return stream({.method = http::Method::post, .url = create}, std::move(stop));
}

void DockerApi::tag(std::string_view id, const oci::Reference& name, std::stop_token stop) {
  const http::Request request{.method = http::Method::post,
                              .url = url(cat("/images/", id, "/tag"))
                                         .with_query("repo", name.repository.str())
                                         .with_query("tag", name.tag.value_or("latest"))};
  const http::Response reply = send(request, std::move(stop));
  if (reply.status / 100 != 2) refuse(request, reply);
}

void DockerApi::remove(std::string_view name_or_id, std::stop_token stop) {
  const http::Request request{.method = http::Method::delete_,
                              .url = url(cat("/images/", name_or_id))};
  const http::Response reply = send(request, std::move(stop));
  if (reply.status / 100 != 2 && reply.status != 404) refuse(request, reply);
}

}  // namespace n2c
