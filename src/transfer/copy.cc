#include "transfer/copy.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/tasks.h"
#include "base/text.h"
#include "transfer/lanes.h"
#include "transfer/manifest_writer.h"
#include "transfer/present_images.h"

namespace n2c {

namespace {

/// A blob of the tree, and what became of it. Each worker writes its own only.
struct BlobInCopy {
  oci::Descriptor blob;
  std::optional<BlobOutcome> outcome{};
};

class Copying final : ManifestAuthor {
 public:
  Copying(std::shared_ptr<ImageSource> source, BlobStore& store, const CopyOptions& options,
          Progress& progress, const RepositoryState& state)
      : source_(std::move(source)),
        store_(store),
        options_(options),
        progress_(progress),
        state_(state) {}

  CopyReport run(const std::stop_token& stop) {
    tree_ = choose_tree(*source_, options_, stop);
    note_absent(tree_, *source_, progress_);
    if (tree_.foreign_layers != 0) {
      progress_.note(cat(tree_.foreign_layers, tree_.foreign_layers == 1 ? " layer" : " layers",
                         " left out: foreign (nondistributable), so only named by the manifest"));
    }
    for (const oci::Descriptor& blob : tree_.blobs) blobs_.push_back({blob});
    if (is_there() && !options_.check_blobs) return report(true);
    probe(stop);
    send_missing(stop);
    write_manifests(*this, store_, progress_, stop);
    return report(false);
  }

 private:
  bool is_there() const {
    const oci::Digest& root = tree_.root().descriptor.digest;
    return state_.has(root) && state_.tags_to_write(options_.tags, root).empty();
  }

  std::string brief(const BlobInCopy& one) const {
    return cat("blob ", &one - blobs_.data() + 1, " of ", blobs_.size(), " (",
               one.blob.digest.brief(), ", ", brief_bytes(one.blob.size), ")");
  }

  void probe(const std::stop_token& stop) {
    progress_.phase("asking what is there");
    run_side_by_side(
        blobs_.size(), options_.probes, stop, [&](std::size_t i, std::stop_token inner) {
          BlobInCopy& one = blobs_[i];
          with_context(brief(one), [&] { one.outcome = store_.find(one.blob, inner); });
        });
  }

  void send_missing(const std::stop_token& stop) {
    std::vector<BlobInCopy*> missing;
    for (BlobInCopy& one : blobs_) {
      if (one.outcome) {
        progress_.done(one.blob.digest, *one.outcome);
        continue;
      }
      missing.push_back(&one);
    }
    // The largest first, so that the end does not wait for a large one.
    std::ranges::stable_sort(missing, std::greater{},
                             [](const BlobInCopy* one) { return one->blob.size; });
    std::vector<BlobToSend> told;
    for (const BlobInCopy* one : missing) told.push_back({one->blob.digest, one->blob.size});
    progress_.phase("copying");
    progress_.begin(std::move(told), "blobs");
    std::vector<std::uint64_t> sizes;
    for (const BlobInCopy* one : missing) sizes.push_back(one->blob.size);
    run_in_lanes(sizes, {.heavy = options_.uploads, .light = options_.probes}, stop,
                 [&](std::size_t i, std::stop_token inner) { send(*missing[i], inner); });
  }

  void send(BlobInCopy& one, const std::stop_token& stop) {
    const oci::Descriptor& blob = one.blob;
    with_context(cat(brief(one), " of ", source_->str()), [&] {
      one.outcome = store_
                        .put(SourceBlob(source_, blob, stop), blob.media_type, blob,
                             progress_.meter(blob.digest), stop)
                        .outcome;
    });
    progress_.done(blob.digest, *one.outcome);
  }

  std::span<const oci::RawManifest> manifests() override { return tree_.manifests; }

  std::string name_of(const oci::RawManifest& manifest) const override {
    return "manifest " + manifest.descriptor.digest.brief();
  }

  std::optional<std::vector<std::string>> tags_for(const oci::Descriptor&) const override {
    return options_.tags;
  }

  bool use_dockers_format() override {
    if (options_.format || options_.must_be || format_changed_) return false;
    tree_ = in_format(tree_, ManifestFormat::docker);
    format_changed_ = true;
    return true;
  }

  bool send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) override {
    const auto is_named = [&](const oci::Descriptor& one) {
      return std::ranges::find(missing, one.digest) != missing.end();
    };
    std::vector<BlobInCopy*> lacking;
    for (BlobInCopy& one : blobs_) {
      if (is_named(one.blob)) lacking.push_back(&one);
    }
    if (lacking.empty()) {  // manifests are all written again
      return std::ranges::any_of(tree_.manifests, is_named, &oci::RawManifest::descriptor);
    }
    progress_.note(blobs_lacking(store_.name(), lacking.size()));
    for (BlobInCopy* one : lacking) send(*one, stop);
    return true;
  }

  CopyReport report(bool nothing_written) const {
    CopyReport report{.manifest = tree_.root().descriptor, .nothing_written = nothing_written};
    for (const oci::RawManifest& manifest : tree_.manifests) {
      if (!oci::is_index(manifest.descriptor.media_type)) ++report.images;
    }
    for (const BlobInCopy& one : blobs_) {
      const auto outcome = nothing_written ? BlobOutcome::present : *one.outcome;
      if (outcome == BlobOutcome::present) ++report.present;
      if (outcome == BlobOutcome::mounted) ++report.mounted;
      if (outcome != BlobOutcome::sent) continue;
      ++report.sent;
      report.bytes_sent += one.blob.size;
    }
    return report;
  }

  std::shared_ptr<ImageSource> source_;
  BlobStore& store_;
  const CopyOptions& options_;
  Progress& progress_;
  const RepositoryState& state_;
  ImageTree tree_;
  std::vector<BlobInCopy> blobs_;
  bool format_changed_ = false;
};

}  // namespace

CopyReport copy_to_store(const std::shared_ptr<ImageSource>& source, BlobStore& store,
                         const CopyOptions& options, Progress& progress, std::stop_token stop,
                         const RepositoryState& state) {
  return Copying(source, store, options, progress, state).run(stop);
}

void note_absent(const ImageTree& tree, const ImageSource& source, Progress& progress) {
  if (tree.absent.empty()) return;
  progress.note(
      cat(source.str(), ": its index lists ", comma_list(tree.absent),
          ", which is not there: what is there is copied (--platform chooses one image)"));
}

ImageTree choose_tree(ImageSource& source, const CopyOptions& options, std::stop_token stop) {
  oci::RawManifest root = options.platform || options.one_image
                              ? manifest_for(source, options.platform, stop)
                              : source.root(stop);
  std::vector<std::string> absent;
  if (oci::is_index(root.descriptor.media_type) && source.holds(root.descriptor)) {
    auto [present, missing] = present_images(source, root, stop);
    root = std::move(present);
    absent = std::move(missing);
  }
  ImageTree tree = read_tree(source, std::move(root), stop);
  tree.absent = std::move(absent);
  if (options.format) tree = in_format(tree, *options.format);
  const oci::Digest& digest = tree.root().descriptor.digest;
  if (options.must_be && *options.must_be != digest) {
    throw Error(ErrorKind::integrity,
                cat(source.str(), " is ", digest.str(), ", and the destination says ",
                    options.must_be->str()),
                "leave the digest out of the destination");
  }
  return tree;
}

}  // namespace n2c
