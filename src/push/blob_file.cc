#include "push/blob_file.h"

#include <sys/file.h>

#include <array>
#include <cerrno>
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
  const auto chunk = std::make_unique<std::array<std::byte, chunk_bytes>>();
  std::uint64_t total = 0;
  while (const std::size_t count = from.read(*chunk)) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    to.write(ByteView(*chunk).first(count));
    total += count;
    sent += count;
  }
  return total;
}

}  // namespace

oci::Descriptor put_blob_file(const BlobPlace& place, const ByteSource& bytes,
                              std::string media_type, const std::optional<oci::Descriptor>& known,
                              std::atomic<std::uint64_t>& sent, std::stop_token stop) {
  AtomicFile file(place.beside / "blob");
  if (known) {
    const auto reader =
        oci::verify(bytes.open(), known->digest, known->size, "blob " + known->digest.brief());
    pour(*reader, file, sent, stop);
    file.commit_as(place.final_path(known->digest), Durability::fsync);
    oci::Descriptor stored = *known;
    stored.media_type = std::move(media_type);
    return stored;
  }
  HashingReader reader(bytes.open());
  const std::uint64_t size = pour(reader, file, sent, stop);
  oci::Descriptor stored{
      .media_type = std::move(media_type),
      .digest = oci::Digest::from_hex(HashAlgorithm::sha256, reader.finish_hex()),
      .size = size};
  file.commit_as(place.final_path(stored.digest), Durability::fsync);
  return stored;
}

void put_blob_file(const BlobPlace& place, const oci::Digest& digest, std::string_view bytes) {
  const auto path = place.final_path(digest);
  if (has_file_of_size(path, bytes.size())) return;
  AtomicFile file(place.beside / "blob");
  file.write(bytes_of(bytes));
  file.commit_as(path, Durability::fsync);
}

bool has_file_of_size(const std::filesystem::path& path, std::uint64_t size) {
  std::error_code failed;
  return std::filesystem::is_regular_file(path, failed) &&
         std::filesystem::file_size(path, failed) == size && !failed;
}

WriterMark::WriterMark(const std::filesystem::path& folder) : folder_(open_to_read(folder)) {
  while (::flock(folder_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno("lock " + folder.string());
  }
}

}  // namespace n2c
