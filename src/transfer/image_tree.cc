#include "transfer/image_tree.h"

#include <array>
#include <map>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/tasks.h"
#include "base/text.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

constexpr std::size_t max_manifests = 1000;
constexpr std::uint64_t max_tree_bytes = 64 << 20;
constexpr int max_depth = 4;
constexpr std::size_t manifests_at_once = 8;

/// image-spec layer.md, "Non-Distributable Layers"; Docker calls them foreign.
bool is_distributable(std::string_view media_type) {
  return media_type.find(".nondistributable.") == std::string_view::npos &&
         media_type.find(".foreign.") == std::string_view::npos;
}

class TreeReading {
 public:
  TreeReading(ImageSource& source, std::stop_token stop)
      : source_(source), stop_(std::move(stop)) {}

  ImageTree read(oci::RawManifest root) {
    add(std::move(root), 0);
    return std::move(tree_);
  }

 private:
  void add(oci::RawManifest manifest, int depth) {
    if (!seen_.insert(manifest.descriptor.digest).second) return;
    bytes_ += manifest.json.size();
    if (seen_.size() > max_manifests || bytes_ > max_tree_bytes) {
      throw Error(ErrorKind::input,
                  cat(source_.str(), ": more manifests than an index should have (over ",
                      max_manifests, " or ", brief_bytes(max_tree_bytes), ")"));
    }
    const std::string what = cat(source_.str(), ": manifest ", manifest.descriptor.digest.brief());
    if (oci::is_index(manifest.descriptor.media_type)) {
      add_listed(or_throw(oci::Index::from_json(manifest.json), ErrorKind::input, what), depth);
    } else {
      add_blobs(or_throw(oci::Manifest::from_json(manifest.json), ErrorKind::input, what));
    }
    tree_.manifests.push_back(std::move(manifest));
  }

  void add_listed(const oci::Index& index, int depth) {
    if (depth == max_depth) {
      throw Error(ErrorKind::input,
                  cat(source_.str(), ": indexes nested more than ", max_depth, " deep"));
    }
    if (index.manifests.size() > max_manifests) {
      throw Error(ErrorKind::input, cat(source_.str(), ": an index of ", index.manifests.size(),
                                        " manifests; at most ", max_manifests, " are copied"));
    }
    for (std::size_t from = 0; from < index.manifests.size(); from += manifests_at_once) {
      const std::size_t count = std::min(manifests_at_once, index.manifests.size() - from);
      std::vector<std::optional<oci::RawManifest>> fetched(count);
      run_side_by_side(count, count, stop_, [&](std::size_t i, std::stop_token inner) {
        fetched[i] = source_.manifest(index.manifests[from + i], inner);
      });
      for (auto& manifest : fetched) add(*std::move(manifest), depth + 1);
    }
  }

  void add_blobs(const oci::Manifest& manifest) {
    add_blob(manifest.config);
    for (const oci::Descriptor& layer : manifest.layers) add_blob(layer);
  }

  void add_blob(const oci::Descriptor& blob) {
    if (!is_distributable(blob.media_type)) return;
    if (blobs_.insert(blob.digest).second) tree_.blobs.push_back(blob);
  }

  ImageSource& source_;
  std::stop_token stop_;
  ImageTree tree_;
  std::set<oci::Digest> seen_;
  std::set<oci::Digest> blobs_;
  std::uint64_t bytes_ = 0;
};

std::string translate(const std::string& media_type, ManifestFormat format) {
  const bool to_oci = format == ManifestFormat::oci;
  const auto word = to_oci ? oci::in_ocis_words(media_type) : oci::in_dockers_words(media_type);
  if (word) return std::string(*word);
  if (to_oci && media_type.find("docker") == std::string::npos) return media_type;
  throw Error(ErrorKind::usage,
              cat(to_oci ? "the OCI" : "Docker's", " manifest format has no word for \"",
                  printable(media_type), "\""),
              "copy it as it is, without --format");
}

oci::RawManifest in_format(const oci::RawManifest& stored, ManifestFormat format) {
  auto manifest = or_throw(oci::Manifest::from_json(stored.json), ErrorKind::internal, "manifest");
  manifest.media_type = translate(stored.descriptor.media_type, format);
  manifest.config.media_type = translate(manifest.config.media_type, format);
  for (oci::Descriptor& layer : manifest.layers) {
    layer.media_type = translate(layer.media_type, format);
  }
  return or_throw(oci::RawManifest::parse(manifest.to_json()), ErrorKind::internal, "manifest");
}

}  // namespace

ImageTree read_tree(ImageSource& source, oci::RawManifest root, std::stop_token stop) {
  return TreeReading(source, std::move(stop)).read(std::move(root));
}

ImageTree in_format(const ImageTree& tree, ManifestFormat format) {
  ImageTree made{.blobs = tree.blobs};
  std::map<oci::Digest, oci::Descriptor> now;  // by digest before
  for (const oci::RawManifest& before : tree.manifests) {
    if (!oci::is_index(before.descriptor.media_type)) {
      made.manifests.push_back(in_format(before, format));
    } else {
      auto index = or_throw(oci::Index::from_json(before.json), ErrorKind::internal, "index");
      index.media_type = translate(before.descriptor.media_type, format);
      for (oci::Descriptor& listed : index.manifests) {
        const oci::Descriptor& other = now.at(listed.digest);
        listed.media_type = other.media_type;
        listed.digest = other.digest;
        listed.size = other.size;
      }
      made.manifests.push_back(
          or_throw(oci::RawManifest::parse(index.to_json()), ErrorKind::internal, "index"));
    }
    now.emplace(before.descriptor.digest, made.manifests.back().descriptor);
  }
  return made;
}

}  // namespace n2c
