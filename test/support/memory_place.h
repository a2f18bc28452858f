#pragma once
/// Places held in memory: a store of blobs that remembers what was done to it, and a source.

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "test/support/stored_images.h"
#include "transfer/blob_store.h"
#include "transfer/image_source.h"

namespace n2c::test {

/// Holds blobs and manifests, and counts what it is asked; can be told to claim a blob that it
/// lacks, or to refuse formats.
class MemoryBlobStore final : public BlobStore {
 public:
  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token) override {
    const std::scoped_lock hold(mutex_);
    ++questions;
    if (claims_all || blobs.contains(blob.digest) || falsely_claimed.contains(blob.digest)) {
      return BlobOutcome::present;
    }
    return std::nullopt;
  }
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token) override {
    std::string all = read_all(*bytes.open(), 16 << 20);
    oci::Descriptor stored = describe(media_type, all);
    if (known && stored.digest != known->digest) throw Error(ErrorKind::integrity, "not the blob");
    sent += all.size();
    const std::scoped_lock hold(mutex_);
    blobs[stored.digest] = std::move(all);
    puts.push_back(stored.digest);
    return stored;
  }
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string> names, std::stop_token) override {
    if (refused.contains(manifest.media_type)) return {.format_refused = "UNSUPPORTED"};
    ManifestOutcome outcome;
    if (oci::is_index(manifest.media_type)) {
      const auto index = or_throw(oci::Index::from_json(json), ErrorKind::internal, "index");
      for (const auto& one : index.manifests) need(manifests.contains(one.digest), one, outcome);
    } else {
      const auto image = or_throw(oci::Manifest::from_json(json), ErrorKind::internal, "manifest");
      need(blobs.contains(image.config.digest), image.config, outcome);
      for (const auto& one : image.layers) need(blobs.contains(one.digest), one, outcome);
    }
    if (always_lacks) outcome.missing.assign({always_lacks()});
    if (names_one && !outcome.stored())
      outcome.missing.erase(++outcome.missing.begin(), outcome.missing.end());
    if (!outcome.stored()) return outcome;
    ++manifest_writes;
    manifests[manifest.digest] = json;
    order.push_back(manifest.digest);
    for (const std::string& tag : names) tags.insert_or_assign(tag, manifest.digest);
    return outcome;
  }

  std::map<oci::Digest, std::string> blobs, manifests;
  std::map<std::string, oci::Digest> tags;
  std::vector<oci::Digest> puts, order;  ///< of blobs, and of manifests
  std::set<oci::Digest> falsely_claimed;
  bool claims_all = false;                    ///< says of every blob that it is there
  bool names_one = false;                     ///< of what a manifest's blobs lack, the first
  std::function<oci::Digest()> always_lacks;  ///< what each manifest's refusal names
  std::set<std::string> refused;              ///< media types of manifests
  int questions = 0;
  int manifest_writes = 0;  ///< that were accepted

 private:
  static void need(bool is_there, const oci::Descriptor& one, ManifestOutcome& outcome) {
    if (!is_there) outcome.missing.push_back(one.digest);
  }
  std::mutex mutex_;
};

/// Gives what it was filled with, as a faithful source does: verified.
class MemoryImages final : public ImageSource {
 public:
  void add(const StoredImage& image) {
    manifests[image.manifest.digest] = image.json;
    blobs.insert(image.blobs.begin(), image.blobs.end());
    top = image.json;
  }
  void add_index(const oci::Index& index) {
    top = index.to_json();
    manifests[oci::Digest::of(top)] = top;
  }

  std::string str() const override { return "memory"; }
  oci::RawManifest root(std::stop_token) override {
    return or_throw(oci::RawManifest::parse(top), ErrorKind::input, "memory");
  }
  oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token) override {
    ++manifests_read;
    const auto found = manifests.find(descriptor.digest);
    if (found == manifests.end()) throw Error(ErrorKind::input, "memory: no such manifest");
    return checked_manifest(descriptor, found->second, "memory");
  }
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token) override {
    const auto found = blobs.find(blob.digest);
    if (found == blobs.end()) throw Error(ErrorKind::input, "memory: no such blob");
    return oci::verify(MemorySource(found->second).open(), blob.digest, blob.size, "blob");
  }

  std::optional<bool> holds(const oci::Descriptor& one) const override {
    if (!tells) return {};
    return manifests.contains(one.digest) || blobs.contains(one.digest);
  }

  std::map<oci::Digest, std::string> manifests, blobs;
  std::string top;
  bool tells = false;  ///< what it holds, without being asked for it
  std::atomic<int> manifests_read = 0;
};

}  // namespace n2c::test
