#include "transfer/index.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "transfer/copy.h"
#include "transfer/manifest_writer.h"

namespace n2c {

namespace {

/// The store that the push of one image of an index writes to. It holds the manifest and does not
/// show it.
class ListedStore final : public BlobStore {
 public:
  explicit ListedStore(BlobStore& store) : store_(store) {}
  std::string_view name() const override { return store_.name(); }
  std::optional<BlobOutcome> find(const oci::Descriptor& blob, std::stop_token stop) override {
    return store_.find(blob, stop);
  }
  PutBlob put(const ByteSource& bytes, std::string media_type, std::optional<oci::Descriptor> known,
              std::atomic<std::uint64_t>& sent, std::stop_token stop) override {
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
                             .platform = entry.platform,
                             .more = entry.more};
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
  return oci::RawManifest::of(index.media_type, index.to_json());
}

/// The places of the entries, each after that of the image that it is about.
std::vector<std::size_t> subjects_first(const std::vector<IndexEntry>& entries) {
  std::map<oci::Digest, std::size_t> places;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto* stored = std::get_if<StoredEntry>(&entries[i].image);
    if (stored != nullptr) places.emplace(stored->manifest.digest, i);
  }
  std::vector<std::size_t> order;
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::vector<std::size_t> chain;
    for (std::size_t at = i; seen.insert(at).second;) {
      chain.push_back(at);
      const auto& subject = entries[at].subject;
      const auto found = subject ? places.find(*subject) : places.end();
      if (found != places.end()) at = found->second;
    }
    order.insert(order.end(), chain.rbegin(), chain.rend());
  }
  return order;
}

class IndexPush final : ManifestAuthor {
 public:
  IndexPush(const std::vector<IndexEntry>& entries, BlobStore& store, const IndexOptions& options,
            Progress& progress, const RepositoryState& state)
      : entries_(entries),
        store_(store),
        listed_(store),
        options_(options),
        image_push_(options.push),
        progress_(progress),
        state_(state),
        image_state_(state),
        format_(options.push.format) {
    image_push_.tags.clear();
    image_push_.must_be.reset();
    image_state_.tags.clear();
  }

  IndexReport run(const std::stop_token& stop) {
    std::map<std::size_t, Pushed> pushed;
    for (const std::size_t i : subjects_first(entries_)) {
      pushed.emplace(i, push(entries_[i], stop));
    }
    for (auto& [i, one] : pushed) pushed_.push_back(std::move(one));
    return report(write_manifests(*this, store_, progress_, stop));
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
    if (const auto* stored = std::get_if<StoredEntry>(&entry.image)) {
      return push_stored(*stored, stop);  // its source says what it is
    }
    return with_context(entry.part,
                        [&] { return push_described(*std::get<const Image*>(entry.image), stop); });
  }

  Pushed push_described(const Image& image, std::stop_token stop) {
    const PushReport report =
        push_to_store(image, listed_, image_push_, progress_, stop, image_state_);
    for (auto& [diff_id, form] : compressed_forms(image, report)) {
      image_state_.forms.replace(diff_id, {form, "an image before it"});
      compressed_forms_.emplace_back(diff_id, form);
    }
    for (auto& [diff_id, form] : codec_forms(image, report)) {
      codec_forms_.insert_or_assign(diff_id, std::move(form));
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
        stored.source, listed_, {.probes = image_push_.probes, .uploads = image_push_.uploads},
        progress_, stop, image_state_);
    return {.manifest = report.manifest,
            .present = report.present,
            .mounted = report.mounted,
            .sent = report.sent,
            .bytes_sent = report.bytes_sent,
            .nothing_written = report.nothing_written};
  }

  std::vector<oci::Descriptor> listed_images() const {
    std::vector<oci::Descriptor> manifests;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      manifests.push_back(
          listed(entries_[i], pushed_[i].manifest, options_.descriptor_annotations));
    }
    return manifests;
  }

  std::span<const oci::RawManifest> manifests() override {
    auto images = listed_images();
    const ManifestFormat format = format_for(images, format_);
    index_.emplace(made_index(std::move(images), options_.annotations, format));
    refuse_another_digest(index_->descriptor.digest);
    return {&*index_, 1};
  }

  std::string name_of(const oci::RawManifest&) const override { return "index"; }

  std::optional<std::vector<std::string>> tags_for(const oci::Descriptor& root) const override {
    auto tags = state_.tags_to_write(options_.push.tags, root.digest);
    if (tags.empty() && state_.has(root.digest)) return std::nullopt;
    return tags;
  }

  bool use_dockers_format() override {
    if (!options_.push.fall_back_to_docker ||
        index_->descriptor.media_type == oci::media_type::docker_index) {
      return false;
    }
    format_ = ManifestFormat::docker;
    return true;
  }

  void refuse_another_digest(const oci::Digest& index) const {
    if (!options_.push.must_be || *options_.push.must_be == index) return;
    throw Error(ErrorKind::integrity, cat("the index is ", index.str(), ", and the reference says ",
                                          options_.push.must_be->str()));
  }

  /// The store may lack images that it was said to hold: an index at the tag may name images that
  /// were removed since. One that names something else may mean what an image is made of: then all
  /// of them are pushed, once.
  bool send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) override {
    std::vector<std::size_t> lacking;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const bool is_named = std::ranges::find(missing, pushed_[i].manifest.digest) != missing.end();
      if (is_named) lacking.push_back(i);
    }
    if (lacking.empty()) {
      if (std::exchange(all_again_, true)) return false;
      for (std::size_t i = 0; i < entries_.size(); ++i) lacking.push_back(i);
    }
    progress_.note(cat(store_.name(), " lacks ", lacking.size(),
                       lacking.size() == 1 ? " image that it was to have: pushing it"
                                           : " images that it was to have: pushing them"));
    image_state_.manifests.clear();
    for (const std::size_t i : lacking) pushed_[i] = push(entries_[i], stop);
    return true;
  }

  IndexReport report(const WrittenManifests& written) {
    IndexReport report{.index = written.root.descriptor,
                       .manifests = listed_images(),
                       .nothing_written = written.was_there,
                       .compressed_forms = std::move(compressed_forms_),
                       .codec_forms = {codec_forms_.begin(), codec_forms_.end()}};
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
  PushOptions image_push_;
  Progress& progress_;
  const RepositoryState& state_;
  RepositoryState image_state_;  // what an image's push may know: more with every image
  ManifestFormat format_;
  std::vector<Pushed> pushed_;  // one for each entry
  bool all_again_ = false;      // since none of them was named
  std::optional<oci::RawManifest> index_;
  PairedLayers compressed_forms_;
  std::map<oci::Digest, oci::Descriptor> codec_forms_;
};

}  // namespace

IndexReport push_entries(const std::vector<IndexEntry>& entries, BlobStore& store,
                         const IndexOptions& options, Progress& progress, std::stop_token stop,
                         const RepositoryState& state) {
  return IndexPush(entries, store, options, progress, state).run(stop);
}

IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop,
                       const RepositoryState& state) {
  return push_entries(read_parts(parts, stop), store, options, progress, stop, state);
}

ExpectedManifests expected_manifests(const std::vector<IndexEntry>& entries,
                                     const IndexOptions& options, const KnownForms& forms) {
  ExpectedManifests expected;
  std::vector<oci::Descriptor> manifests;
  for (const IndexEntry& entry : entries) {
    const auto* stored = std::get_if<StoredEntry>(&entry.image);
    const auto manifest =
        stored != nullptr
            ? stored->manifest
            : expected_manifest(*std::get<const Image*>(entry.image), options.push, forms);
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
