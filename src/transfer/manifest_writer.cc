#include "transfer/manifest_writer.h"

#include <set>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

class ManifestWriter {
 public:
  ManifestWriter(ManifestAuthor& author, BlobStore& store, Progress& progress)
      : author_(author), store_(store), progress_(progress) {}

  WrittenManifests write(const std::stop_token& stop) {
    while (true) {
      const auto manifests = author_.manifests();
      const auto tags = author_.tags_for(manifests.back().descriptor);
      if (!tags) return {manifests.back(), true};
      const oci::RawManifest* refused = nullptr;
      ManifestOutcome outcome;
      for (const oci::RawManifest& manifest : manifests) {
        outcome = with_context(author_.name_of(manifest), [&] {
          return &manifest == &manifests.back()
                     ? store_.put_manifest(manifest.descriptor, manifest.json, *tags, stop)
                     : store_.put_listed(manifest.descriptor, manifest.json, stop);
        });
        if (outcome.stored()) continue;
        refused = &manifest;
        break;
      }
      if (refused == nullptr) return {manifests.back(), false};
      answer(outcome, *refused, stop);
    }
  }

 private:
  /// Does what the store asks for, so that another try is worth it.
  void answer(const ManifestOutcome& outcome, const oci::RawManifest& manifest,
              const std::stop_token& stop) {
    if (!outcome.missing.empty() && healed_.insert(manifest.descriptor.digest).second) {
      author_.send_again(outcome.missing, stop);
      return;
    }
    if (!outcome.format_refused.empty() && author_.use_dockers_format()) {
      progress_.note(cat(store_.name(), " refuses OCI's format (", outcome.format_refused,
                         "): writing Docker's, so the digest changes"));
      return;
    }
    throw refusal(outcome).within(author_.name_of(manifest));
  }

  Error refusal(const ManifestOutcome& outcome) const {
    if (outcome.missing.empty()) {
      return {ErrorKind::registry, "the format is refused: " + outcome.format_refused,
              "try --format oci or --format docker"};
    }
    return {ErrorKind::registry,
            cat(store_.name(), " still says that it lacks ", outcome.missing.front().str(),
                " after it was sent again"),
            "its storage may be damaged, or a garbage collection is running: try again later"};
  }

  ManifestAuthor& author_;
  BlobStore& store_;
  Progress& progress_;
  std::set<oci::Digest> healed_;
};

}  // namespace

WrittenManifests write_manifests(ManifestAuthor& author, BlobStore& store, Progress& progress,
                                 const std::stop_token& stop) {
  progress.phase("writing the manifest");
  return ManifestWriter(author, store, progress).write(stop);
}

}  // namespace n2c
