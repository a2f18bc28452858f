#include "layout/blob_file.h"

#include <sys/stat.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "oci/digest.h"

namespace n2c {

namespace {

constexpr std::size_t chunk_bytes = 256 << 10;

/// Everything of `from` into `to`, counted, until asked to stop.
std::uint64_t pour(Reader& from, Writer& to, std::atomic<std::uint64_t>& sent,
                   const std::stop_token& stop) {
  const auto chunk = std::make_unique_for_overwrite<std::array<std::byte, chunk_bytes>>();
  std::uint64_t total = 0;
  while (const std::size_t count = from.read(*chunk)) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    to.write(ByteView(*chunk).first(count));
    total += count;
    sent += count;
  }
  return total;
}

std::uint64_t size_of(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) throw_errno("stat " + path.string());
  return static_cast<std::uint64_t>(status.st_size);
}

bool has_digest(const std::filesystem::path& path, const oci::Descriptor& blob,
                const std::stop_token& stop) {
  const auto block = std::make_unique_for_overwrite<std::array<std::byte, chunk_bytes>>();
  try {
    const auto reader = oci::verify(FileSource(path).open(), blob.digest, blob.size, "");
    while (reader->read(*block) != 0) {
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    }
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::integrity) throw;
    return false;
  }
}

void require_own(const std::filesystem::path& path, std::filesystem::file_type wanted,
                 std::string_view what) {
  std::error_code failed;
  const auto status = std::filesystem::symlink_status(path, failed);
  if (status.type() == wanted || status.type() == std::filesystem::file_type::not_found) return;
  const std::string shown = printable(path.string(), 300);
  if (failed) throw Error(ErrorKind::local, cat("look at ", shown, ": ", failed.message()));
  if (status.type() != std::filesystem::file_type::symlink) {
    throw Error(ErrorKind::input, cat(shown, " is there and is not ", what));
  }
  throw Error(ErrorKind::input, cat(shown, " is a link: what it leads to is not written"),
              "only the top folder may be a link; put what it leads to in its place, or write to "
              "another folder");
}

}  // namespace

oci::Descriptor put_blob_file(const BlobPlace& place, const ByteSource& bytes,
                              std::string media_type, const std::optional<oci::Descriptor>& known,
                              std::atomic<std::uint64_t>& sent, std::stop_token stop) {
  const std::string shown =
      known ? place.final_path(known->digest).string()
            : cat(place.beside.string(), ": a blob whose digest is not known before its end");
  auto file = std::make_unique<AtomicFile>(AtomicFile::In{.folder = place.beside, .shown = shown});
  if (known) {
    const auto reader =
        oci::verify(bytes.open(), known->digest, known->size, "blob " + known->digest.brief());
    pour(*reader, *file, sent, stop);
    place.batch.add(std::move(file), place.final_path(known->digest));
    oci::Descriptor stored = *known;
    stored.media_type = std::move(media_type);
    return stored;
  }
  HashingReader reader(bytes.open());
  const std::uint64_t size = pour(reader, *file, sent, stop);
  oci::Descriptor stored{
      .media_type = std::move(media_type),
      .digest = oci::Digest::from_hex(HashAlgorithm::sha256, reader.finish_hex()),
      .size = size};
  place.batch.add(std::move(file), place.final_path(stored.digest));
  return stored;
}

void put_blob_file(const BlobPlace& place, const oci::Digest& digest, std::string_view bytes) {
  const auto path = place.final_path(digest);
  const oci::Descriptor blob{.media_type = {}, .digest = digest, .size = bytes.size()};
  if (place.batch.has(path) || holds_blob(path, blob, BlobTrust::digest, {})) return;
  write_own_file(place.batch, path, bytes);
}

bool holds_blob(const std::filesystem::path& path, const oci::Descriptor& blob, BlobTrust trust,
                const std::stop_token& stop) {
  require_own_file(path);
  const auto file = open_if_there(path);
  if (!file || size_of(*file, path) != blob.size) return false;
  return trust == BlobTrust::size || has_digest(path, blob, stop);
}

void require_own_file(const std::filesystem::path& path) {
  require_own(path, std::filesystem::file_type::regular, "a regular file");
}

void require_own_folder(const std::filesystem::path& path) {
  require_own(path, std::filesystem::file_type::directory, "a folder");
}

void write_own_file(const std::filesystem::path& path, std::string_view bytes) {
  require_own_file(path);
  AtomicFile file(AtomicFile::In{.folder = path.parent_path(), .shown = path.string()});
  file.write(bytes_of(bytes));
  file.commit_as(path, Durability::fsync);
}

void write_own_file(FileBatch& batch, const std::filesystem::path& path, std::string_view bytes) {
  require_own_file(path);
  auto file = std::make_unique<AtomicFile>(
      AtomicFile::In{.folder = path.parent_path(), .shown = path.string()});
  file->write(bytes_of(bytes));
  batch.add(std::move(file), path);
}

}  // namespace n2c
