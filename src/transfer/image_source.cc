#include "transfer/image_source.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

constexpr std::size_t most_platforms_named = 10;

std::string platforms_of(const oci::Index& index) {
  std::string list;
  std::size_t count = 0;
  for (const oci::Descriptor& one : index.manifests) {
    if (!one.platform || one.platform->os == "unknown") continue;
    if (++count > most_platforms_named) continue;
    list += (list.empty() ? "" : ", ") + printable(one.platform->str(), 60);
  }
  if (count > most_platforms_named) list += cat(" and ", count - most_platforms_named, " more");
  return list.empty() ? "none" : list;
}

constexpr std::size_t most_nested_indexes = 100;
constexpr int most_nested_deep = 4;

/// The images that an index lists, and those of the indexes in it.
class ListedImages {
 public:
  ListedImages(ImageSource& source, std::stop_token stop)
      : source_(source), stop_(std::move(stop)) {}

  oci::Index all(const oci::RawManifest& root) {
    add(root, {}, 0);
    return std::move(images_);
  }

 private:
  void add(const oci::RawManifest& stored, const std::optional<oci::Platform>& said, int depth) {
    auto index = or_throw(oci::Index::from_json(stored.json), ErrorKind::input, source_.str());
    for (oci::Descriptor& one : index.manifests) {
      if (!one.platform) one.platform = said;
      if (!oci::is_index(one.media_type)) {
        images_.manifests.push_back(std::move(one));
      } else if (depth < most_nested_deep && nested_.size() < most_nested_indexes &&
                 nested_.insert(one.digest).second) {
        add(source_.manifest(one, stop_), one.platform, depth + 1);
      }
    }
  }

  ImageSource& source_;
  std::stop_token stop_;
  oci::Index images_;
  std::set<oci::Digest> nested_;  // indexes that were read
};

/// Calls `read`, and says of what the source refuses that the layer is a foreign one.
auto reading_foreign(const oci::Descriptor& layer, const auto& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::registry && error.kind() != ErrorKind::input) throw;
    throw error
        .with_remark(cat(": layer ", layer.digest.brief(),
                         " is a foreign one (nondistributable), whose bytes are not kept here"))
        .as(error.kind(),
            "copies between registries, OCI layouts and folders do without its bytes");
  }
}

/// Its bytes. A registry is asked for them when they are read for the first time.
class ForeignReader final : public Reader {
 public:
  ForeignReader(std::unique_ptr<Reader> from, const oci::Descriptor& layer)
      : from_(std::move(from)), layer_(layer) {}
  std::size_t read(ByteSpan into) override {
    return reading_foreign(layer_, [&] { return from_->read(into); });
  }

 private:
  std::unique_ptr<Reader> from_;
  const oci::Descriptor layer_;
};

/// A foreign layer: most registries do not hold its bytes.
class ForeignLayer final : public ByteSource {
 public:
  ForeignLayer(std::shared_ptr<const ByteSource> from, const oci::Descriptor& layer)
      : from_(std::move(from)), layer_(layer) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    return std::make_unique<ForeignReader>(
        reading_foreign(layer_, [&] { return from_->open(offset); }), layer_);
  }

 private:
  std::shared_ptr<const ByteSource> from_;
  oci::Descriptor layer_;
};

std::shared_ptr<const ByteSource> bytes_of_layer(const std::shared_ptr<ImageSource>& source,
                                                 const oci::Descriptor& layer,
                                                 const std::stop_token& stop) {
  auto bytes = std::make_shared<const SourceBlob>(source, layer, stop);
  if (!oci::is_foreign_layer(layer.media_type)) return bytes;
  return std::make_shared<ForeignLayer>(std::move(bytes), layer);
}

/// Whether a media type is some program's own word, and none that images use.
bool is_other_kind(std::string_view type, std::initializer_list<std::string_view> of_images) {
  return type.starts_with("application/vnd.") &&
         std::ranges::none_of(of_images,
                              [&](std::string_view word) { return type.starts_with(word); });
}

/// The media type that shows a manifest to be something else than an image's: its own, its
/// artifactType (image-spec manifest.md, "Guidelines for Artifact Usage"), its config's, or a
/// layer's. Nothing for an image.
std::optional<std::string> other_kind(const oci::RawManifest& stored) {
  if (!oci::is_manifest(stored.descriptor.media_type)) return stored.descriptor.media_type;
  const auto json = go::Json::parse(stored.json);
  if (!json) return {};
  const auto type_of = [](const go::Json* one) {
    return one == nullptr ? std::string() : one->text_at("mediaType");
  };
  const std::string config = type_of(json->find("config"));
  const std::string artifact = json->text_at("artifactType");
  const bool is_other_config =
      is_other_kind(config, {oci::media_type::config, oci::media_type::docker_config});
  if (is_other_config) return artifact.empty() ? config : artifact;
  const go::Json* layers = json->find("layers");
  if (layers == nullptr || layers->as_array() == nullptr) return {};
  for (const go::Json& layer : *layers->as_array()) {
    const std::string type = type_of(&layer);
    if (is_other_kind(
            type, {"application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."})) {
      return artifact.empty() ? type : artifact;
    }
  }
  return {};
}

/// "a Helm chart (application/vnd.cncf.helm.config.v1+json)".
std::string named_kind(std::string_view type) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {".helm.", "a Helm chart"},     {"wasm", "a WebAssembly module"},
      {".in-toto", "an attestation"}, {".cosign.", "a signature"},
      {".notary.", "a signature"},    {".docker.plugin.", "a Docker plugin"},
      {".ollama.", "a model"},        {".sylabs.sif.", "a Singularity image"},
  };
  for (const auto& [word, name] : known) {
    if (type.contains(word)) return cat(name, " (", printable(type, 200), ")");
  }
  return cat("another kind of artifact (", printable(type, 200), ")");
}

/// What is no image, or does not say for what it is, is for every platform.
void require_platform(ImageSource& source, const oci::RawManifest& stored,
                      const oci::Platform& wanted, std::stop_token stop) {
  if (other_kind(stored)) return;
  const auto manifest = oci::Manifest::from_json(stored.json);
  if (!manifest) return;
  const auto facts = oci::read_config_facts(read_config(source, manifest->config, std::move(stop)));
  if (!facts || facts->platform.architecture.empty()) return;
  if (oci::platform_rank(wanted, facts->platform)) return;
  throw Error(
      ErrorKind::input,
      cat(source.str(), ": the image is for ", facts->platform.str(), ", not for ", wanted.str()),
      "leave --platform out, or name an index that has one for it");
}

class SourceOfOne final : public ImageSource {
 public:
  SourceOfOne(std::shared_ptr<ImageSource> from, oci::RawManifest manifest)
      : from_(std::move(from)), manifest_(std::move(manifest)) {}
  std::string str() const override { return from_->str(); }
  oci::RawManifest root(std::stop_token) override { return manifest_; }
  oci::RawManifest manifest(const oci::Descriptor& descriptor, std::stop_token stop) override {
    return from_->manifest(descriptor, std::move(stop));
  }
  std::unique_ptr<Reader> open_blob(const oci::Descriptor& blob, std::stop_token stop) override {
    return from_->open_blob(blob, std::move(stop));
  }

 private:
  std::shared_ptr<ImageSource> from_;
  oci::RawManifest manifest_;
};

}  // namespace

std::shared_ptr<ImageSource> source_of_one(std::shared_ptr<ImageSource> from,
                                           oci::RawManifest manifest) {
  return std::make_shared<SourceOfOne>(std::move(from), std::move(manifest));
}

oci::RawManifest checked_manifest(const oci::Descriptor& expected, std::string json,
                                  std::string_view where) {
  const auto reader = oci::verify(MemorySource(json).open(), expected.digest, std::nullopt,
                                  cat(where, ": manifest ", expected.digest.brief()));
  read_all(*reader, oci::max_manifest_bytes);
  oci::Descriptor descriptor = expected;
  descriptor.size = json.size();
  return {std::move(descriptor), std::move(json)};
}

std::string read_config(ImageSource& source, const oci::Descriptor& config, std::stop_token stop) {
  return with_context("config " + config.digest.brief(), [&] {
    return read_all(*source.open_blob(config, stop), oci::max_manifest_bytes);
  });
}

oci::RawManifest manifest_for(ImageSource& source, const std::optional<oci::Platform>& wanted,
                              std::stop_token stop) {
  oci::RawManifest root = source.root(stop);
  if (!oci::is_index(root.descriptor.media_type)) {
    if (wanted) require_platform(source, root, *wanted, std::move(stop));
    return root;
  }
  const oci::Platform platform = wanted.value_or(oci::Platform::of_this_machine());
  const oci::Index index = ListedImages(source, stop).all(root);
  const oci::Descriptor* chosen = index.find(platform);
  if (chosen == nullptr) {
    throw Error(ErrorKind::input,
                cat(source.str(), ": no image for ", platform.str(), " in the index"),
                cat("--platform chooses one of: ", platforms_of(index)));
  }
  if (!source.holds(*chosen).value_or(true)) {
    oci::Index there;
    std::ranges::copy_if(index.manifests, std::back_inserter(there.manifests),
                         [&](const auto& one) { return source.holds(one).value_or(true); });
    throw Error(ErrorKind::input,
                cat(source.str(), ": its index lists ", platform.str(), ", which is not there"),
                cat("--platform chooses one of: ", platforms_of(there)));
  }
  return source.manifest(*chosen, stop);
}

Image image_of(const std::shared_ptr<ImageSource>& source, const oci::RawManifest& stored,
               std::stop_token stop) {
  if (const auto kind = other_kind(stored)) {
    throw Error(ErrorKind::input, cat(source->str(), ": not an image but ", named_kind(*kind)),
                "n2c copy takes it as it is to registries, OCI layouts and dir: folders");
  }
  const auto manifest =
      or_throw(oci::Manifest::from_json(stored.json), ErrorKind::input,
               cat(source->str(), ": manifest ", stored.descriptor.digest.brief()));
  Image image{.config_json = read_config(*source, manifest.config, stop)};
  const auto facts = or_throw(oci::read_config_facts(image.config_json), ErrorKind::input,
                              cat(source->str(), ": config ", manifest.config.digest.brief()));
  if (facts.diff_ids.size() != manifest.layers.size()) {
    throw Error(ErrorKind::input,
                cat(source->str(), ": the manifest has ", manifest.layers.size(),
                    " layers and its config ", facts.diff_ids.size(), " diff_ids"));
  }
  image.platform = facts.platform;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const oci::Descriptor& layer = manifest.layers[i];
    image.layers.push_back(
        {.diff_id = facts.diff_ids[i],
         .blob = Blob{.descriptor = layer, .bytes = bytes_of_layer(source, layer, stop)}});
  }
  return image;
}

}  // namespace n2c
