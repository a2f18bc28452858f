#include "push/index.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "push/copy.h"

namespace n2c {

namespace {

/// A store seen by the push of one image of an index: its manifest is held, not shown.
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

/// One image of a stored index as a source of its own.
class ListedImage final : public ImageSource {
 public:
  ListedImage(std::shared_ptr<ImageSource> from, oci::Descriptor manifest)
      : from_(std::move(from)), manifest_(std::move(manifest)) {}
  std::string str() const override { return from_->str(); }
  StoredManifest root(std::stop_token stop) override { return from_->manifest(manifest_, stop); }
  StoredManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) override {
    return from_->manifest(descriptor, stop);
  }
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) override {
    return from_->open_blob(blob, stop);
  }

 private:
  std::shared_ptr<ImageSource> from_;
  oci::Descriptor manifest_;
};

/// Attestations and the like are in indexes with this platform; there may be many.
bool is_for_a_machine(const oci::Platform& platform) { return platform.os != "unknown"; }

class IndexPush {
 public:
  IndexPush(BlobStore& store, const IndexOptions& options, Progress& progress)
      : store_(store), listed_(store), options_(options), progress_(progress) {}

  IndexReport run(const std::vector<IndexPart>& parts, std::stop_token stop) {
    for (const IndexPart& part : parts) {
      with_context(part.name, [&] { add(part, stop); });
    }
    write(stop);
    return std::move(report_);
  }

 private:
  /// What was said of an image where it is listed.
  struct Said {
    std::optional<oci::Platform> platform;
    oci::Annotations annotations{};
  };

  void add(const IndexPart& part, std::stop_token stop) {
    if (const auto* image = std::get_if<Image>(&part.source)) {
      add_described(*image, part.platform, stop);
      return;
    }
    const auto& source = std::get<std::shared_ptr<ImageSource>>(part.source);
    const StoredManifest root = source->root(stop);
    if (!oci::is_index(root.descriptor.media_type)) {
      add_stored(source, root, {.platform = part.platform}, stop);
      return;
    }
    const auto index = or_throw(oci::Index::from_json(root.json), ErrorKind::input, source->str());
    for (const oci::Descriptor& listed : index.manifests) {
      const auto image = std::make_shared<ListedImage>(source, listed);
      const auto platform = part.platform ? part.platform : listed.platform;
      add_stored(image, image->root(stop), {platform, listed.annotations}, stop);
    }
  }

  void add_described(const Image& image, const std::optional<oci::Platform>& platform,
                     std::stop_token stop) {
    take(platform.value_or(image.platform));
    PushOptions push = options_.push;
    push.tags.clear();
    push.must_be.reset();
    push.tags_now.clear();
    const PushReport pushed = push_to_store(image, listed_, push, progress_, stop);
    report_.present += pushed.count(BlobOutcome::present);
    report_.mounted += pushed.count(BlobOutcome::mounted);
    report_.sent += pushed.count(BlobOutcome::sent);
    report_.bytes_sent += pushed.bytes_sent;
    list(*pushed.manifest, platform.value_or(image.platform), {});
  }

  void add_stored(const std::shared_ptr<ImageSource>& source, const StoredManifest& manifest,
                  const Said& said, std::stop_token stop) {
    const oci::Platform platform =
        said.platform ? *said.platform : image_of(source, manifest, stop).platform;
    take(platform);
    const CopyReport copied = copy_to_store(
        source, listed_, {.probes = options_.push.probes, .uploads = options_.push.uploads},
        progress_, stop);
    report_.present += copied.present;
    report_.mounted += copied.mounted;
    report_.sent += copied.sent;
    report_.bytes_sent += copied.bytes_sent;
    list(copied.manifest, platform, said.annotations);
  }

  void take(const oci::Platform& platform) {
    if (platform.architecture.empty()) {
      throw Error(ErrorKind::input, "the image does not say which platform it is for",
                  "write OS/ARCHITECTURE= before it: linux/arm64=./image.json");
    }
    if (is_for_a_machine(platform) && !platforms_.insert(platform.str()).second) {
      throw Error(ErrorKind::input, cat("a second image for ", platform.str()),
                  "an index has one image for each platform; OS/ARCHITECTURE/VARIANT= before an "
                  "image says another");
    }
  }

  void list(const oci::Descriptor& manifest, const oci::Platform& platform,
            const oci::Annotations& annotations) {
    oci::Descriptor entry{.media_type = manifest.media_type,
                          .digest = manifest.digest,
                          .size = manifest.size,
                          .annotations = options_.descriptor_annotations,
                          .platform = platform};
    entry.annotations.insert(annotations.begin(), annotations.end());
    report_.manifests.push_back(std::move(entry));
  }

  StoredManifest made(ManifestFormat format) const {
    const oci::Index index{
        .media_type = std::string(format == ManifestFormat::oci ? oci::media_type::index
                                                                : oci::media_type::docker_index),
        .manifests = report_.manifests,
        .annotations = options_.annotations};
    return or_throw(stored_manifest(index.to_json()), ErrorKind::internal, "index");
  }

  void write(std::stop_token stop) {
    ManifestFormat format = options_.push.format;
    // A registry that made the images fall back to Docker's format would refuse the index too.
    if (std::ranges::any_of(report_.manifests, [](const oci::Descriptor& manifest) {
          return manifest.media_type == oci::media_type::docker_manifest;
        })) {
      format = ManifestFormat::docker;
    }
    while (true) {
      const StoredManifest index = made(format);
      report_.index = index.descriptor;
      if (options_.push.must_be && *options_.push.must_be != index.descriptor.digest) {
        throw Error(ErrorKind::integrity,
                    cat("the index is ", index.descriptor.digest.str(), ", and the reference says ",
                        options_.push.must_be->str()));
      }
      const ManifestOutcome outcome = with_context("index", [&] {
        return store_.put_manifest(index.descriptor, index.json, options_.push.tags, stop);
      });
      if (outcome.stored()) return;
      if (outcome.format_refused.empty() || format == ManifestFormat::docker ||
          !options_.push.fall_back_to_docker) {
        throw Error(ErrorKind::registry,
                    outcome.format_refused.empty()
                        ? cat("index: the destination lacks ", outcome.missing.front().str())
                        : "index: the format is refused: " + outcome.format_refused);
      }
      progress_.note("the registry refuses OCI indexes (" + outcome.format_refused +
                     "): writing Docker's manifest list");
      format = ManifestFormat::docker;
    }
  }

  BlobStore& store_;
  ListedStore listed_;
  const IndexOptions& options_;
  Progress& progress_;
  IndexReport report_{.index = {.media_type = {}, .digest = oci::Digest::of("")}};
  std::set<std::string> platforms_;
};

bool is_platform_text(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789._/";
  return text.find('/') != std::string_view::npos && !text.starts_with('.') &&
         !text.starts_with('/') && text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

IndexReport push_index(const std::vector<IndexPart>& parts, BlobStore& store,
                       const IndexOptions& options, Progress& progress, std::stop_token stop) {
  return IndexPush(store, options, progress).run(parts, std::move(stop));
}

IndexArgument IndexArgument::parse(std::string_view text) {
  const auto both = cut(text, '=');
  if (both && is_platform_text(both->first)) {
    if (auto platform = oci::Platform::parse(both->first)) {
      return {*std::move(platform), std::string(both->second)};
    }
  }
  return {std::nullopt, std::string(text)};
}

}  // namespace n2c
