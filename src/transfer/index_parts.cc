#include "transfer/index_parts.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

/// Attestations and the like are in indexes with this platform; there may be many.
bool is_for_a_machine(const oci::Platform& platform) { return platform.os != "unknown"; }

class PartsReading {
 public:
  std::vector<IndexEntry> run(const std::vector<IndexPart>& parts, std::stop_token stop) {
    for (const IndexPart& part : parts) add(part, stop);
    return std::move(entries_);
  }

 private:
  void add(const IndexPart& part, std::stop_token stop) {
    if (const auto* image = std::get_if<Image>(&part.source)) {
      take({part.name, image, part.platform.value_or(image->platform)});
      return;
    }
    const auto& source = std::get<std::shared_ptr<ImageSource>>(part.source);
    const oci::RawManifest root = source->root(stop);
    if (!oci::is_index(root.descriptor.media_type)) {
      take({.part = part.name,
            .image = StoredEntry{source, root.descriptor},
            .platform = platform_of(source, root, part.platform, stop),
            .subject = oci::subject_of(root.json)});
      return;
    }
    const auto index = or_throw(oci::Index::from_json(root.json), ErrorKind::input, source->str());
    std::map<oci::Digest, oci::RawManifest> read;  // once each, however often they are listed
    for (const oci::Descriptor& listed : index.manifests) {
      auto known = read.find(listed.digest);
      if (known == read.end()) {
        known = read.emplace(listed.digest, source->manifest(listed, stop)).first;
      }
      const oci::RawManifest& manifest = known->second;
      const auto image = source_of_one(source, manifest);
      const auto said = part.platform ? part.platform : listed.platform;
      take({part.name, StoredEntry{image, manifest.descriptor},
            platform_of(image, manifest, said, stop), listed.annotations, listed.more,
            oci::subject_of(manifest.json)});
    }
  }

  static oci::Platform platform_of(const std::shared_ptr<ImageSource>& source,
                                   const oci::RawManifest& manifest,
                                   const std::optional<oci::Platform>& said, std::stop_token stop) {
    return said ? *said : image_of(source, manifest, std::move(stop)).platform;
  }

  void take(IndexEntry entry) {
    const oci::Platform& platform = entry.platform;
    if (platform.architecture.empty()) {
      throw Error(ErrorKind::input, "the image does not say which platform it is for",
                  "write OS/ARCHITECTURE= before it: linux/arm64=./image.json")
          .at(entry.part);
    }
    if (is_for_a_machine(platform) && !platforms_.insert(platform.plain_str()).second) {
      throw Error(ErrorKind::input, cat("a second image for ", platform.str()),
                  "an index has one image for each platform; OS/ARCHITECTURE/VARIANT= before an "
                  "image says another")
          .at(entry.part);
    }
    entries_.push_back(std::move(entry));
  }

  std::vector<IndexEntry> entries_;
  std::set<std::string> platforms_;
};

bool is_platform_text(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789._/";
  return text.find('/') != std::string_view::npos && !text.starts_with('.') &&
         !text.starts_with('/') && text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

std::vector<IndexEntry> read_parts(const std::vector<IndexPart>& parts, std::stop_token stop) {
  return PartsReading().run(parts, std::move(stop));
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
