#include "layout/dir_store.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder_entries.h"
#include "base/input_wait.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::string_view version_file = "version";
constexpr std::string_view version_text = "Directory Transport Version: 1.1\n";
constexpr std::string_view manifest_file = "manifest.json";
constexpr std::string_view listed_suffix = ".manifest.json";

/// Whether this transport makes files of that name. Other files in the folder are not touched.
bool is_ours(std::string_view file) {
  if (file.ends_with(listed_suffix)) file.remove_suffix(listed_suffix.size());
  const bool has_hex_length = file.size() == 64 || file.size() == 128;
  return has_hex_length && file.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void refuse_what_is_no_dir_store(const std::filesystem::path& folder) {
  if (is_there(folder / version_file)) return;
  for (const auto& entry : folder_entries(folder)) {
    const std::string name = entry.filename().string();
    if (is_dir_store_file(name)) continue;
    throw Error(ErrorKind::input,
                cat(folder.string(), " is there and holds no image (it holds ", name, ")"),
                "name a folder that is empty, does not exist or was written as dir: before");
  }
}

}  // namespace

bool is_dir_store_file(std::string_view name) {
  return name == manifest_file || name == version_file || is_ours(name) ||
         name.starts_with(".n2c-");
}

DirStore::DirStore(std::filesystem::path folder, BlobTrust trust)
    : folder_(std::move(folder)), trust_(trust) {
  try {
    std::filesystem::create_directories(folder_);
    require_own_file(folder_ / version_file);
    require_own_file(folder_ / manifest_file);
    refuse_what_is_no_dir_store(folder_);
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorKind::local, cat("create ", folder_.string(), ": ", error.code().message()));
  }
  lock_.emplace(folder_, process_stop());
  remove_dead_parts(folder_);
  if (!is_there(folder_ / version_file)) write_own_file(folder_ / version_file, version_text);
}

BlobPlace DirStore::place() {
  return {.beside = folder_,
          .final_path =
              [this](const oci::Digest& digest) {
                const auto path = folder_ / digest.hex();
                require_own_file(path);
                return path;
              },
          .batch = batch_};
}

void DirStore::keep(const std::string& file) {
  kept_.with([&](std::set<std::string>& kept) { kept.insert(file); });
}

std::optional<BlobOutcome> DirStore::find(const oci::Descriptor& blob, std::stop_token stop) {
  keep(blob.digest.hex());
  const auto path = folder_ / blob.digest.hex();
  if (!batch_.has(path) && !holds_blob(path, blob, trust_, stop)) return {};
  return BlobOutcome::present;
}

PutBlob DirStore::put(const ByteSource& bytes, std::string media_type,
                      std::optional<oci::Descriptor> known, std::atomic<std::uint64_t>& sent,
                      std::stop_token stop) {
  auto stored = put_blob_file(place(), bytes, std::move(media_type), known, sent, stop);
  keep(stored.digest.hex());
  return stored;
}

ManifestOutcome DirStore::put_listed(const oci::Descriptor& manifest, std::string_view json,
                                     std::stop_token) {
  const std::string file = manifest.digest.hex() + std::string(listed_suffix);
  keep(file);
  write_own_file(batch_, folder_ / file, json);
  return {};
}

ManifestOutcome DirStore::put_manifest(const oci::Descriptor&, std::string_view json,
                                       std::span<const std::string>, std::stop_token) {
  batch_.finish();
  write_own_file(folder_ / manifest_file, json);
  remove_others();
  return {};
}

void DirStore::remove_others() {
  const auto kept = kept_.with([](const std::set<std::string>& files) { return files; });
  std::error_code ignored;  // what stays behind does no harm
  for (const auto& entry : folder_entries(folder_, ignored)) {
    const std::string name = entry.filename().string();
    if (is_ours(name) && !kept.contains(name)) std::filesystem::remove(entry, ignored);
  }
}

oci::RawManifest DirSource::root(std::stop_token) {
  if (!files_.has(manifest_file)) {
    throw Error(ErrorKind::input, str() + ": no image there: it has no manifest.json");
  }
  return or_throw(oci::RawManifest::parse(files_.read(manifest_file, oci::max_manifest_bytes)),
                  ErrorKind::input, cat(str(), "/", manifest_file));
}

oci::RawManifest DirSource::manifest(const oci::Descriptor& descriptor, std::stop_token) {
  const std::string file = descriptor.digest.hex() + std::string(listed_suffix);
  return checked_manifest(descriptor, files_.read(file, oci::max_manifest_bytes), str());
}

std::unique_ptr<Reader> DirSource::open_blob(const oci::Descriptor& blob, std::stop_token) {
  return oci::verify(files_.open(blob.digest.hex()), blob.digest, blob.size,
                     cat(str(), ": blob ", blob.digest.brief()));
}

}  // namespace n2c
