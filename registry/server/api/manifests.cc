#include "registry/server/api/manifests.h"

#include <set>

#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/reference.h"
#include "registry/server/store/manifest_facts.h"

namespace n2c::registry {

namespace {

constexpr std::size_t max_tag_parameters = 100;
/// The most blobs and manifests that one manifest may name. Each is looked for, and may become an
/// error.
constexpr std::size_t max_named = 10'000;
constexpr std::size_t max_errors = 100;

/// The reference of the path: a digest when it holds a colon, else a tag.
struct Target {
  std::optional<oci::Digest> digest;
  std::string tag;
};

std::expected<Target, ApiError> target_of(const std::string& reference) {
  if (!reference.contains(':')) {
    if (oci::is_tag(reference)) return Target{{}, reference};
    return std::unexpected(
        ApiError{ApiErrorCode::name_invalid, "no valid tag or digest", {printable(reference)}});
  }
  auto digest = oci::Digest::parse(reference);
  if (!digest) return std::unexpected(ApiError{ApiErrorCode::digest_invalid, digest.error()});
  return Target{*std::move(digest), {}};
}

Reply manifest_unknown(const Call& call) {
  return reply_to({ApiErrorCode::manifest_unknown,
                   "the repository has no such manifest",
                   {call.route.reference}});
}

Reply read_manifest(Call& call, const Target& target) {
  const auto digest =
      target.digest ? target.digest : call.store.find_tag(call.route.repository, target.tag);
  if (!digest) return manifest_unknown(call);
  auto manifest = call.store.find_manifest(call.route.repository, *digest);
  if (!manifest) return manifest_unknown(call);
  return {.status = 200,
          .headers = {{"Content-Type", manifest->descriptor.media_type},
                      {"Content-Length", cat(manifest->json.size())},
                      {"Docker-Content-Digest", digest->str()},
                      {"ETag", cat('"', digest->str(), '"')}},
          .body = std::move(manifest->json)};
}

/// Manifests that are quickly understood.
constexpr std::size_t light_manifest = 64 << 10;

/// A body, whose bytes take their memory as they come.
class BudgetedReader final : public Reader {
 public:
  BudgetedReader(Reader& from, MemoryBudget::Share& memory) : from_(from), memory_(memory) {}
  std::size_t read(ByteSpan into) override {
    const std::size_t count = from_.read(into);
    if (!memory_.grow(count)) throw StoreFull();
    return count;
  }

 private:
  Reader& from_;
  MemoryBudget::Share& memory_;
};

std::expected<std::string, ApiError> read_body(Request& request, MemoryBudget::Share& memory) {
  const ApiError too_large{ApiErrorCode::size_invalid,
                           cat("a manifest has at most ", oci::max_manifest_bytes, " bytes"),
                           {},
                           413};
  if (request.body_size.value_or(0) > oci::max_manifest_bytes) return std::unexpected(too_large);
  try {
    BudgetedReader body(request.body, memory);
    return read_all(body, oci::max_manifest_bytes);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    return std::unexpected(too_large);
  }
}

/// The media type that a manifest was sent with, without parameters. Its own when it was sent
/// without.
std::string media_type_of(const Request& request, std::string_view json) {
  std::string_view sent = request.headers.get("Content-Type");
  if (const auto parameters = cut(sent, ';')) sent = parameters->first;
  sent = trim(sent);
  if (!sent.empty()) return std::string(sent);
  const auto parsed = go::Json::parse(json);
  return parsed ? parsed->text_at("mediaType") : "";
}

std::expected<std::vector<std::string>, ApiError> tags_of(const Call& call, const Target& target) {
  std::vector<std::string> tags = call.route.query.all("tag");
  if (tags.size() > max_tag_parameters) {
    return std::unexpected(ApiError{
        ApiErrorCode::manifest_invalid, cat("more than ", max_tag_parameters, " tags"), {}, 414});
  }
  for (const std::string& tag : tags) {
    if (!oci::is_tag(tag)) {
      return std::unexpected(
          ApiError{ApiErrorCode::name_invalid, "no valid tag", {printable(tag)}});
    }
  }
  if (!target.tag.empty()) tags.push_back(target.tag);
  return tags;
}

/// Everything about the manifest that can be checked without the registry's store.
std::expected<std::pair<NewManifest, ManifestFacts>, ApiError> understand(const Call& call,
                                                                          const Target& target,
                                                                          std::string json) {
  const auto algorithm = target.digest ? target.digest->algorithm() : HashAlgorithm::sha256;
  Hash hash(algorithm);
  hash.update(bytes_of(json));
  const auto digest = oci::Digest::from_hex(algorithm, hash.finish_hex());
  if (target.digest && *target.digest != digest) {
    return std::unexpected(
        ApiError{ApiErrorCode::digest_invalid,
                 "the manifest has another digest",
                 {cat("expected ", target.digest->str(), ", got ", digest.str())}});
  }
  const std::string media_type = media_type_of(call.request, json);
  if (!oci::is_manifest(media_type) && !oci::is_index(media_type)) {
    return std::unexpected(ApiError{ApiErrorCode::manifest_invalid,
                                    "the media type is not one of OCI's or Docker's (schema 2)",
                                    {printable(media_type)},
                                    415});
  }
  auto facts = read_manifest_facts(json, media_type);
  if (!facts) return std::unexpected(ApiError{ApiErrorCode::manifest_invalid, facts.error()});
  if (facts->blobs.size() + facts->manifests.size() > max_named) {
    return std::unexpected(ApiError{ApiErrorCode::manifest_invalid,
                                    cat("a manifest names at most ", max_named, " blobs")});
  }
  if (!facts->media_type.empty() && facts->media_type != media_type) {
    return std::unexpected(ApiError{ApiErrorCode::manifest_invalid,
                                    "mediaType is not the Content-Type",
                                    {printable(facts->media_type)}});
  }
  NewManifest manifest{.record = oci::RawManifest{oci::Descriptor{media_type, digest, json.size()},
                                                  std::move(json)}};
  return std::pair{std::move(manifest), *std::move(facts)};
}

/// Each digest once, where it is first named: a manifest may name one blob thousands of times.
std::vector<oci::Digest> without_repeats(const std::vector<oci::Digest>& digests) {
  std::vector<oci::Digest> once;
  std::set<oci::Digest> seen;
  for (const oci::Digest& digest : digests) {
    if (seen.insert(digest).second) once.push_back(digest);
  }
  return once;
}

/// Whether a list of entity tags has that manifest's. "*" is any (RFC 9110 §13.1.1).
bool lists(std::string_view entity_tags, const std::optional<oci::Digest>& now) {
  if (!now) return false;
  if (trim(entity_tags) == "*") return true;
  const std::string own = cat('"', now->str(), '"');
  return std::ranges::any_of(split(entity_tags, ','),
                             [&](std::string_view one) { return trim(one) == own; });
}

/// What If-Match and If-None-Match say of what is there now. Unset without them.
std::function<bool(const std::optional<oci::Digest>& now)> precondition_of(const Request& request) {
  const auto match = request.headers.find("If-Match");
  const auto none_match = request.headers.find("If-None-Match");
  if (!match && !none_match) return {};
  return [=](const std::optional<oci::Digest>& now) {
    return (!match || lists(*match, now)) && (!none_match || !lists(*none_match, now));
  };
}

Reply put_manifest(Call& call, const Target& target) {
  auto tags = tags_of(call, target);
  if (!tags) return reply_to(tags.error());
  MemoryBudget::Share memory(call.options.memory);
  auto json = read_body(call.request, memory);
  if (!json) return reply_to(json.error());
  std::optional<Turnstile::Turn> turn;
  if (json->size() > light_manifest && !turn.emplace(call.heavy_work.enter())) return busy_reply();
  if (!memory.grow(memory_of_json(json->size()))) return busy_reply();
  auto understood = understand(call, target, *std::move(json));
  if (!understood) return reply_to(understood.error());
  auto& [manifest, facts] = *understood;
  manifest.tags = *std::move(tags);
  if (!call.options.accept_sparse) {
    manifest.required_blobs = without_repeats(facts.blobs);
    manifest.sizes = facts.sizes;
    manifest.required_manifests = without_repeats(facts.manifests);
  }
  const auto may_replace = precondition_of(call.request);
  if (!target.digest) {
    manifest.may_replace = may_replace;
  } else if (may_replace) {
    const auto held = call.store.find_manifest(call.route.repository, *target.digest);
    if (!may_replace(held ? target.digest : std::nullopt)) throw TagMoved();
  }
  const auto missing = call.writable->put_manifest(call.route.repository, manifest);
  if (!missing.empty()) {
    ApiError error{ApiErrorCode::manifest_blob_unknown,
                   "the manifest names what the repository does not have"};
    for (const oci::Digest& digest : missing) {
      if (error.details.size() == max_errors) break;
      error.details.push_back(digest.str());
    }
    if (missing.size() > max_errors) error.message += cat(" (", missing.size(), " in all)");
    return reply_to(error);
  }
  const std::string digest = manifest.record.descriptor.digest.str();
  Reply reply{.status = 201,
              .headers = {{"Location", cat("/v2/", call.route.repository, "/manifests/", digest)},
                          {"Docker-Content-Digest", digest}}};
  if (facts.subject) reply.headers.add("OCI-Subject", facts.subject->str());
  for (const std::string& tag : call.route.query.all("tag")) reply.headers.add("OCI-Tag", tag);
  return reply;
}

Reply put_unless_moved(Call& call, const Target& target) {
  try {
    return put_manifest(call, target);
  } catch (const TagMoved& moved) {
    return reply_to({ApiErrorCode::denied, moved.what(), {}, 412});
  }
}

Reply remove(Call& call, const Target& target) {
  const bool removed = target.digest
                           ? call.writable->remove_manifest(call.route.repository, *target.digest)
                           : call.writable->remove_tag(call.route.repository, target.tag);
  return removed ? Reply{.status = 202} : manifest_unknown(call);
}

}  // namespace

Reply serve_manifest(Call& call) {
  const auto target = target_of(call.route.reference);
  // A tag that cannot be is not there; conformance suites ask for one (pull, "nonexistent").
  if (!target && call.reads() && !call.route.reference.contains(':')) return manifest_unknown(call);
  if (!target) return reply_to(target.error());
  if (call.reads()) return read_manifest(call, *target);
  if (call.writable != nullptr && call.method() == Method::put) {
    return put_unless_moved(call, *target);
  }
  if (call.writable != nullptr && call.method() == Method::del) return remove(call, *target);
  return method_refused(call.writable != nullptr ? "GET, HEAD, PUT, DELETE" : "GET, HEAD");
}

}  // namespace n2c::registry
