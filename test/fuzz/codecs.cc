// Compressed bytes that others made: decoding ends in the same bytes however they arrive, or in an
// Error, and what libarchive decodes as well is the same. What n2c compresses is read back the same
// by both.
//
// The first byte: 0 decodes the rest, others compress it, by gzip or zstd. Bytes up to the next NUL
// are the sizes of pieces.

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>

#include "base/text.h"
#include "codec/codec.h"
#include "test/fuzz/checks.h"

using namespace n2c;

namespace {

using fuzz::require;

constexpr std::size_t most = 4 << 20;

/// Nothing after an Error; of more than `most` bytes as many.
std::optional<std::string> decoded(std::string_view bytes, std::string_view sizes) {
  std::string plain(most, '\0');
  const bool is_whole = fuzz::ends_fairly([&] {
    const auto reader = decompress(std::make_unique<fuzz::PieceReader>(bytes, sizes));
    plain.resize(read_full(*reader, std::as_writable_bytes(std::span(plain))));
  });
  return is_whole ? std::optional(plain) : std::nullopt;
}

/// The same by libarchive. Nothing where it finds fault, or no compression at all.
std::optional<std::string> decoded_by_libarchive(std::string_view bytes) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK ||
      archive_filter_code(reader.get(), 0) == ARCHIVE_FILTER_NONE) {
    return {};
  }
  std::string plain(most, '\0');
  const la_ssize_t count = archive_read_data(reader.get(), plain.data(), plain.size());
  if (count < 0) return {};
  plain.resize(static_cast<std::size_t>(count));
  return plain;
}

void decode(std::string_view bytes, std::string_view sizes) {
  const auto whole = decoded(bytes, {});
  require(decoded(bytes, sizes) == whole, "the same however it arrives");
  if (!whole || !is_compressed(bytes)) return;
  // What has garbage behind its end is read by libarchive up to there; n2c refuses it.
  const auto other = decoded_by_libarchive(bytes);
  require(!other || *other == *whole, "libarchive decodes the same");
}

void compress_and_read(std::string_view plain, const Compression& how, std::string_view sizes) {
  CompressionPool one(1), three(3);
  const auto packed =
      read_all(*compress(std::make_unique<fuzz::PieceReader>(plain, sizes), how, three),
               std::size_t{8} << 20);
  require(packed == read_all(*compress(MemorySource(std::string(plain)).open(), how, one), 8 << 20),
          "threads and pieces change no byte");
  require(decoded(packed, sizes) == std::string(plain), "what is compressed is read the same");
  // libarchive finds no entry in nothing, and unpacks what is packed twice.
  if (plain.empty() || is_compressed(plain)) return;
  require(decoded_by_libarchive(packed) == std::string(plain), "by libarchive too");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1 || size > (64 << 10)) return -1;
  fuzz::Input input(bytes + 1, size - 1);
  const std::string_view sizes = input.text_until('\0');
  switch (bytes[0] % 4) {
    case 1: compress_and_read(input.rest(), {.codec = Codec::gzip, .level = 1}, sizes); break;
    case 2: compress_and_read(input.rest(), {.codec = Codec::zstd, .level = 3}, sizes); break;
    default: decode(input.rest(), sizes);
  }
  return 0;
}
