#include "remote/copied_referrers.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "base/text.h"
#include "remote/attachment.h"
#include "remote/referrers.h"
#include "remote/registry_source.h"

namespace n2c {

namespace {

/// Behind a digest's tag: where cosign keeps what is about an image, when it uses no referrers
/// (docs/signing.md).
constexpr std::array<std::string_view, 3> cosign_suffixes{".sig", ".att", ".sbom"};

/// The layers' digests. None of what is no image's manifest.
std::vector<oci::Digest> layers_of(const oci::RawManifest& stored) {
  std::vector<oci::Digest> digests;
  const auto manifest = oci::Manifest::from_json(stored.json);
  if (!manifest) return digests;
  for (const oci::Descriptor& layer : manifest->layers) digests.push_back(layer.digest);
  std::ranges::sort(digests);
  return digests;
}

bool has_layer_of(const oci::RawManifest& stored, const std::set<std::string>& types) {
  const auto manifest = oci::Manifest::from_json(stored.json);
  return manifest && std::ranges::any_of(manifest->layers, [&](const oci::Descriptor& layer) {
           return types.contains(layer.media_type);
         });
}

/// Far above what signatures of signatures of the images of an index come to.
constexpr std::size_t most_subjects = 10'000;
constexpr std::size_t most_levels = 16;
/// Of what is left out, each in a line.
constexpr std::size_t most_named = 50;

/// What referrers are looked for of, and how many referrers behind the image it is.
struct Subject {
  oci::Digest digest;
  std::size_t level;
};

class ReferrerCopy {
 public:
  ReferrerCopy(const CopiedBetween& between, const std::set<std::string>& types, Progress& progress,
               const std::stop_token& stop)
      : types_(types),
        progress_(progress),
        stop_(stop),
        from_(between.reading.client(between.from, registry::Access::pull)),
        to_(between.writing.client(between.to)),
        source_(std::make_shared<RegistrySource>(between.reading,
                                                 oci::Reference{.repository = between.from})) {
    const bool are_siblings =
        between.from.host == between.to.host && between.from.path != between.to.path;
    if (are_siblings) mount_from_.push_back(between.from);
  }

  CopiedReferrers run(const oci::RawManifest& root) {
    add_subject(root);
    while (!subjects_.empty()) {
      const oci::Digest subject = subjects_.front().digest;
      level_ = subjects_.front().level;
      subjects_.pop_front();
      const auto listed = types_.empty() ? list_referrers(from_, subject, stop_)
                                         : list_typed_referrers(from_, subject, stop_);
      for (const oci::Descriptor& one : listed) {
        const bool is_asked = types_.empty() || types_.contains(artifact_type_of(one));
        if (is_asked) copy_listed(one, subject);
      }
      for (const std::string_view suffix : cosign_suffixes) {
        copy_tag(cat(referrers_tag(subject), suffix));
      }
    }
    return report_;
  }

 private:
  /// And the images that it names: they are subjects too.
  void add_subject(const oci::RawManifest& manifest) {
    if (seen_.insert(manifest.descriptor.digest).second) add(manifest.descriptor.digest);
    if (!oci::is_index(manifest.descriptor.media_type)) return;
    const auto index = oci::Index::from_json(manifest.json);
    if (!index) return;
    for (const oci::Descriptor& image : index->manifests) {
      if (!seen_.insert(image.digest).second) continue;
      add(image.digest);
      if (!oci::is_index(image.media_type)) continue;
      if (const auto inner = from_.get_manifest(image.digest.str(), stop_)) add_subject(*inner);
    }
  }

  /// A registry can make up what refers to anything as it is asked: without end, and one behind the
  /// other.
  void expect_end() const {
    const std::size_t count = seen_.size() + report_.left_out;
    if (count <= most_subjects && level_ <= most_levels) return;
    throw Error(ErrorKind::registry,
                cat("what refers to it does not end: ", count, " manifests, up to ", level_,
                    " behind one another"),
                "copy without --referrers, or only some types: --referrers=TYPE");
  }

  void add(const oci::Digest& digest) {
    expect_end();
    subjects_.push_back({digest, level_ + 1});
  }

  void leave_out(std::string_view what, std::string_view why) {
    ++report_.left_out;
    expect_end();
    if (report_.left_out < most_named) {
      progress_.note(cat("left out: ", what, " ", why));
    } else if (report_.left_out == most_named) {
      progress_.note("left out: more like these, which --json counts");
    }
  }

  void copy_listed(const oci::Descriptor& listed, const oci::Digest& subject) {
    const auto manifest = from_.get_manifest(listed.digest.str(), stop_);
    if (!manifest) {
      return leave_out(listed.digest.str(),
                       cat("is listed as referring to ", subject.str(), ", and is not there"));
    }
    if (oci::subject_of(manifest->json) != subject) {
      return leave_out(listed.digest.str(),
                       cat("is listed as referring to ", subject.str(), ", and does not"));
    }
    const Attached attached =
        attach_stored(to_, subject, {source_, *manifest, mount_from_}, progress_, stop_);
    ++(attached.was_there ? report_.present : report_.copied);
    add_subject(*manifest);
  }

  void copy_tag(const std::string& tag) {
    const auto held = from_.get_manifest(tag, stop_);
    if (!held || (!types_.empty() && !has_layer_of(*held, types_))) return;
    const registry::ReadTag there = to_.read_tag(tag, stop_);
    const auto ours = layers_of(*held);
    const auto theirs = there.manifest ? layers_of(*there.manifest) : std::vector<oci::Digest>{};
    add_subject(*held);
    const bool is_same =
        there.manifest && there.manifest->descriptor.digest == held->descriptor.digest;
    if (is_same || (!ours.empty() && theirs != ours && std::ranges::includes(theirs, ours))) {
      ++report_.present;
      return;
    }
    if (there.manifest && (theirs.empty() || !std::ranges::includes(ours, theirs))) {
      return leave_out(tag, cat("of ", to_.repository().str(),
                                " holds what the source lacks, and stays as it is"));
    }
    put_artifact_as({source_, *held, mount_from_}, tag, there.unless_changed);
    ++report_.copied;
  }

  void put_artifact_as(const StoredArtifact& artifact, const std::string& tag,
                       const http::Headers& unless_changed) {
    copy_artifact(to_, artifact, progress_, stop_);
    const auto put = to_.put_unless_changed(tag, artifact.manifest, unless_changed, stop_);
    if (put && std::holds_alternative<registry::ManifestStored>(*put)) return;
    throw Error(ErrorKind::registry,
                cat("the tag ", tag, ": ", put ? "it is refused" : put.error().failure.message()));
  }

  const std::set<std::string>& types_;
  Progress& progress_;
  const std::stop_token& stop_;
  registry::RegistryClient from_, to_;
  std::shared_ptr<RegistrySource> source_;
  std::vector<oci::Repository> mount_from_;
  std::deque<Subject> subjects_;
  std::size_t level_ = 0;  // of what is looked at
  std::set<oci::Digest> seen_;
  CopiedReferrers report_;
};

}  // namespace

CopiedReferrers copy_referrers(const CopiedBetween& between, const oci::RawManifest& root,
                               const std::set<std::string>& types, Progress& progress,
                               const std::stop_token& stop) {
  return ReferrerCopy(between, types, progress, stop).run(root);
}

}  // namespace n2c
