#include "layout/oci_layout.h"

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/folder_entries.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/layout.h"

namespace n2c {

namespace {

/// A layout's index names images, not layers: far more than any in use.
constexpr std::uint64_t max_index_bytes = 64 << 20;

std::string tag_of(const go::Json& entry) {
  const go::Json* annotations = entry.find("annotations");
  return annotations == nullptr ? "" : annotations->text_at(oci::layout::ref_name);
}

go::Json entry_of(const oci::Descriptor& manifest, std::string_view tag) {
  go::Json entry(go::Json::Object{});
  entry.set("mediaType", manifest.media_type)
      .set("digest", manifest.digest.str())
      .set("size", go::Json(static_cast<std::uint64_t>(manifest.size)));
  oci::Annotations annotations = manifest.annotations;
  if (!tag.empty()) annotations[std::string(oci::layout::ref_name)] = tag;
  if (!annotations.empty()) {
    go::Json object(go::Json::Object{});
    for (const auto& [key, value] : annotations) object.set(key, value);
    entry.set("annotations", std::move(object));
  }
  if (manifest.platform) {
    go::Json platform(go::Json::Object{});
    platform.set("architecture", manifest.platform->architecture).set("os", manifest.platform->os);
    if (!manifest.platform->variant.empty()) platform.set("variant", manifest.platform->variant);
    entry.set("platform", std::move(platform));
  }
  return entry;
}

/// The entries that stay when `tag` (empty: no tag) moves to that digest.
bool stays(const go::Json& entry, const oci::Digest& digest, std::string_view tag) {
  if (tag_of(entry) != tag) return true;
  return tag.empty() && entry.text_at("digest") != digest.str();
}

void add_entry(go::Json::Array& entries, const oci::Descriptor& manifest, std::string_view tag) {
  go::Json::Array kept;
  for (go::Json& entry : entries) {
    if (stays(entry, manifest.digest, tag)) kept.push_back(std::move(entry));
  }
  kept.push_back(entry_of(manifest, tag));
  entries = std::move(kept);
}

go::Json new_index() {
  go::Json index(go::Json::Object{});
  index.set("schemaVersion", go::Json(std::int64_t{2}))
      .set("mediaType", oci::media_type::index)
      .set("manifests", go::Json::Array{});
  return index;
}

void check_layout_version(std::string_view json, std::string_view where) {
  const auto parsed = or_throw(go::Json::parse(json), ErrorKind::input, cat(where, "/oci-layout"));
  if (parsed.text_at("imageLayoutVersion") != oci::layout::version) {
    throw Error(ErrorKind::input, cat(where, "/oci-layout: unknown imageLayoutVersion \"",
                                      printable(parsed.text_at("imageLayoutVersion")), "\""));
  }
}

/// A folder that becomes a layout must hold nothing else. Another writer may be making it a layout
/// at the same time.
void refuse_what_is_no_layout(const std::filesystem::path& folder) {
  if (is_there(folder / oci::layout::version_file)) return;
  for (const auto& entry : folder_entries(folder)) {
    const std::string name = entry.filename().string();
    const bool is_ours = name == oci::layout::blobs_folder || name == oci::layout::index_file ||
                         name == oci::layout::version_file;
    if (is_ours || name.starts_with(".n2c-")) continue;
    throw Error(ErrorKind::input,
                cat(folder.string(), " is there and is not an OCI layout (it holds ", name, ")"),
                "name a folder that is a layout, is empty or does not exist");
  }
}

void refuse_links(const std::filesystem::path& folder) {
  require_own_folder(folder / oci::layout::blobs_folder);
  require_own_folder(folder / oci::layout::blobs_folder / "sha256");
  require_own_file(folder / oci::layout::index_file);
  require_own_file(folder / oci::layout::version_file);
}

}  // namespace

Parsed<std::string> with_manifest(std::string_view index_json, const oci::Descriptor& manifest,
                                  std::span<const std::string> tags) {
  const auto parsed =
      index_json.empty() ? Parsed<go::Json>(new_index()) : go::Json::parse(index_json);
  if (!parsed) return std::unexpected(parsed.error());
  const go::Json::Object* members = parsed->as_object();
  if (members == nullptr) return std::unexpected("an index is a JSON object");
  go::Json::Array entries;
  if (const go::Json* there = parsed->find("manifests"); there != nullptr && !there->is_null()) {
    if (there->as_array() == nullptr) return std::unexpected("manifests is not a list");
    entries = *there->as_array();
  }
  for (const std::string& tag : tags) add_entry(entries, manifest, tag);
  if (tags.empty()) add_entry(entries, manifest, "");

  go::Json index(go::Json::Object{});
  for (const auto& [key, value] : *members) {
    if (key != "manifests") index.set(key, value);
  }
  index.set("manifests", std::move(entries));
  return index.compact();
}

LayoutStore::LayoutStore(std::filesystem::path folder, BlobTrust trust)
    : folder_(std::move(folder)), trust_(trust) {
  try {
    std::filesystem::create_directories(folder_);
    refuse_links(folder_);
    refuse_what_is_no_layout(folder_);
    remove_dead_parts(folder_);
    std::filesystem::create_directories(folder_ / oci::layout::blobs_folder / "sha256");
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorKind::local,
                cat("create OCI layout ", folder_.string(), ": ", error.code().message()));
  }
  if (!is_there(folder_ / oci::layout::version_file))
    write_own_file(folder_ / oci::layout::version_file, oci::layout::version_json);
  check_layout_version(read_file(folder_ / oci::layout::version_file, 1 << 10), folder_.string());
}

BlobPlace LayoutStore::place() {
  return {.beside = folder_,
          .final_path =
              [this](const oci::Digest& digest) {
                const auto path = folder_ / oci::layout::blob_path(digest);
                require_own_folder(path.parent_path());
                std::error_code failed;  // sha512 blobs are rare: their folder comes with the first
                std::filesystem::create_directory(path.parent_path(), failed);
                require_own_file(path);
                return path;
              },
          .batch = batch_};
}

std::optional<BlobOutcome> LayoutStore::find(const oci::Descriptor& blob, std::stop_token stop) {
  const auto path = folder_ / oci::layout::blob_path(blob.digest);
  require_own_folder(path.parent_path());
  if (!batch_.has(path) && !holds_blob(path, blob, trust_, stop)) return {};
  return BlobOutcome::present;
}

PutBlob LayoutStore::put(const ByteSource& bytes, std::string media_type,
                         std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                         std::stop_token stop) {
  return put_blob_file(place(), bytes, std::move(media_type), known, sent, stop);
}

ManifestOutcome LayoutStore::put_listed(const oci::Descriptor& manifest, std::string_view json,
                                        std::stop_token) {
  put_blob_file(place(), manifest.digest, json);
  return {};
}

ManifestOutcome LayoutStore::put_manifest(const oci::Descriptor& manifest, std::string_view json,
                                          std::span<const std::string> tags, std::stop_token stop) {
  put_blob_file(place(), manifest.digest, json);
  batch_.finish();
  const auto path = folder_ / oci::layout::index_file;
  // While index.json is read, changed and replaced.
  const FolderLock lock(folder_ / oci::layout::blobs_folder, stop);
  require_own_file(path);
  const auto there = read_if_there(path, max_index_bytes);
  const std::string before = there.value_or("");
  if (there && before.empty()) {
    throw Error(
        ErrorKind::input, path.string() + " is empty",
        "another program may be writing it: try again; remove it to start again, without its tags");
  }
  const auto after =
      or_throw(with_manifest(before, manifest, tags), ErrorKind::input, path.string());
  if (after != before) write_own_file(path, after);
  return {};
}

LayoutSource::LayoutSource(std::unique_ptr<ReadOnlyFiles> files, std::string tag,
                           std::optional<oci::Digest> digest)
    : files_(std::move(files)), tag_(std::move(tag)), digest_(std::move(digest)) {
  if (!files_->has(oci::layout::version_file)) {
    throw Error(ErrorKind::input, files_->str() + ": no OCI layout there");
  }
  check_layout_version(files_->read(oci::layout::version_file, 1 << 10), files_->str());
}

std::string LayoutSource::str() const {
  std::string text = files_->str();
  if (!tag_.empty()) text += ":" + tag_;
  if (digest_) text += "@" + digest_->str();
  return text;
}

oci::RawManifest LayoutSource::root(std::stop_token stop) {
  const std::string json = files_->read(oci::layout::index_file, max_index_bytes);
  const auto index =
      or_throw(oci::Index::from_json(json), ErrorKind::input, cat(files_->str(), "/index.json"));
  std::vector<const oci::Descriptor*> matches;
  std::string tags;
  for (const oci::Descriptor& entry : index.manifests) {
    const auto found = entry.annotations.find(std::string(oci::layout::ref_name));
    const std::string tag = found == entry.annotations.end() ? "" : found->second;
    if (!tag.empty()) tags += (tags.empty() ? "" : ", ") + printable(tag);
    const bool is_digest_right = !digest_ || entry.digest == *digest_;
    if ((tag_.empty() || tag == tag_) && is_digest_right) matches.push_back(&entry);
  }
  if (matches.empty()) {
    if (digest_ && files_->has(oci::layout::blob_path(*digest_))) {
      auto whole = oci::RawManifest::parse(
          files_->read(oci::layout::blob_path(*digest_), oci::max_manifest_bytes));
      const auto found = or_throw(std::move(whole), ErrorKind::input, str());
      return checked_manifest({found.descriptor.media_type, *digest_}, found.json, str());
    }
    throw Error(ErrorKind::input, str() + ": no such image in the layout",
                "tags there: " + (tags.empty() ? "none" : tags));
  }
  for (const oci::Descriptor* other : matches) {
    if (other->digest != matches.front()->digest) {
      throw Error(ErrorKind::input, str() + ": more than one image in the layout",
                  "name one: " + (tags.empty() ? "by @DIGEST" : tags));
    }
  }
  return manifest(*matches.front(), stop);
}

oci::RawManifest LayoutSource::manifest(const oci::Descriptor& descriptor, std::stop_token) {
  return checked_manifest(
      descriptor, files_->read(oci::layout::blob_path(descriptor.digest), oci::max_manifest_bytes),
      str());
}

std::optional<bool> LayoutSource::holds(const oci::Descriptor& one) const {
  return files_->has(oci::layout::blob_path(one.digest));
}

std::unique_ptr<Reader> LayoutSource::open_blob(const oci::Descriptor& blob, std::stop_token) {
  return oci::verify(files_->open(oci::layout::blob_path(blob.digest)), blob.digest, blob.size,
                     cat(str(), ": blob ", blob.digest.brief()));
}

}  // namespace n2c
