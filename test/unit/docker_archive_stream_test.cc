#include "layout/docker_archive_stream.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "layout/archive_writer.h"
#include "places/stream_push.h"
#include "test/support/memory_place.h"
#include "test/support/silent_progress.h"

namespace docker_archive_stream_test {

using namespace n2c;
using namespace n2c::test;

namespace {

/// A tar of one file that says `text`, which is what a layer is.
std::string tar_of(const std::string& text) {
  std::vector<ArchiveFile> files{{"file", text.size(), std::make_shared<MemorySource>(text)}};
  return read_all(*ArchiveSource(std::move(files)).open(), 1 << 20);
}

/// An archive as streamLayeredImage writes it: HEX/layer.tar for each layer, the config, and
/// manifest.json.
struct Stream {
  std::vector<std::string> layers{tar_of("one"), tar_of("two")};
  std::vector<std::string> names{hex(layers[0]) + "/layer.tar", hex(layers[1]) + "/layer.tar"};
  std::string listed;  ///< in manifest.json, after the layers' names
  bool has_manifest = true;

  static std::string hex(const std::string& text) { return oci::Digest::of(text).hex(); }
  oci::Digest diff_id(std::size_t i) const { return oci::Digest::of(layers[i]); }

  std::string config() const {
    return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:)" +
           diff_ids[0] + R"(","sha256:)" + diff_ids[1] + R"("]}})";
  }
  std::string bytes() const {
    std::vector<ArchiveFile> files;
    const auto add = [&](const std::string& path, const std::string& text) {
      files.push_back({path, text.size(), std::make_shared<MemorySource>(text)});
    };
    for (std::size_t i = 0; i < layers.size(); ++i) add(names[i], layers[i]);
    const std::string config_name = hex(config()) + ".json";
    add(config_name, config());
    if (has_manifest) {
      add("manifest.json", R"([{"Config":")" + config_name +
                               R"(","RepoTags":["app:1"],"Layers":[")" + names[0] + R"(",")" +
                               names[1] + R"(")" + listed + "]}]");
    }
    return read_all(*ArchiveSource(std::move(files)).open(), 1 << 20);
  }

  std::vector<std::string> diff_ids{hex(layers[0]), hex(layers[1])};
};

class OneStore final : public ImageDestination {
 public:
  explicit OneStore(BlobStore& store) : store_(store) {}
  std::string str() const override { return "memory"; }
  PushReport push(const Image& image, const PushOptions& options, Progress& progress,
                  std::stop_token stop) override {
    return push_to_store(image, store_, options, progress, stop, {.forms = known});
  }
  CopyReport copy(const std::shared_ptr<ImageSource>& source, const CopyOptions& options,
                  Progress& progress, std::stop_token stop) override {
    return copy_to_store(source, store_, options, progress, stop);
  }
  std::unique_ptr<LayerIntake> open_intake(const PushOptions& options, Progress& progress,
                                           std::stop_token stop) override {
    if (takes_whole_images) return ImageDestination::open_intake(options, progress, stop);
    return std::make_unique<StoreIntake>(store_, options.compression, 1, known, progress);
  }
  KnownForms known{};
  bool takes_whole_images = false;

 private:
  BlobStore& store_;
};

struct Pushing {
  MemoryBlobStore store;
  SilentProgress progress;
  KnownForms known{};
  bool takes_whole_images = false;
  PushOptions options{.tags = {"1"}, .compression = {.codec = Codec::none, .level = 0}};

  PushReport push(const std::string& bytes) {
    OneStore place(store);
    place.known = known;
    place.takes_whole_images = takes_whole_images;
    return push_stream({.bytes = MemorySource(bytes).open(), .name = "the stream"}, place, options,
                       progress, {})
        .report;
  }
  PushReport push(const Stream& stream) { return push(stream.bytes()); }

  /// The error of a push after which no tag may be there.
  Error failure(const std::string& bytes) {
    try {
      push(bytes);
    } catch (const Error& error) {
      CHECK(store.tags.empty());
      return error;
    }
    FAIL("the push succeeded");
    return {ErrorKind::internal, ""};
  }
  Error failure(const Stream& stream) { return failure(stream.bytes()); }
};

}  // namespace

TEST_CASE("an archive that passes is pushed layer by layer, then its config and manifest") {
  Pushing pushing;
  const Stream stream;
  const PushReport report = pushing.push(stream);
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(pushing.store.blobs.at(stream.diff_id(0)) == stream.layers[0]);
  CHECK(pushing.store.blobs.contains(oci::Digest::of(stream.config())));
  CHECK(pushing.store.tags.at("1") == report.manifest->digest);
}

TEST_CASE("for a place that takes an image whole the layers are kept in files meanwhile (#18)") {
  const TemporaryFolder folder;
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  Pushing pushing;
  pushing.takes_whole_images = true;
  const Stream stream;
  const PushReport report = pushing.push(stream);
  CHECK(report.count(BlobOutcome::sent) == 2);
  CHECK(pushing.store.blobs.at(stream.diff_id(1)) == stream.layers[1]);
  CHECK(pushing.store.tags.at("1") == report.manifest->digest);
  CHECK(pushing.progress.notes().size() == 1);
  for (const std::string& note : pushing.progress.notes()) {
    CHECK(note.starts_with("keeping the archive's layers in " + folder.path().string()));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  Stream altered;
  altered.layers[1] = tar_of("another");
  Pushing failing;
  failing.takes_whole_images = true;
  CHECK(failing.failure(altered).kind() == ErrorKind::integrity);
  CHECK(std::filesystem::is_empty(folder.path()));
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", kept.c_str(), 1);
  }
}

TEST_CASE("a layer whose name says its digest is not sent when it is there") {
  for (const Codec codec : {Codec::none, Codec::gzip}) {
    Pushing pushing;
    pushing.options.compression = *Compression::parse(codec == Codec::none ? "none" : "gzip");
    const Stream stream;
    pushing.push(stream);
    pushing.store.puts.clear();
    const auto gzip = oci::media_type::layer_gzip;
    if (codec == Codec::gzip) {
      const auto manifest =
          oci::Manifest::from_json(pushing.store.manifests.at(pushing.store.tags.at("1")));
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(manifest->layers[i].media_type == gzip);
        pushing.known.add(stream.diff_id(i), {manifest->layers[i], "the tag"});
      }
    }
    const PushReport report = pushing.push(stream);
    CHECK(report.count(BlobOutcome::present) == 2);
    CHECK(pushing.store.puts.empty());
  }
}

TEST_CASE(
    "a layer that names itself by another layer's digest is found out, and nothing is tagged") {
  Pushing pushing;
  Stream stream;
  const std::string other = tar_of("another");
  pushing.store.blobs[oci::Digest::of(other)] = other;
  stream.names[0] = Stream::hex(other) + "/layer.tar";
  CHECK(pushing.failure(stream).kind() == ErrorKind::integrity);
}

TEST_CASE("names that are no digests are no promise: the layers are sent") {
  Pushing pushing;
  Stream stream;
  stream.names = {"a/layer.tar", std::string(64, 'a') + "/layer.tar"};
  CHECK(pushing.push(stream).count(BlobOutcome::sent) == 2);
  CHECK(pushing.push(stream).count(BlobOutcome::sent) == 2);
}

TEST_CASE("a stream that is cut anywhere is an error, and nothing is tagged") {
  const std::string whole = Stream().bytes();
  const std::size_t manifest = whole.rfind("\"RepoTags\"");
  for (std::size_t cut : {std::size_t{0}, std::size_t{100}, std::size_t{512}, std::size_t{1000},
                          std::size_t{2048}, std::size_t{4096}, manifest - 600, manifest}) {
    CAPTURE(cut);
    Pushing pushing;
    const Error error = pushing.failure(whole.substr(0, cut));
    CHECK(error.kind() == ErrorKind::input);
  }
}

TEST_CASE("a manifest that names what did not come is an error, and nothing is tagged") {
  Pushing pushing;
  Stream missing;
  missing.listed = R"(,"elsewhere/layer.tar")";
  missing.diff_ids = {missing.diff_ids[0],
                      missing.diff_ids[1] + R"(","sha256:)" + std::string(64, 'b')};
  CHECK(pushing.failure(missing).message() ==
        "the stream: manifest.json names elsewhere/layer.tar, which did not come");
  Stream without;
  without.has_manifest = false;
  CHECK(pushing.failure(without).message() == "the stream: no manifest.json in it");
  Stream wrong;
  wrong.diff_ids[1] = std::string(64, 'c');
  CHECK(pushing.failure(wrong).kind() == ErrorKind::integrity);
}

TEST_CASE("a size that is not a layer's is an error, and nothing is tagged") {
  for (const auto& [place, digit] : {std::pair{131, '0'}, {131, '7'}, {130, '7'}, {127, '1'}}) {
    CAPTURE(place);
    CAPTURE(digit);
    Pushing pushing;
    std::string bytes = Stream().bytes();
    bytes[static_cast<std::size_t>(place)] = digit;  // of the first header's size, in octal
    int sum = 256;                                   // and its checksum made right
    for (int i = 0; i < 512; ++i) {
      if (i < 148 || i >= 156)
        sum += static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    }
    for (std::size_t i = 0; i < 6; ++i) {
      bytes[153 - i] = static_cast<char>('0' + ((sum >> (3 * i)) & 7));
    }
    pushing.failure(bytes);
  }
}

TEST_CASE("links to layers lead to them, and a compressed layer is its plain tar") {
  Pushing pushing;
  CompressionPool pool(1);
  Stream stream;
  const std::string plain = stream.layers[1];
  stream.layers[1] =
      read_all(*compress(MemorySource(plain).open(), *Compression::parse("gzip"), pool), 1 << 20);
  CHECK(pushing.push(stream).count(BlobOutcome::sent) == 2);
  CHECK(pushing.store.blobs.contains(oci::Digest::of(plain)));
}

}  // namespace docker_archive_stream_test
