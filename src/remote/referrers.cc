#include "remote/referrers.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <variant>

#include "base/clock.h"
#include "base/system.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "remote/artifact.h"

namespace n2c {

namespace {

/// What the tag holds: an index of referrers, or the digest of something else.
struct HeldReferrers {
  std::optional<oci::Digest> manifest{};
  std::optional<oci::Index> index{};
  http::Headers unless_changed{};
};

/// GitLab takes such a tag for the subject's digest, and answers with the subject itself.
HeldReferrers read_referrers_tag(registry::RegistryClient& client, const oci::Digest& subject,
                                 const std::stop_token& stop) {
  const auto read = client.read_tag(referrers_tag(subject), stop);
  HeldReferrers found{.manifest = {}, .index = {}, .unless_changed = read.unless_changed};
  if (!read.manifest) return found;
  const oci::Descriptor& held = read.manifest->descriptor;
  found.manifest = held.digest;
  if (held.media_type != oci::media_type::index || held.digest == subject) return found;
  if (auto index = oci::Index::from_json(read.manifest->json)) found.index = *std::move(index);
  return found;
}

void keep_each_once(std::vector<oci::Descriptor>& referrers) {
  std::set<oci::Digest> seen;
  std::erase_if(referrers, [&](const auto& one) { return !seen.insert(one.digest).second; });
}

/// False where another one was writing the tag meanwhile, and the registry says so.
bool put_referrers(registry::RegistryClient& client, const std::string& tag,
                   const oci::Index& index, const http::Headers& unless_changed, TagGuard& guard,
                   const std::stop_token& stop) {
  const auto manifest = oci::RawManifest::of(index.media_type, index.to_json());
  const auto put = client.put_unless_changed(tag, manifest, guard.condition(unless_changed), stop);
  if (!put) {
    guard.refused(put.error());
    return false;
  }
  if (const auto* refused = std::get_if<registry::FormatRefused>(&*put)) {
    throw Error(ErrorKind::registry, refused->why);
  }
  if (std::holds_alternative<registry::BlobsMissing>(*put)) {
    throw Error(ErrorKind::registry,
                cat("the registry lacks a manifest that its tag ", tag, " is to name"));
  }
  return true;
}

/// What nobody calls an artifact: cosign up to 3.1 and Harbor list the config's media type in place
/// of the manifest's artifactType (cosign#4422, harbor#19867).
bool lacks_type(const oci::Descriptor& listed) {
  const std::string type = artifact_type_of(listed);
  return type.empty() || type == empty_config().media_type;
}

/// Of others that write at the same time, one comes through in each round.
constexpr int most_referrer_rounds = 24;

constexpr Settling other_attachers{.times = 4, .longest = std::chrono::seconds(2)};

}  // namespace

std::string referrers_tag(const oci::Digest& subject) {
  constexpr std::size_t most_letters = 64;
  return cat(subject.algorithm_name(), "-", subject.hex().substr(0, most_letters));
}

bool names(const std::vector<oci::Descriptor>& referrers, const oci::Digest& digest) {
  return std::ranges::any_of(referrers, [&](const auto& one) { return one.digest == digest; });
}

std::string artifact_type_of(const oci::Descriptor& referrer) {
  const auto more = go::Json::parse(referrer.more);
  return more ? more->text_at("artifactType") : "";
}

oci::Descriptor as_referrer(const oci::RawManifest& manifest) {
  oci::Descriptor referrer = manifest.descriptor;
  std::string more;
  std::string fallback;
  if (oci::is_index(referrer.media_type)) {
    const auto index =
        or_throw(oci::Index::from_json(manifest.json), ErrorKind::input, "a referrer");
    more = index.more;
    referrer.annotations = index.annotations;
  } else {
    const auto image =
        or_throw(oci::Manifest::from_json(manifest.json), ErrorKind::input, "a referrer");
    more = image.more;
    fallback = image.config.media_type;
    referrer.annotations = image.annotations;
  }
  const auto said = go::Json::parse(more);
  const std::string type = said ? said->text_at("artifactType") : "";
  go::Json members(go::Json::Object{});
  members.set("artifactType", type.empty() ? fallback : type);
  if (!type.empty() || !fallback.empty()) referrer.more = members.compact();
  return referrer;
}

std::vector<oci::Descriptor> list_referrers(registry::RegistryClient& client,
                                            const oci::Digest& subject, std::stop_token stop) {
  auto referrers = client.list_referrers(subject, stop);
  if (!referrers) {
    auto held = read_referrers_tag(client, subject, stop);
    referrers = held.index ? std::move(held.index->manifests) : std::vector<oci::Descriptor>{};
  }
  keep_each_once(*referrers);
  return *std::move(referrers);
}

std::vector<oci::Descriptor> list_typed_referrers(registry::RegistryClient& client,
                                                  const oci::Digest& subject,
                                                  const std::stop_token& stop) {
  auto referrers = list_referrers(client, subject, stop);
  for (oci::Descriptor& one : referrers) {
    if (!lacks_type(one)) continue;
    const auto manifest = client.get_manifest(one.digest.str(), stop);
    const bool is_readable = manifest && (oci::Manifest::from_json(manifest->json) ||
                                          oci::Index::from_json(manifest->json));
    if (is_readable) one = as_referrer(*manifest);
  }
  return referrers;
}

void add_to_referrers_tag(registry::RegistryClient& client, const oci::Digest& subject,
                          const oci::Descriptor& referrer, const std::stop_token& stop) {
  Clock& clock = client.clock();
  std::mt19937_64 random{random_bits()};
  const std::string tag = referrers_tag(subject);
  TagGuard guard;
  for (int round = 0; round < most_referrer_rounds; ++round) {
    const auto began = clock.now();
    HeldReferrers held = read_referrers_tag(client, subject, stop);
    if (held.manifest && !held.index) {
      throw Error(ErrorKind::registry,
                  cat("the tag ", tag, " of ", client.repository().str(),
                      " names something that is not an index of referrers, and stays as it is"),
                  "this registry has no place for what refers to an image");
    }
    guard.see(held.manifest);
    oci::Index index = held.index.value_or(oci::Index{});
    if (names(index.manifests, referrer.digest)) return;
    index.manifests.push_back(referrer);
    const bool is_put = put_referrers(client, tag, index, held.unless_changed, guard, stop);
    if (is_put && guard.is_trusted()) return;
    clock.wait(settling_time(other_attachers, clock.now() - began, random), stop);
  }
  throw Error(ErrorKind::registry, cat("others keep changing the tag ", tag), "try again");
}

}  // namespace n2c
