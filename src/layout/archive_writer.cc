#include "layout/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>

#include "base/error.h"
#include "base/read_ahead.h"
#include "base/text.h"
#include "go/encoding_json.h"
#include "oci/layout.h"

namespace n2c {

namespace {

struct ArchiveDeleter {
  void operator()(struct archive* a) const { archive_write_free(a); }
};
struct EntryDeleter {
  void operator()(struct archive_entry* e) const { archive_entry_free(e); }
};

/// Makes the tar piece by piece: libarchive writes into a buffer, read() drains it.
class ArchiveStream final : public Reader {
 public:
  explicit ArchiveStream(std::vector<ArchiveFile> files)
      : files_(std::move(files)), archive_(archive_write_new()) {
    if (!archive_) throw std::bad_alloc();
    check(archive_write_set_format_pax_restricted(archive_.get()));
    check(archive_write_set_bytes_per_block(archive_.get(), 0));
    check(archive_write_open(archive_.get(), this, nullptr, &ArchiveStream::on_write, nullptr));
  }

  ArchiveStream(const ArchiveStream&) = delete;
  ArchiveStream& operator=(const ArchiveStream&) = delete;
  /// Freeing an unfinished archive writes all that it lacks. From here on that is refused.
  ~ArchiveStream() override { dropped_ = true; }

  std::size_t read(ByteSpan into) override {
    while (taken_ == pending_.size() && !ended_) {
      pending_.clear();
      taken_ = 0;
      make_more();
    }
    const std::size_t count = std::min(into.size(), pending_.size() - taken_);
    if (count > 0) std::memcpy(into.data(), pending_.data() + taken_, count);
    taken_ += count;
    return count;
  }

 private:
  // Called by libarchive, so nothing may be thrown from here.
  static la_ssize_t on_write(struct archive*, void* self, const void* bytes, std::size_t count) {
    auto& reader = *static_cast<ArchiveStream*>(self);
    if (reader.dropped_) return -1;
    try {
      const auto* first = static_cast<const std::byte*>(bytes);
      reader.pending_.insert(reader.pending_.end(), first, first + count);
      return static_cast<la_ssize_t>(count);
    } catch (...) {
      reader.failure_ = std::current_exception();
      return -1;
    }
  }

  void check(la_ssize_t result) {
    if (failure_) std::rethrow_exception(failure_);
    if (result >= ARCHIVE_OK) return;
    // Without memory libarchive may not have found words either.
    const char* why = archive_error_string(archive_.get());
    if (why == nullptr || archive_errno(archive_.get()) == ENOMEM) throw std::bad_alloc();
    throw Error(ErrorKind::internal, cat("writing an archive: ", why));
  }

  void make_more() {
    if (current_) return pass_content();
    if (next_ < files_.size()) return begin_file();
    check(archive_write_close(archive_.get()));
    ended_ = true;
  }

  void begin_file() {
    const ArchiveFile& file = files_[next_];
    const std::unique_ptr<struct archive_entry, EntryDeleter> entry(archive_entry_new());
    if (!entry) throw std::bad_alloc();
    const bool is_folder = file.bytes == nullptr;
    archive_entry_set_pathname(entry.get(), file.path.c_str());
    archive_entry_set_filetype(entry.get(), is_folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), is_folder ? 0755 : 0444);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.size));
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (is_folder) {
      check(archive_write_header(archive_.get(), entry.get()));
      ++next_;
      return;
    }
    current_ = file.bytes->open();
    left_ = file.size;
    check(archive_write_header(archive_.get(), entry.get()));
  }

  void pass_content() {
    const ArchiveFile& file = files_[next_];
    const std::size_t count = at_place(file.path, [&] { return current_->read(buffer_); });
    if (count > left_ || (count == 0 && left_ > 0)) {
      throw Error(ErrorKind::integrity, cat(file.path, " is ", count == 0 ? "shorter" : "longer",
                                            " than the ", file.size, " bytes it should have"));
    }
    if (count == 0) {
      check(archive_write_finish_entry(archive_.get()));
      current_.reset();
      ++next_;
      return;
    }
    left_ -= count;
    check(archive_write_data(archive_.get(), buffer_.data(), count));
  }

  const std::vector<ArchiveFile> files_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
  std::vector<std::byte> pending_;
  std::size_t taken_ = 0;
  std::size_t next_ = 0;
  std::unique_ptr<Reader> current_;  // of files_[next_], while it is under way
  std::uint64_t left_ = 0;
  bool ended_ = false;
  bool dropped_ = false;
  std::exception_ptr failure_;
  std::unique_ptr<struct archive, ArchiveDeleter> archive_;
};

ArchiveFile text_file(std::string path, std::string text) {
  const std::uint64_t size = text.size();
  return {std::move(path), size, std::make_shared<MemorySource>(std::move(text))};
}

}  // namespace

std::unique_ptr<Reader> ArchiveSource::open(std::uint64_t offset) const {
  auto reader = std::make_unique<ArchiveStream>(files_);
  skip(*reader, offset);
  // Whoever takes an archive works on it while it comes. Making it ahead takes none of that time.
  return std::make_unique<ReadAhead>(std::move(reader));
}

std::vector<ArchiveFile> docker_archive(std::span<const DockerArchiveImage> images) {
  std::vector<ArchiveFile> files;
  std::set<std::string> seen;
  go::Json::Array manifests;
  for (const auto& [image, names, omitted] : images) {
    const std::string config_path = oci::Digest::of(image.config_json).hex() + ".json";
    if (seen.insert(config_path).second) files.push_back(text_file(config_path, image.config_json));
    go::Json::Array tags(names.begin(), names.end());
    go::Json::Array layers;
    for (const Layer& layer : image.layers) {
      const std::string path = layer.diff_id.hex() + ".tar";
      layers.emplace_back(path);
      if (omitted.contains(layer.diff_id) || !seen.insert(path).second) continue;
      files.push_back({path, layer.blob.descriptor.size, layer.blob.bytes});
    }
    go::Json::Object entry{{"Config", config_path},
                           {"RepoTags", go::Json(std::move(tags))},
                           {"Layers", go::Json(std::move(layers))}};
    manifests.emplace_back(std::move(entry));
  }
  files.push_back(text_file("manifest.json", go::Json(std::move(manifests)).compact()));
  return files;
}

std::vector<ArchiveFile> oci_archive(const oci::Index& index, std::span<const Blob> blobs,
                                     const std::set<oci::Digest>& omitted) {
  std::vector<ArchiveFile> files{
      text_file(std::string(oci::layout::version_file), std::string(oci::layout::version_json)),
      text_file(std::string(oci::layout::index_file), index.to_json())};
  std::set<oci::Digest> seen = omitted;
  std::set<std::string> folders;
  for (const Blob& blob : blobs) {
    if (!seen.insert(blob.descriptor.digest).second) continue;
    const std::string_view algorithm = blob.descriptor.digest.algorithm_name();
    for (const std::string& folder : {std::string("blobs/"), cat("blobs/", algorithm, "/")}) {
      if (folders.insert(folder).second) files.push_back({.path = folder});
    }
    files.push_back(
        {oci::layout::blob_path(blob.descriptor.digest), blob.descriptor.size, blob.bytes});
  }
  return files;
}

oci::Index layout_index(const oci::Descriptor& manifest, std::span<const std::string> names) {
  oci::Index index{.manifests = {}};
  for (const std::string& name : names) {
    oci::Descriptor entry = manifest;
    const std::size_t colon = name.rfind(':');
    entry.annotations["io.containerd.image.name"] = name;
    if (colon != std::string::npos && name.find('/', colon) == std::string::npos) {
      entry.annotations[std::string(oci::layout::ref_name)] = name.substr(colon + 1);
    }
    index.manifests.push_back(std::move(entry));
  }
  if (names.empty()) index.manifests.push_back(manifest);
  return index;
}

}  // namespace n2c
