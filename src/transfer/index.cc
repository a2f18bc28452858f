#include "transfer/index.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "transfer/copy.h"

namespace n2c {

namespace {

/// The store that the push of one image of an index writes to. It holds the manifest and does not
/// show it.
class ListedStore final : public BlobStore {
 public:
  explicit ListedStore(BlobStore& store) : store_(store) {}
  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override {
    return store_.find(blob, stop);
  }
  oci::Descriptor put(const ByteSource& bytes, std::string media_type,
                      std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                      std::stop_token stop) override {
    return store_.put(bytes, std::move(media_type), std::move(known), sent, stop);
  }
  ManifestOutcome put_manifest(const oci::Descriptor& manifest, std::string_view json,
                               std::span<const std::string>, std::stop_token stop) override {
    return store_.put_listed(manifest, json, stop);
  }

 private:
  BlobStore& store_;
};

/// The entry of the index for that manifest.
oci::Descriptor listed(const IndexEntry& entry, const oci::Descriptor& manifest,
                       const oci::Annotations& annotations) {
  oci::Descriptor descriptor{.media_type = manifest.media_type,
                             .digest = manifest.digest,
                             .size = manifest.size,
                             .annotations = annotations,
                             .platform = entry.platform};
  descriptor.annotations.insert(entry.annotations.begin(), entry.annotations.end());
  return descriptor;
}

/// A registry that made the images fall back to Docker's format would refuse the index too.
ManifestFormat format_for(const std::vector<oci::Descriptor>& manifests, ManifestFormat asked) {
  const bool any_is_dockers = std::ranges::any_of(manifests, [](const auto& manifest) {
    return manifest.media_type == oci::media_type::docker_manifest;
  });
  return any_is_dockers ? ManifestFormat::docker : asked;
}

oci::RawManifest made_index(std::vector<oci::Descriptor> manifests,
                            const oci::Annotations& annotations, ManifestFormat format) {
  const oci::Index index{
      .media_type = std::string(format == ManifestFormat::oci ? oci::media_type::index
                                                              : oci::media_type::docker_index),
      .manifests = std::move(manifests),
      .annotations = annotations};
  return or_throw(oci::RawManifest::parse(index.to_json()), ErrorKind::internal, "index");
}

class IndexPush {
 public:
  IndexPush(const std::vector<IndexEntry>& entries, BlobStore& store, const IndexOptions& options,
            Progress& progress)
      : entries_(entries),
        store_(store),
        listed_(store),
        options_(options),
        image_push_(options.push),
        progress_(progress) {
    image_push_.tags.clear();
    image_push_.must_be.reset();
    image_push_.tags_now.clear();
  }

  IndexReport run(std::stop_token stop) {
    for (const IndexEntry& entry : entries_) {
      pushed_.push_back(push(entry, stop));
    }
    write(stop);
    return report();
  }

 private:
  /// What became of one image.
  struct Pushed {
    oci::Descriptor manifest;
    std::size_t present = 0, mounted = 0, sent = 0;
    std::uint64_t bytes_sent = 0;
    bool nothing_written = false;
  };

  Pushed push(const IndexEntry& entry, std::stop_token stop) {
    return with_context(entry.part, [&] {
      if (const auto* stored = std::get_if<StoredEntry>(&entry.image)) {
        return push_stored(*stored, stop);
      }
      return push_described(*std::get<const Image*>(entry.image), stop);
    });
  }

  Pushed push_described(const Image& image, std::stop_token stop) {
    const PushReport report = push_to_store(image, listed_, image_push_, progress_, stop);
    for (auto& [diff_id, form] : compressed_forms(image, report)) {
      image_push_.known.replace(diff_id, {form, "an image before it"});
      compressed_forms_.emplace_back(diff_id, form);
    }
    return {.manifest = *report.manifest,
            .present = report.count(BlobOutcome::present),
            .mounted = report.count(BlobOutcome::mounted),
            .sent = report.count(BlobOutcome::sent),
            .bytes_sent = report.bytes_sent,
            .nothing_written = report.nothing_written};
  }

  Pushed push_stored(const StoredEntry& stored, std::stop_token stop) {
    const CopyReport report = copy_to_store(
        stored.source, listed_,
        {.held = image_push_.held, .probes = image_push_.probes, .uploads = image_push_.uploads},
        progress_, stop);
    return {.manifest = report.manifest,
            .present = report.present,
            .mounted = report.mounted,
            .sent = report.sent,
            .bytes_sent = report.bytes_sent,
            .nothing_written = report.nothing_written};
  }

  std::vector<oci::Descriptor> manifests() const {
    std::vector<oci::Descriptor> manifests;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      manifests.push_back(
          listed(entries_[i], pushed_[i].manifest, options_.descriptor_annotations));
    }
    return manifests;
  }

  void write(std::stop_token stop) {
    ManifestFormat asked = options_.push.format;
    bool healed = false;
    while (true) {
      const ManifestFormat format = format_for(manifests(), asked);
      const oci::RawManifest index = made_index(manifests(), options_.annotations, format);
      index_ = index.descriptor;
      refuse_another_digest();
      const auto tags = tags_to_write(options_.push, index_->digest);
      index_is_there_ = tags.empty() && is_held(options_.push, index_->digest);
      if (index_is_there_) return;
      const ManifestOutcome outcome = with_context(
          "index", [&] { return store_.put_manifest(*index_, index.json, tags, stop); });
      if (outcome.stored()) return;
      if (!outcome.missing.empty() && !healed) {
        healed = true;
        push_again(outcome.missing, stop);
      } else if (!outcome.format_refused.empty() && format == ManifestFormat::oci &&
                 options_.push.fall_back_to_docker) {
        progress_.note("the registry refuses OCI indexes (" + outcome.format_refused +
                       "): writing Docker's manifest list");
        asked = ManifestFormat::docker;
      } else {
        throw refusal(outcome);
      }
    }
  }

  void refuse_another_digest() const {
    if (!options_.push.must_be || *options_.push.must_be == index_->digest) return;
    throw Error(ErrorKind::integrity,
                cat("the index is ", index_->digest.str(), ", and the reference says ",
                    options_.push.must_be->str()));
  }

  /// The store may lack images that it was said to hold: an index at the tag may name images that
  /// were removed since.
  void push_again(const std::vector<oci::Digest>& missing, std::stop_token stop) {
    progress_.note(
        cat("the registry lacks ", missing.size(), " images that it was to have: pushing them"));
    image_push_.held.clear();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const bool is_missing =
          std::ranges::find(missing, pushed_[i].manifest.digest) != missing.end();
      if (is_missing) pushed_[i] = push(entries_[i], stop);
    }
  }

  static Error refusal(const ManifestOutcome& outcome) {
    return {ErrorKind::registry,
            outcome.format_refused.empty()
                ? cat("index: the destination lacks ", outcome.missing.front().str())
                : "index: the format is refused: " + outcome.format_refused};
  }

  IndexReport report() {
    IndexReport report{.index = *index_,
                       .manifests = manifests(),
                       .nothing_written = index_is_there_,
                       .compressed_forms = std::move(compressed_forms_)};
    for (const Pushed& pushed : pushed_) {
      report.present += pushed.present;
      report.mounted += pushed.mounted;
      report.sent += pushed.sent;
      report.bytes_sent += pushed.bytes_sent;
      if (!pushed.nothing_written) report.nothing_written = false;
    }
    return report;
  }

  const std::vector<IndexEntry>& entries_;
  BlobStore& store_;
  ListedStore listed_;
  const IndexOptions& options_;
  PushOptions image_push_;  // knows more with every image
  Progress& progress_;
  std::vector<Pushed> pushed_;  // one for each entry
  std::optional<oci::Descriptor> index_;
  bool index_is_there_ = false;
  PairedLayers compressed_forms_;
};

}  // namespace

IndexReport push_entries(const std::vector<IndexEntry>& entries, BlobStore& store,
                         const IndexOptions& options, Progress& progress, std::stop_token stop) {
  return IndexPush(entries, store, options, progress).run(std::move(stop));
}

IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop) {
  return push_entries(read_parts(parts, stop), store, options, progress, stop);
}

ExpectedManifests expected_manifests(const std::vector<IndexEntry>& entries,
                                     const IndexOptions& options) {
  ExpectedManifests expected;
  std::vector<oci::Descriptor> manifests;
  for (const IndexEntry& entry : entries) {
    const auto* stored = std::get_if<StoredEntry>(&entry.image);
    const auto manifest =
        stored != nullptr ? stored->manifest
                          : expected_manifest(*std::get<const Image*>(entry.image), options.push);
    if (!manifest) continue;
    expected.all.insert(manifest->digest);
    manifests.push_back(listed(entry, *manifest, options.descriptor_annotations));
  }
  if (manifests.size() != entries.size()) return expected;
  const ManifestFormat format = format_for(manifests, options.push.format);
  expected.root = made_index(std::move(manifests), options.annotations, format).descriptor.digest;
  expected.all.insert(*expected.root);
  return expected;
}

}  // namespace n2c
