#include "transfer/image_source.h"

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
      } else if (depth < most_nested_deep && ++nested_ <= most_nested_indexes) {
        add(source_.manifest(one, stop_), one.platform, depth + 1);
      }
    }
  }

  ImageSource& source_;
  std::stop_token stop_;
  oci::Index images_;
  std::size_t nested_ = 0;
};

/// A foreign layer: most registries do not hold its bytes.
class ForeignLayer final : public ByteSource {
 public:
  ForeignLayer(std::shared_ptr<const ByteSource> from, const oci::Descriptor& layer)
      : from_(std::move(from)), layer_(layer) {}
  std::unique_ptr<Reader> open(std::uint64_t offset) const override {
    try {
      return from_->open(offset);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::registry && error.kind() != ErrorKind::input) throw;
      throw Error(error.kind(),
                  cat(error.message(), ": layer ", layer_.digest.brief(),
                      " is a foreign one (nondistributable), whose bytes are not kept here"),
                  "copies between registries, OCI layouts and folders do without its bytes");
    }
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

}  // namespace

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
  return with_context(cat(source.str(), ": config ", config.digest.brief()), [&] {
    return read_all(*source.open_blob(config, stop), oci::max_manifest_bytes);
  });
}

oci::RawManifest manifest_for(ImageSource& source, const oci::Platform& platform,
                              std::stop_token stop) {
  oci::RawManifest root = source.root(stop);
  if (!oci::is_index(root.descriptor.media_type)) return root;
  const oci::Index index = ListedImages(source, stop).all(root);
  const oci::Descriptor* chosen = index.find(platform);
  if (chosen == nullptr) {
    throw Error(ErrorKind::input,
                cat(source.str(), ": no image for ", platform.str(), " in the index"),
                cat("--platform chooses one of: ", platforms_of(index)));
  }
  return source.manifest(*chosen, stop);
}

Image image_of(const std::shared_ptr<ImageSource>& source, const oci::RawManifest& stored,
               std::stop_token stop) {
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
         .blob = {.descriptor = layer, .bytes = bytes_of_layer(source, layer, stop)}});
  }
  return image;
}

}  // namespace n2c
