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
  /// Does what the blob store asks for, so that another try is worth it.
  void answer(const ManifestOutcome& outcome, const oci::RawManifest& manifest,
              const std::stop_token& stop) {
    if (heal(outcome.missing, stop)) return;
    if (!outcome.format_refused.empty() && author_.use_dockers_format()) {
      progress_.note(cat(store_.name(), " refuses OCI's format (", outcome.format_refused,
                         "): writing Docker's, so the digest changes"));
      return;
    }
    throw refusal(outcome, manifest).within(author_.name_of(manifest));
  }

  /// Some name all that they lack, some only the first: each is sent again once. False when nothing
  /// new is named.
  bool heal(const std::vector<oci::Digest>& missing, const std::stop_token& stop) {
    std::vector<oci::Digest> named_first;
    for (const oci::Digest& digest : missing) {
      if (named_.insert(digest).second) named_first.push_back(digest);
    }
    if (named_first.empty() || !author_.send_again(named_first, stop)) return false;
    sent_again_.insert(named_first.begin(), named_first.end());
    return true;
  }

  Error refusal(const ManifestOutcome& outcome, const oci::RawManifest& manifest) const {
    if (outcome.missing.empty()) {
      return {ErrorKind::registry, "the format is refused: " + outcome.format_refused,
              "try --format oci or --format docker"};
    }
    const oci::Digest& first = outcome.missing.front();
    if (!sent_again_.contains(first)) {
      return {ErrorKind::registry,
              cat(store_.name(), " says that it lacks ", first.str(),
                  ", which is not part of what is written"),
              "what the manifest refers to (its subject) may have to be there first"};
    }
    return {
        ErrorKind::registry,
        cat(store_.name(), " still says that it lacks ", first.str(), " after it was sent again"),
        oci::is_index(manifest.descriptor.media_type)
            ? "it may lack one of the index's images, or look for them elsewhere; its storage "
              "may be damaged, or a garbage collection is running: try again later"
            : "its storage may be damaged, or a garbage collection is running: try again later, "
              "with --check-blobs"};
  }

  ManifestAuthor& author_;
  BlobStore& store_;
  Progress& progress_;
  std::set<oci::Digest> named_, sent_again_;
};

}  // namespace

std::string blobs_lacking(std::string_view store, std::size_t count) {
  return cat(store, " lacks ", count,
             count == 1 ? " blob that it said it has: sending it"
                        : " blobs that it said it has: sending them");
}

WrittenManifests write_manifests(ManifestAuthor& author, BlobStore& store, Progress& progress,
                                 const std::stop_token& stop) {
  progress.phase("writing the manifest");
  return ManifestWriter(author, store, progress).write(stop);
}

}  // namespace n2c
