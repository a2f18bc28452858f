#include "remote/copied_referrers.h"

#include <deque>
#include <memory>
#include <utility>

#include "remote/attachment.h"
#include "remote/referrers.h"

namespace n2c {

namespace {

/// A blob of a repository as bytes that can be opened again.
class RepositoryBlob final : public ByteSource {
 public:
  RepositoryBlob(registry::RegistryClient& client, oci::Descriptor blob, std::stop_token stop)
      : client_(client), blob_(std::move(blob)), stop_(std::move(stop)) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    auto reader = client_.open_blob(blob_, stop_);
    if (offset != 0) skip(*reader, offset);
    return reader;
  }

 private:
  registry::RegistryClient& client_;
  oci::Descriptor blob_;
  std::stop_token stop_;
};

/// What a walk over subjects has seen and has still to see.
struct Subjects {
  std::deque<oci::Digest> next;
  std::set<oci::Digest> seen;

  void add(const oci::Digest& digest) {
    if (seen.insert(digest).second) next.push_back(digest);
  }
};

/// An index's images are subjects too.
void add_images(registry::RegistryClient& from, const oci::Digest& digest, Subjects& subjects,
                const std::stop_token& stop) {
  const auto manifest = from.get_manifest(digest.str(), stop);
  if (!manifest || !oci::is_index(manifest->descriptor.media_type)) return;
  const auto index = oci::Index::from_json(manifest->json);
  if (!index) return;
  for (const oci::Descriptor& image : index->manifests) subjects.add(image.digest);
}

}  // namespace

CopiedReferrers copy_referrers(registry::RegistryClient& from, registry::RegistryClient& to,
                               const oci::Digest& root, const std::set<std::string>& types,
                               const std::stop_token& stop) {
  CopiedReferrers report;
  Subjects subjects;
  subjects.add(root);
  add_images(from, root, subjects, stop);
  const auto open = [&](const oci::Descriptor& blob) -> std::shared_ptr<const ByteSource> {
    return std::make_shared<RepositoryBlob>(from, blob, stop);
  };
  while (!subjects.next.empty()) {
    const oci::Digest subject = subjects.next.front();
    subjects.next.pop_front();
    for (const oci::Descriptor& one : list_referrers(from, subject, stop)) {
      if (!types.empty() && !types.contains(artifact_type_of(one))) continue;
      const auto manifest = from.get_manifest(one.digest.str(), stop);
      if (!manifest || oci::is_index(manifest->descriptor.media_type)) continue;
      const Attached attached = attach_manifest(to, subject, *manifest, open, stop);
      ++(attached.was_there ? report.present : report.copied);
      subjects.add(one.digest);
    }
  }
  return report;
}

}  // namespace n2c
