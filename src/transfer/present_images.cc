#include "transfer/present_images.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr int most_index_levels = 4;
constexpr std::size_t most_listed = 1000;
/// BuildKit's: the digest of the image that an attestation is about.
constexpr std::string_view about_image = "vnd.docker.reference.digest";

std::string platform_text(const oci::Descriptor& listed) {
  return listed.platform ? printable(listed.platform->str(), 60) : listed.digest.brief();
}

bool is_attestation(const oci::Descriptor& listed) {
  return listed.annotations.contains(std::string(about_image));
}

class Looking {
 public:
  Looking(ImageSource& source, std::stop_token stop) : source_(source), stop_(std::move(stop)) {}

  PresentImages run(const oci::RawManifest& root) {
    auto index = or_throw(oci::Index::from_json(root.json), ErrorKind::input, source_.str());
    look(index, 0);
    if (absent_.empty() && gone_.empty()) return {root, {}};
    std::erase_if(present_, [&](const oci::Descriptor& one) {
      const auto about = one.annotations.find(std::string(about_image));
      return about != one.annotations.end() && gone_.contains(about->second);
    });
    if (present_.empty()) {
      throw Error(ErrorKind::input,
                  cat(source_.str(),
                      ": none of the images that its index lists is there: ", comma_list(absent_)),
                  "save it again, with the platform that you need (docker save --platform)");
    }
    if (present_.size() == 1) {
      return {source_.manifest(present_.front(), stop_), std::move(absent_)};
    }
    index.manifests = std::move(present_);
    return {oci::RawManifest::of(root.descriptor.media_type, index.to_json()), std::move(absent_)};
  }

 private:
  void look(const oci::Index& index, int level) {
    for (const oci::Descriptor& listed : index.manifests) {
      if (++listed_ > most_listed) {
        throw Error(ErrorKind::input, cat(source_.str(), ": more than ", most_listed,
                                          " manifests in its index; so many are not looked at"));
      }
      if (!source_.holds(listed).value_or(true)) {
        miss(listed);
      } else if (!oci::is_index(listed.media_type)) {
        if (is_whole(listed)) {
          present_.push_back(listed);
        } else {
          miss(listed);
        }
      } else if (level < most_index_levels && indexes_.insert(listed.digest).second) {
        look(or_throw(oci::Index::from_json(source_.manifest(listed, stop_).json), ErrorKind::input,
                      source_.str()),
             level + 1);
      }
    }
  }

  void miss(const oci::Descriptor& listed) {
    gone_.insert(listed.digest.str());
    if (!is_attestation(listed)) absent_.push_back(platform_text(listed));
  }

  /// Read once, however often it is listed.
  bool is_whole(const oci::Descriptor& listed) {
    const auto known = whole_.find(listed.digest);
    if (known != whole_.end()) return known->second;
    const bool whole = holds_blobs(source_.manifest(listed, stop_));
    whole_.emplace(listed.digest, whole);
    return whole;
  }

  bool holds_blobs(const oci::RawManifest& stored) const {
    const auto manifest = oci::Manifest::from_json(stored.json);
    if (!manifest) return true;  // what is wrong with it is said when it is read
    const auto is_there = [&](const oci::Descriptor& one) {
      return source_.holds(one).value_or(true);
    };
    return is_there(manifest->config) &&
           std::ranges::all_of(manifest->layers, [&](const oci::Descriptor& layer) {
             return oci::is_foreign_layer(layer.media_type) || is_there(layer);
           });
  }

  ImageSource& source_;
  std::stop_token stop_;
  std::vector<std::string> absent_;
  std::vector<oci::Descriptor> present_;
  std::set<std::string> gone_;
  std::map<oci::Digest, bool> whole_;  // images that were read: whether their blobs are there
  std::set<oci::Digest> indexes_;      // nested ones that were looked at
  std::size_t listed_ = 0;
};

}  // namespace

PresentImages present_images(ImageSource& source, const oci::RawManifest& root,
                             std::stop_token stop) {
  return Looking(source, std::move(stop)).run(root);
}

}  // namespace n2c
