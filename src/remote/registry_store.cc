#include "remote/registry_store.h"

#include <algorithm>

#include "base/text.h"
#include "registry/client/upload.h"

namespace n2c {

namespace {

/// Every blob that a manifest names, or every manifest that an index names. All are sent again when
/// the registry lacks one and does not say which.
std::vector<oci::Digest> blobs_of(const oci::Descriptor& stored, std::string_view json) {
  if (oci::is_index(stored.media_type)) {
    std::vector<oci::Digest> listed;
    const auto index = or_throw(oci::Index::from_json(json), ErrorKind::internal, "index");
    for (const oci::Descriptor& one : index.manifests) listed.push_back(one.digest);
    return listed;
  }
  const auto manifest = or_throw(oci::Manifest::from_json(json), ErrorKind::internal, "manifest");
  std::vector<oci::Digest> digests{manifest.config.digest};
  for (const oci::Descriptor& layer : manifest.layers) digests.push_back(layer.digest);
  return digests;
}

ManifestOutcome to_outcome(const registry::ManifestPut& put, const oci::Descriptor& manifest,
                           std::string_view json) {
  if (const auto* missing = std::get_if<registry::BlobsMissing>(&put)) {
    return {.missing = missing->digests.empty() ? blobs_of(manifest, json) : missing->digests};
  }
  if (const auto* refused = std::get_if<registry::FormatRefused>(&put)) {
    return {.format_refused = refused->why.empty() ? "no reason given" : refused->why};
  }
  const auto& stored = std::get<registry::ManifestStored>(put);
  if (stored.digest != manifest.digest) {
    throw Error(ErrorKind::integrity,
                cat("the registry stored the manifest as ", stored.digest.str(), ", not as ",
                    manifest.digest.str()),
                "something between here and the registry alters what is sent");
  }
  return {};
}

}  // namespace

std::optional<BlobOutcome> RegistryStore::find(const oci::Descriptor& blob, std::stop_token stop) {
  if (client_.has_blob(blob, stop)) return BlobOutcome::present;
  const auto mounts = [&](const oci::Repository& from) {
    return mount_ ? mount_(blob, from, stop) : client_.mount(blob, from, stop);
  };
  const auto place = places_.find(blob.digest);
  if (place != places_.end() && mounts(place->second)) return BlobOutcome::mounted;
  if (std::ranges::any_of(mount_from_, mounts)) return BlobOutcome::mounted;
  return std::nullopt;
}

PutBlob RegistryStore::put(const ByteSource& bytes, std::string media_type,
                           std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                           std::stop_token stop) {
  const registry::Uploaded uploaded =
      client_.upload(bytes, std::move(media_type), std::move(known), sent, stop);
  return {uploaded.blob, uploaded.mounted ? BlobOutcome::mounted : BlobOutcome::sent};
}

ManifestOutcome RegistryStore::put_manifest(const oci::Descriptor& manifest, std::string_view json,
                                            std::span<const std::string> tags,
                                            std::stop_token stop) {
  std::vector<std::string> names(tags.begin(), tags.end());
  if (names.size() > 1) {
    if (const auto put = client_.put_tagged(manifest, json, names, stop)) {
      if (auto outcome = to_outcome(*put, manifest, json); !outcome.stored()) return outcome;
      const auto& set = std::get<registry::ManifestStored>(*put).tags;
      std::erase_if(names, [&](const std::string& name) {
        return std::ranges::find(set, name) != set.end();
      });
      if (names.empty()) return {};
    }
  }
  if (names.empty()) names.push_back(manifest.digest.str());
  for (const std::string& name : names) {
    const auto put = client_.put_manifest(name, manifest.media_type, json, stop);
    const auto* stored = std::get_if<registry::ManifestStored>(&put);
    took_subject_ = stored != nullptr && stored->took_subject;
    if (auto outcome = to_outcome(put, manifest, json); !outcome.stored()) return outcome;
  }
  return {};
}

void write_tags(registry::RegistryClient& client, const oci::RawManifest& manifest,
                const std::vector<std::string>& tags, const std::stop_token& stop) {
  std::vector<std::string> others;
  for (const std::string& tag : tags) {
    const auto held = client.head_manifest(tag, stop);
    if (!held || held->digest != manifest.descriptor.digest) others.push_back(tag);
  }
  if (others.empty()) return;
  const ManifestOutcome outcome =
      RegistryStore(client, {}).put_manifest(manifest.descriptor, manifest.json, others, stop);
  if (outcome.stored()) return;
  throw Error(ErrorKind::registry,
              cat("the registry has the image and takes no tag for it: ",
                  outcome.missing.empty() ? outcome.format_refused : "it lacks a blob"));
}

}  // namespace n2c
