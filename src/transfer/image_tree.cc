#include "transfer/image_tree.h"

#include <array>
#include <map>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

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

/// The same manifests, each after those that it lists and the one that it is about, which some
/// registries want. None names itself in a circle, since digests name them.
class SubjectsFirst {
 public:
  explicit SubjectsFirst(std::vector<oci::RawManifest> manifests)
      : manifests_(std::move(manifests)), seen_(manifests_.size()) {
    for (std::size_t i = 0; i < manifests_.size(); ++i) {
      places_.emplace(manifests_[i].descriptor.digest, i);
    }
  }

  std::vector<oci::RawManifest> run() {
    for (std::size_t i = 0; i < manifests_.size(); ++i) enter(i);
    std::vector<oci::RawManifest> ordered;
    for (const std::size_t at : order_) ordered.push_back(std::move(manifests_[at]));
    return ordered;
  }

 private:
  struct Visit {
    std::size_t at;
    std::vector<std::size_t> before;  ///< still to be looked at, the last first
  };

  void enter(std::size_t first) {
    std::vector<Visit> visits;
    const auto begin = [&](std::size_t at) {
      if (!seen_[at]) visits.push_back({at, named_by(at)});
      seen_[at] = true;
    };
    begin(first);
    while (!visits.empty()) {
      auto& [at, before] = visits.back();
      if (before.empty()) {
        order_.push_back(at);
        visits.pop_back();
        continue;
      }
      const std::size_t next = before.back();
      before.pop_back();
      begin(next);
    }
  }

  std::vector<std::size_t> named_by(std::size_t at) const {
    const oci::RawManifest& manifest = manifests_[at];
    std::vector<std::size_t> named;
    const auto add = [&](const oci::Digest& digest) {
      const auto found = places_.find(digest);
      if (found != places_.end()) named.push_back(found->second);
    };
    if (oci::is_index(manifest.descriptor.media_type)) {
      const auto index =
          or_throw(oci::Index::from_json(manifest.json), ErrorKind::internal, "index");
      for (const oci::Descriptor& one : index.manifests | std::views::reverse) add(one.digest);
    }
    if (const auto subject = oci::subject_of(manifest.json)) add(*subject);
    return named;
  }

  std::vector<oci::RawManifest> manifests_;
  std::vector<bool> seen_;
  std::vector<std::size_t> order_;
  std::map<oci::Digest, std::size_t> places_;
};

class TreeReading {
 public:
  TreeReading(ImageSource& source, std::stop_token stop)
      : source_(source), stop_(std::move(stop)) {}

  ImageTree read(oci::RawManifest root) {
    add(std::move(root), 0);
    tree_.manifests = SubjectsFirst(std::move(tree_.manifests)).run();
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
    std::vector<const oci::Descriptor*> fresh;  // what is listed again is not read again
    for (const oci::Descriptor& listed : index.manifests) {
      if (asked_.emplace(listed.digest, listed.size).second) fresh.push_back(&listed);
    }
    for (std::size_t from = 0; from < fresh.size(); from += manifests_at_once) {
      const std::size_t count = std::min(manifests_at_once, fresh.size() - from);
      std::vector<std::optional<oci::RawManifest>> fetched(count);
      run_side_by_side(count, count, stop_, [&](std::size_t i, std::stop_token inner) {
        fetched[i] = source_.manifest(*fresh[from + i], inner);
      });
      for (auto& manifest : fetched) add(*std::move(manifest), depth + 1);
    }
  }

  void add_blobs(const oci::Manifest& manifest) {
    add_blob(manifest.config);
    for (const oci::Descriptor& layer : manifest.layers) add_blob(layer);
  }

  void add_blob(const oci::Descriptor& blob) {
    if (oci::is_foreign_layer(blob.media_type)) {
      ++tree_.foreign_layers;
      return;
    }
    if (blobs_.insert(blob.digest).second) tree_.blobs.push_back(blob);
  }

  ImageSource& source_;
  std::stop_token stop_;
  ImageTree tree_;
  std::set<oci::Digest> seen_;
  std::set<std::pair<oci::Digest, std::uint64_t>> asked_;  // with the size that it was said to have
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

/// What manifests are called after they were written in another format, by digest before.
using NewNames = std::map<oci::Digest, oci::Descriptor>;

void rename(oci::Descriptor& one, const NewNames& names) {
  const auto now = names.find(one.digest);
  if (now == names.end()) return;
  one.media_type = now->second.media_type;
  one.digest = now->second.digest;
  one.size = now->second.size;
}

/// Its `more`, whose subject has its new name.
std::string renamed_subject(const std::string& more, std::string_view json, const NewNames& names) {
  const auto subject = oci::subject_of(json);
  const auto now = subject ? names.find(*subject) : names.end();
  return now == names.end() || now->first == now->second.digest
             ? more
             : oci::with_subject(more, now->second);
}

/// Of what is in that format already, the bytes stay.
oci::RawManifest unless_same(const oci::RawManifest& before, bool is_same, const auto& made) {
  if (is_same) return before;
  auto whole = oci::RawManifest::parse(made.to_json());
  if (whole) return *std::move(whole);
  throw Error(ErrorKind::input,
              cat("manifest ", before.descriptor.digest.brief(), ": ", whole.error()),
              "copy it as it is, without --format");
}

oci::RawManifest in_format(const oci::RawManifest& before, ManifestFormat format,
                           const NewNames& names) {
  const auto stored =
      or_throw(oci::Manifest::from_json(before.json), ErrorKind::internal, "manifest");
  oci::Manifest made = stored;
  made.media_type = translate(before.descriptor.media_type, format);
  made.config.media_type = translate(made.config.media_type, format);
  for (oci::Descriptor& layer : made.layers) {
    layer.media_type = translate(layer.media_type, format);
  }
  made.more = renamed_subject(made.more, before.json, names);
  return unless_same(before,
                     made.media_type == stored.media_type && made.config == stored.config &&
                         made.layers == stored.layers && made.more == stored.more,
                     made);
}

oci::RawManifest index_in_format(const oci::RawManifest& before, ManifestFormat format,
                                 const NewNames& names) {
  const auto stored = or_throw(oci::Index::from_json(before.json), ErrorKind::internal, "index");
  oci::Index made = stored;
  made.media_type = translate(before.descriptor.media_type, format);
  for (oci::Descriptor& listed : made.manifests) {
    rename(listed, names);
    // BuildKit names the image that an attestation is about in the index too.
    for (auto& [key, value] : listed.annotations) {
      const auto digest = oci::Digest::parse(value);
      const auto now = digest ? names.find(*digest) : names.end();
      if (now != names.end()) value = now->second.digest.str();
    }
  }
  made.more = renamed_subject(made.more, before.json, names);
  return unless_same(before,
                     made.media_type == stored.media_type && made.manifests == stored.manifests &&
                         made.more == stored.more,
                     made);
}

}  // namespace

ImageTree read_tree(ImageSource& source, oci::RawManifest root, std::stop_token stop) {
  return TreeReading(source, std::move(stop)).read(std::move(root));
}

ImageTree in_format(const ImageTree& tree, ManifestFormat format) {
  ImageTree made{.blobs = tree.blobs, .foreign_layers = tree.foreign_layers, .absent = tree.absent};
  NewNames names;
  for (const oci::RawManifest& before : tree.manifests) {
    made.manifests.push_back(oci::is_index(before.descriptor.media_type)
                                 ? index_in_format(before, format, names)
                                 : in_format(before, format, names));
    names.emplace(before.descriptor.digest, made.manifests.back().descriptor);
  }
  return made;
}

}  // namespace n2c
