#include "registry/client/client.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/retry.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "registry/client/blob_reader.h"
#include "registry/client/failure.h"
#include "registry/client/host.h"
#include "registry/client/manifest_replies.h"
#include "registry/client/tag_list.h"
#include "registry/client/upload.h"

namespace n2c::registry {

namespace {

namespace mt = oci::media_type;

/// At a manifest's PUT some registries look at every blob before they answer.
constexpr std::chrono::seconds manifest_patience{120};

/// One header line for each type: of a list some registries read only the first.
void accept_manifests(http::Headers& headers) {
  static constexpr std::array types = {mt::manifest, mt::index, mt::docker_manifest,
                                       mt::docker_index};
  for (const std::string_view type : types) headers.add("Accept", std::string(type));
}

std::string media_type_of(const http::Response& response) {
  const auto content_type = response.headers.find("Content-Type");
  if (!content_type) return {};
  return std::string(trim(content_type->substr(0, content_type->find(';'))));
}

/// The media type, from the document itself where the header says nothing of use.
std::string manifest_type(const http::Response& response) {
  std::string type = media_type_of(response);
  if (oci::is_manifest(type) || oci::is_index(type)) return type;
  const auto json = go::Json::parse(response.body);
  const std::string own = json ? json->text_at("mediaType") : std::string();
  if (!own.empty()) return own;
  return json && json->find("manifests") != nullptr ? std::string(mt::index)
                                                    : std::string(mt::manifest);
}

oci::Digest digest_by(HashAlgorithm algorithm, std::string_view bytes) {
  Hash hash(algorithm);
  hash.update(bytes_of(bytes));
  return oci::Digest::from_hex(algorithm, hash.finish_hex());
}

}  // namespace

RegistryClient::RegistryClient(std::shared_ptr<Host> host, oci::Repository repository,
                               Access access)
    : host_(std::move(host)), repository_(std::move(repository)), access_(access) {}

RegistryClient::~RegistryClient() {
  const auto left = sessions_.with([](auto& sessions) { return std::move(sessions); });
  for (const auto& [digest, session] : left) {
    if (!cancel_session(*host_, scope(), session)) break;  // so would the others
  }
}

Clock& RegistryClient::clock() const { return host_->clock(); }

Scope RegistryClient::scope() const {
  return {.repository = repository_.path,
          .push = access_ != Access::pull,
          .remove = access_ == Access::remove};
}

bool RegistryClient::has_blob(const oci::Descriptor& blob, std::stop_token stop) {
  const bool is_there = probe_blob(*host_, scope(), blob.digest, std::move(stop));
  if (is_there) is_known_now(blob.digest);
  return is_there;
}

bool RegistryClient::mount(const oci::Descriptor& blob, const oci::Repository& from,
                           std::stop_token stop) {
  if (from.host != repository_.host || from.path == repository_.path) return false;
  HostCall call{.request = http::Request{.method = http::Method::post,
                                         .url = host_->url(repository_.path + "/blobs/uploads/")
                                                    .with_query("mount", blob.digest.str())
                                                    .with_query("from", from.path)},
                .scopes = {scope(), Scope{.repository = from.path}},
                .optional = true};
  const bool worth_it =
      mounts_.with([&](auto& mounts) { return mounts[from.path].is_worth_asking(); });
  if (!worth_it) return false;
  try {
    const bool took_place = mount_by(call, blob.digest, stop);
    if (took_place) is_known_now(blob.digest);
    mounts_.with([&](auto& mounts) {
      MountTally& tally = mounts[from.path];
      tally.took_place = tally.took_place || took_place;
      if (!took_place) ++tally.refused;
    });
    return took_place;
  } catch (const Error& error) {
    // No token for both repositories (ggcr#220, oras#1924), or whatever else: a mount saves time,
    // and what ends one ends the next as well.
    if (error.kind() == ErrorKind::cancelled) throw;
    mounts_.with([&](auto& mounts) { mounts[from.path].failed = true; });
    if (error.kind() != ErrorKind::auth) {
      host_->note_once(cat("no layers from ", from.str(), ": ", error.message()));
    }
    return false;
  }
}

bool RegistryClient::mount_by(const HostCall& call, const oci::Digest& digest,
                              std::stop_token stop) {
  const HostReply reply = host_->send(call, std::move(stop));
  const auto& response = reply.response;
  if (response.status == 201) return true;
  if (is_passing_status(response.status)) throw host_->failure(call.request, reply, scope());
  const auto location = response.headers.find("Location");
  if (response.status != 202 || !location) return false;
  const http::Url session = host_->session_url(call.request, response, *location);
  sessions_.with([&](auto& sessions) { sessions.push_back({digest, session}); });
  return false;
}

/// The one that was opened for that blob. A session is tied to no digest, so else it is any.
std::optional<http::Url> RegistryClient::take_session(const std::optional<oci::Descriptor>& blob) {
  return sessions_.with([&](auto& sessions) -> std::optional<http::Url> {
    if (sessions.empty()) return std::nullopt;
    auto taken = std::ranges::find_if(sessions, [&](const OpenSession& session) {
      return blob && session.digest == blob->digest;
    });
    if (taken == sessions.end()) --taken;
    http::Url url = std::move(taken->url);
    sessions.erase(taken);
    return url;
  });
}

/// Notes that the registry is said to have it. Returns whether it was before.
bool RegistryClient::is_known_now(const oci::Digest& digest) {
  return said_to_be_there_.with([&](auto& all) { return !all.insert(digest).second; });
}

Uploaded RegistryClient::upload(const ByteSource& source, std::string media_type,
                                std::optional<oci::Descriptor> known,
                                std::atomic<std::uint64_t>& sent, std::stop_token stop) {
  std::optional<http::Url> session = take_session(known);
  const bool may_mount = known && !is_known_now(known->digest);
  const UploadTask task{.source = source,
                        .media_type = std::move(media_type),
                        .known = std::move(known),
                        .session = std::move(session),
                        .may_mount = may_mount,
                        .sent = sent};
  return upload_blob(*host_, scope(), task, std::move(stop));
}

std::unique_ptr<Reader> RegistryClient::open_blob(const oci::Descriptor& blob,
                                                  std::stop_token stop) {
  return open_blob_reader(host_, scope(), blob.digest, blob.size, std::move(stop));
}

std::unique_ptr<Reader> RegistryClient::open_blob(const oci::Digest& digest, std::stop_token stop) {
  return open_blob_reader(host_, scope(), digest, std::nullopt, std::move(stop));
}

std::optional<oci::RawManifest> RegistryClient::get_manifest(std::string_view tag_or_digest,
                                                             std::stop_token stop) {
  return read_tag(tag_or_digest, std::move(stop)).manifest;
}

ReadTag RegistryClient::read_tag(std::string_view tag_or_digest, std::stop_token stop) {
  HostCall call{
      .request =
          http::Request{.url = host_->url(cat(repository_.path, "/manifests/", tag_or_digest)),
                        .max_reply_bytes = oci::max_manifest_bytes},
      .scopes = {scope()},
      .verified = oci::Digest::parse(tag_or_digest).has_value()};
  accept_manifests(call.request.headers);
  call.request.headers.set("Accept-Encoding", "identity");
  const HostReply reply = host_->send(call, std::move(stop));
  const auto& response = reply.response;
  if (response.status == 404) return {.unless_changed = {{"If-None-Match", "*"}}};
  if (!is_ok(response)) throw host_->failure(call.request, reply, scope());
  const auto wanted = oci::Digest::parse(tag_or_digest);
  const oci::Digest digest =
      digest_by(wanted ? wanted->algorithm() : HashAlgorithm::sha256, response.body);
  if (wanted && digest != *wanted) {
    throw Error(ErrorKind::integrity, cat("the manifest has digest ", digest.str()),
                "the registry or something on the way alters it")
        .within(http::request_line(call.request));
  }
  return {oci::RawManifest{{manifest_type(response), digest, response.body.size()}, response.body},
          condition_of(response)};
}

std::optional<oci::Descriptor> RegistryClient::head_manifest(std::string_view tag_or_digest,
                                                             std::stop_token stop) {
  HostCall call{
      .request =
          http::Request{.method = http::Method::head,
                        .url = host_->url(cat(repository_.path, "/manifests/", tag_or_digest))},
      .scopes = {scope()}};
  call.verified = oci::Digest::parse(tag_or_digest).has_value();
  accept_manifests(call.request.headers);
  const HostReply reply = host_->send(call, std::move(stop));
  if (is_passing_status(reply.response.status)) {
    throw host_->failure(call.request, reply, scope());
  }
  // 401, 403 and 405 stand for "absent" as well (ggcr#1691, harbor#22363).
  if (!is_ok(reply.response)) return std::nullopt;
  const auto named = reply.response.headers.find("Docker-Content-Digest");
  const auto digest = oci::Digest::parse(named ? trim(*named) : tag_or_digest);
  if (!digest) return std::nullopt;
  const auto length = reply.response.headers.find("Content-Length");
  return oci::Descriptor{.media_type = media_type_of(reply.response),
                         .digest = *digest,
                         .size = length ? parse_number(trim(*length)).value_or(0) : 0};
}

std::optional<TagPage> RegistryClient::get_tag_page(std::string_view last, std::stop_token stop) {
  const std::string after = last.empty() ? "" : "&last=" + http::percent_encode(last);
  return read_tag_page(*host_, scope(), {.query = "n=1000" + after, .retry = false},
                       std::move(stop));
}

/// What a tag holds. The digest comes from HEAD, or, where that names none, from the bytes. Nothing
/// where there is no such tag, or where it cannot be told.
std::optional<RegistryClient::Held> RegistryClient::held_under(std::string_view tag,
                                                               std::stop_token stop) {
  try {
    if (const auto head = head_manifest(tag, stop)) return Held{head->digest, head->media_type};
    const auto manifest = get_manifest(tag, stop);
    if (!manifest) return std::nullopt;
    return Held{manifest->descriptor.digest, manifest->descriptor.media_type};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    return std::nullopt;  // the refusal is what counts
  }
}

std::optional<std::vector<std::string>> RegistryClient::list_tags(std::stop_token stop) {
  return registry::list_tags(*host_, scope(), std::move(stop));
}

std::optional<std::vector<oci::Descriptor>> RegistryClient::list_referrers(
    const oci::Digest& subject, std::stop_token stop) {
  return registry::list_referrers(*host_, scope(), subject, std::move(stop));
}

bool RegistryClient::delete_manifest(const oci::Digest& digest, std::stop_token stop) {
  const HostCall call{
      .request =
          http::Request{.method = http::Method::delete_,
                        .url = host_->url(cat(repository_.path, "/manifests/", digest.str()))},
      .scopes = {scope()}};
  const HostReply reply = host_->send(call, std::move(stop));
  const auto& response = reply.response;
  if (response.status == 404) return false;
  if (response.status >= 200 && response.status < 300 && !is_page(response)) return true;
  const Error failure = host_->failure(call.request, reply, scope());
  // distribution-spec, "Deleting Manifests".
  if (response.status != 405) throw failure;
  throw failure.as(ErrorKind::registry,
                   "this registry removes nothing; its settings or its own interface may");
}

HostCall RegistryClient::manifest_put(const http::Url& url, std::string_view media_type,
                                      const http::Body& body) const {
  HostCall call{.request = http::Request{.method = http::Method::put,
                                         .url = url,
                                         .body = body,
                                         .reply_patience = manifest_patience,
                                         .body_may_repeat = true},
                .scopes = {scope()}};
  call.request.headers.set("Content-Type", std::string(media_type));
  return call;
}

std::expected<ManifestPut, NotPut> RegistryClient::put_unless_changed(
    std::string_view tag, const oci::RawManifest& manifest, const http::Headers& unless_changed,
    std::stop_token stop) {
  const std::string& media_type = manifest.descriptor.media_type;
  if (unless_changed.lines().empty()) {
    return put_manifest(tag, media_type, manifest.json, std::move(stop));
  }
  const MemorySource body{manifest.json};
  HostCall call = manifest_put(host_->url(cat(repository_.path, "/manifests/", tag)), media_type,
                               {.source = &body, .length = manifest.json.size()});
  for (const auto& [name, value] : unless_changed.lines()) call.request.headers.set(name, value);
  call.optional = true;
  const HostReply reply = host_->send(call, stop);
  const int status = reply.response.status;
  if (is_stored(reply.response)) {
    return ManifestStored{digest_stored(reply.response, manifest.descriptor.digest)};
  }
  const Error failure = host_->failure(call.request, reply, scope());
  if (is_passing_status(status)) throw failure;
  if (status == 412 || status == 409) {
    return std::unexpected(NotPut{.is_conflict = status == 409, .failure = failure});
  }
  if (takes_no_condition(status, parse_errors(reply.response.body))) {
    return put_manifest(tag, media_type, manifest.json, std::move(stop));
  }
  if (status == 428) {
    throw failure.as(ErrorKind::registry,
                     "the registry wants a condition, and takes none that its own replies give");
  }
  return refused_put(call, reply, tag, manifest.descriptor, stop);
}

std::optional<ManifestPut> RegistryClient::put_tagged(const oci::Descriptor& manifest,
                                                      std::string_view json,
                                                      std::span<const std::string> tags,
                                                      std::stop_token stop) {
  if (!host_->profile().tags_together) return std::nullopt;
  const MemorySource body{std::string(json)};
  http::Url url = host_->url(cat(repository_.path, "/manifests/", manifest.digest.str()));
  for (const std::string& tag : tags) url = url.with_query("tag", tag);
  HostCall call = manifest_put(url, manifest.media_type, {.source = &body, .length = json.size()});
  call.optional = true;
  const HostReply reply = host_->send(call, std::move(stop));
  const auto& response = reply.response;
  const auto errors = parse_errors(response.body);
  if (lacks_blobs(errors)) return BlobsMissing{digests_of(errors)};
  // Tags that may not be overwritten, media types: what is refused is said where each is put.
  if (!is_stored(response)) return std::nullopt;
  ManifestStored stored{digest_stored(response, manifest.digest)};
  for (const std::string& line : response.headers.find_all("OCI-Tag")) {
    for (const std::string_view tag : split(line, ',')) stored.tags.emplace_back(trim(tag));
  }
  if (stored.tags.empty()) host_->learn({.tags_together = false});
  return stored;
}

ManifestPut RegistryClient::put_manifest(std::string_view tag_or_digest,
                                         std::string_view media_type, std::string_view json,
                                         std::stop_token stop) {
  const MemorySource body{std::string(json)};
  const HostCall call =
      manifest_put(host_->url(cat(repository_.path, "/manifests/", tag_or_digest)), media_type,
                   {.source = &body, .length = json.size()});
  const HostReply reply = host_->send(call, stop);
  const auto& response = reply.response;
  const oci::Descriptor manifest = oci::describe(media_type, json);
  if (!is_stored(response)) return refused_put(call, reply, tag_or_digest, manifest, stop);
  return ManifestStored{.digest = digest_stored(response, manifest.digest),
                        .took_subject = response.headers.find("OCI-Subject").has_value()};
}

/// What a refusal of a manifest comes to.
ManifestPut RegistryClient::refused_put(const HostCall& call, const HostReply& reply,
                                        std::string_view tag_or_digest,
                                        const oci::Descriptor& manifest,
                                        const std::stop_token& stop) {
  const auto& response = reply.response;
  const std::string& media_type = manifest.media_type;
  const oci::Digest& ours = manifest.digest;
  const auto errors = parse_errors(response.body);
  if (lacks_blobs(errors)) return BlobsMissing{digests_of(errors)};
  if (oci::is_index(media_type) && lacks_images(response.status, errors)) {
    return BlobsMissing{digests_of(errors)};
  }
  const Error failure = host_->failure(call.request, reply, scope());
  if (may_be_immutable(response.status)) {
    if (const auto held = held_under(tag_or_digest, stop)) {
      if (held->digest == ours) {
        host_->note(cat(repository_.str(), ":", tag_or_digest, " holds this image already"));
        return ManifestStored{ours};
      }
      // Where a tag holds a manifest of this type, the type is not what is refused.
      if (held->media_type == media_type || !refuses_format(response.status, errors)) {
        throw failure.with_remark(cat(": the tag is immutable and holds ", held->digest.str()))
            .as(ErrorKind::registry,
                "push another tag; where tags may be overwritten, the login lacks the right to");
      }
    }
  }
  if (refuses_format(response.status, errors)) return FormatRefused{failure.message()};
  throw failure;
}

}  // namespace n2c::registry
