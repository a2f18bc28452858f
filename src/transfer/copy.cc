#include "transfer/copy.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/tasks.h"
#include "base/text.h"

namespace n2c {

namespace {

class Copying {
 public:
  Copying(std::shared_ptr<ImageSource> source, BlobStore& store, const CopyOptions& options,
          Progress& progress)
      : source_(std::move(source)), store_(store), options_(options), progress_(progress) {}

  CopyReport run(std::stop_token stop) {
    tree_ = choose_tree(*source_, options_, stop);
    if (is_there_already()) return report(true);
    outcomes_.resize(tree_.blobs.size());
    probe(stop);
    send_missing(stop);
    write_manifests(stop);
    return report(false);
  }

 private:
  bool is_there_already() const {
    const oci::Digest& root = tree_.root().descriptor.digest;
    if (options_.tags.empty()) return options_.held.contains(root);
    return std::ranges::all_of(options_.tags, [&](const std::string& tag) {
      const auto now = options_.tags_now.find(tag);
      return now != options_.tags_now.end() && now->second == root;
    });
  }

  std::string brief(std::size_t i) const {
    const oci::Descriptor& blob = tree_.blobs[i];
    return cat("blob ", i + 1, " of ", tree_.blobs.size(), " (", blob.digest.brief(), ", ",
               brief_bytes(blob.size), ")");
  }

  void probe(std::stop_token stop) {
    run_side_by_side(
        tree_.blobs.size(), options_.probes, stop, [&](std::size_t i, std::stop_token inner) {
          with_context(brief(i), [&] { outcomes_[i] = store_.find(tree_.blobs[i], inner); });
        });
  }

  void send_missing(std::stop_token stop) {
    std::vector<std::size_t> missing;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < tree_.blobs.size(); ++i) {
      if (outcomes_[i]) {
        progress_.done(tree_.blobs[i].digest, *outcomes_[i]);
        continue;
      }
      missing.push_back(i);
      bytes += tree_.blobs[i].size;
    }
    // The largest first, so that the end does not wait for a large one.
    std::ranges::stable_sort(missing, std::greater{},
                             [&](std::size_t i) { return tree_.blobs[i].size; });
    progress_.begin(missing.size(), bytes);
    run_side_by_side(missing.size(), options_.uploads, stop,
                     [&](std::size_t i, std::stop_token inner) { send(missing[i], inner); });
  }

  void send(std::size_t i, std::stop_token stop) {
    const oci::Descriptor& blob = tree_.blobs[i];
    with_context(brief(i), [&] {
      store_.put(SourceBlob(source_, blob, stop), blob.media_type, blob,
                 progress_.meter(blob.digest), stop);
    });
    outcomes_[i] = BlobOutcome::sent;
    progress_.done(blob.digest, BlobOutcome::sent);
  }

  ManifestOutcome write(const oci::RawManifest& manifest, std::stop_token stop) {
    if (&manifest != &tree_.root()) {
      return store_.put_listed(manifest.descriptor, manifest.json, stop);
    }
    return store_.put_manifest(manifest.descriptor, manifest.json, options_.tags, stop);
  }

  void write_manifests(std::stop_token stop) {
    std::set<oci::Digest> healed;  // each manifest once
    for (std::size_t i = 0; i < tree_.manifests.size();) {
      const oci::Digest digest = tree_.manifests[i].descriptor.digest;
      const ManifestOutcome outcome = with_context("manifest " + digest.brief(),
                                                   [&] { return write(tree_.manifests[i], stop); });
      if (outcome.stored()) {
        ++i;
      } else if (!outcome.missing.empty() && healed.insert(digest).second) {
        send_again(outcome.missing, stop);
        i = 0;
      } else if (!outcome.format_refused.empty() && may_change_format()) {
        progress_.note(cat("the destination refuses OCI manifests (", outcome.format_refused,
                           "): writing Docker's format, so the digest changes"));
        tree_ = in_format(tree_, ManifestFormat::docker);
        format_changed_ = true;
        i = 0;
      } else {
        throw refusal(outcome).within("manifest " + digest.brief());
      }
    }
  }

  bool may_change_format() const {
    return !options_.format && !options_.must_be && !format_changed_;
  }

  static Error refusal(const ManifestOutcome& outcome) {
    if (outcome.missing.empty()) {
      return {ErrorKind::registry, "the format is refused: " + outcome.format_refused,
              "try --format oci or --format docker"};
    }
    return {ErrorKind::registry, cat("the destination still says that it lacks ",
                                     outcome.missing.front().str(), " after it was sent again")};
  }

  /// The destination said that a blob is there, and then that it is not (distribution-spec#569).
  void send_again(const std::vector<oci::Digest>& missing, std::stop_token stop) {
    progress_.note(
        cat("the destination lacks ", missing.size(), " blobs that it said it has: sending them"));
    for (std::size_t i = 0; i < tree_.blobs.size(); ++i) {
      if (std::ranges::find(missing, tree_.blobs[i].digest) != missing.end()) send(i, stop);
    }
  }

  CopyReport report(bool nothing_written) const {
    CopyReport report{.manifest = tree_.root().descriptor, .nothing_written = nothing_written};
    for (const oci::RawManifest& manifest : tree_.manifests) {
      if (!oci::is_index(manifest.descriptor.media_type)) ++report.images;
    }
    for (std::size_t i = 0; i < tree_.blobs.size(); ++i) {
      const auto outcome = nothing_written ? BlobOutcome::present : *outcomes_[i];
      if (outcome == BlobOutcome::present) ++report.present;
      if (outcome == BlobOutcome::mounted) ++report.mounted;
      if (outcome != BlobOutcome::sent) continue;
      ++report.sent;
      report.bytes_sent += tree_.blobs[i].size;
    }
    return report;
  }

  std::shared_ptr<ImageSource> source_;
  BlobStore& store_;
  const CopyOptions& options_;
  Progress& progress_;
  ImageTree tree_;
  std::vector<std::optional<BlobOutcome>> outcomes_;  // each worker writes its own entry only
  bool format_changed_ = false;
};

}  // namespace

CopyReport copy_to_store(const std::shared_ptr<ImageSource>& source, BlobStore& store,
                         const CopyOptions& options, Progress& progress, std::stop_token stop) {
  return Copying(source, store, options, progress).run(std::move(stop));
}

ImageTree choose_tree(ImageSource& source, const CopyOptions& options, std::stop_token stop) {
  oci::RawManifest root =
      options.platform ? manifest_for(source, *options.platform, stop) : source.root(stop);
  ImageTree tree = read_tree(source, std::move(root), stop);
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
