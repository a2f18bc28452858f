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
  const auto index = or_throw(oci::Index::from_json(root.json), ErrorKind::input, source.str());
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
    image.layers.push_back({.diff_id = facts.diff_ids[i],
                            .blob = {.descriptor = layer,
                                     .bytes = std::make_shared<SourceBlob>(source, layer, stop)}});
  }
  return image;
}

}  // namespace n2c
