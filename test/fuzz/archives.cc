// Archives and layouts that others wrote: an image or an Error, and what is read to its end has its
// digest.
//
// The first byte even: the rest is a tar, plain or compressed. Odd: the rest is files, 0xff between
// them: index.json, manifest.json, then blobs. In a file, a byte 0xe0 + n stands for the size of
// file n, 0xf0 + n for its digest, where n is a later file.

#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "describe/config_merge.h"
#include "layout/archive_reader.h"
#include "layout/docker_archive.h"
#include "layout/oci_layout.h"
#include "oci/layout.h"
#include "test/fuzz/checks.h"
#include "transfer/image_tree.h"

using namespace n2c;

namespace {

using fuzz::ends_fairly;
using fuzz::require;

constexpr std::uint64_t most_read = 1 << 20;

class FilesInMemory final : public ReadOnlyFiles {
 public:
  std::string str() const override { return "memory"; }
  bool has(std::string_view name) const override { return files.contains(name); }
  std::uint64_t size(std::string_view name) const override { return at(name).size(); }
  std::unique_ptr<Reader> open(std::string_view name) const override {
    return MemorySource(at(name)).open();
  }
  std::map<std::string, std::string, std::less<>> files;

 private:
  const std::string& at(std::string_view name) const {
    const auto found = files.find(name);
    if (found == files.end()) throw Error(ErrorKind::input, cat("memory: no ", name, " in it"));
    return found->second;
  }
};

/// Its bytes when they end before most_read, which then have this digest and size.
void read_blob(Reader& reader, const oci::Digest& digest, std::uint64_t size) {
  std::string bytes(most_read, '\0');
  bytes.resize(read_full(reader, std::as_writable_bytes(std::span(bytes))));
  if (bytes.size() == most_read) return;
  require(bytes.size() == size, "a blob that was read has its size");
  require(digest.algorithm() != HashAlgorithm::sha256 || oci::Digest::of(bytes) == digest,
          "a blob that was read has its digest");
}

void read_config_of(const Image& image) {
  const auto base = read_base_config(image.config_json, image.layers.size());
  if (!base) return;
  const auto with_layer = [](const oci::History& one) { return !one.empty_layer; };
  require(static_cast<std::size_t>(std::ranges::count_if(base->history, with_layer)) ==
              image.layers.size(),
          "each layer has its history");
  const auto once = merge_configs(base->container, base->container);
  require(merge_configs(base->container, once).to_json().compact() == once.to_json().compact(),
          "merging once more changes nothing");
}

void read_as_docker_archive(const std::shared_ptr<const ReadOnlyFiles>& files) {
  for (const char* name : {"", "app:1"}) {
    std::optional<oci::Reference> wanted;
    if (*name != 0) wanted = oci::Reference::parse(name).value();
    ends_fairly([&] {
      const Image image = open_docker_archive(files, wanted);
      for (const Layer& layer : image.layers) {
        ends_fairly([&] {
          read_blob(*layer.blob.bytes->open(), layer.diff_id, layer.blob.descriptor.size);
        });
      }
      read_config_of(image);
    });
  }
}

void read_images(const std::shared_ptr<LayoutSource>& source) {
  for (const char* platform : {"linux/amd64", "linux/arm/v7"}) {
    ends_fairly([&] {
      const auto one = manifest_for(*source, oci::Platform::parse(platform).value(), {});
      require(!oci::is_index(one.descriptor.media_type), "an image was chosen");
      const Image image = image_of(source, one, {});
      const auto manifest = oci::Manifest::from_json(one.json);
      require(manifest && manifest->layers.size() == image.layers.size(), "no layer is lost");
      read_config_of(image);
    });
  }
}

void read_as_layout(const std::shared_ptr<LayoutSource>& source) {
  ends_fairly([&] {
    const oci::RawManifest root = source->root({});
    const ImageTree tree = read_tree(*source, root, {});
    require(tree.root().descriptor.digest == root.descriptor.digest || !tree.absent.empty(),
            "the root is the last");
    for (const oci::RawManifest& one : tree.manifests) {
      require(one.descriptor.size == one.json.size(), "a manifest's size is told");
    }
    for (const oci::Descriptor& blob : tree.blobs) {
      ends_fairly([&] { read_blob(*source->open_blob(blob, {}), blob.digest, blob.size); });
    }
    for (const auto format : {ManifestFormat::oci, ManifestFormat::docker}) {
      ends_fairly([&] {
        require(in_format(tree, format).blobs.size() == tree.blobs.size(), "the blobs stay");
      });
    }
  });
  read_images(source);
}

std::string filled(std::string_view file, const std::vector<std::string>& files) {
  std::string text;
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t which = byte & 0x0f;
    if (byte < 0xe0 || which >= files.size() || files[which].empty()) {
      text += c;
    } else if (byte >= 0xf0) {
      text += oci::Digest::of(files[which]).str();
    } else {
      text += std::to_string(files[which].size());
    }
  }
  return text;
}

void read_files(fuzz::Input input) {
  constexpr std::size_t most_files = 12;
  std::vector<std::string_view> raw;
  while (!input.rest().empty() && raw.size() < most_files) raw.push_back(input.text_until('\xff'));
  std::vector<std::string> files(raw.size());
  const auto memory = std::make_shared<FilesInMemory>();
  for (std::size_t i = raw.size(); i-- > 0;) {  // each may name those behind it
    files[i] = filled(raw[i], files);
    const oci::Digest digest = oci::Digest::of(files[i]);
    memory->files[oci::layout::blob_path(digest)] = files[i];
    memory->files[cat("f", i)] = files[i];
    if (i == 0) memory->files["index.json"] = files[i];
    if (i == 1) memory->files["manifest.json"] = files[i];
  }
  memory->files[std::string(oci::layout::version_file)] = oci::layout::version_json;
  read_as_docker_archive(memory);
  for (const char* tag : {"", "1"}) {
    read_as_layout(std::make_shared<LayoutSource>(std::make_unique<FilesInMemory>(*memory), tag,
                                                  std::nullopt));
  }
}

/// A file of its own for each process, which has only the last input.
const std::string& scratch_file() {
  static const TemporaryFolder folder;
  static const std::string file = (folder.path() / "archive").string();
  return file;
}

void read_tar(std::string_view bytes) {
  write_file(scratch_file(), bytes);
  ends_fairly([&] {
    read_as_docker_archive(std::make_shared<const ArchiveReader>(scratch_file()));
    read_as_layout(std::make_shared<LayoutSource>(std::make_unique<ArchiveReader>(scratch_file()),
                                                  "", std::nullopt));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1 || size > (32 << 10)) return -1;
  fuzz::Input input(bytes + 1, size - 1);
  if ((bytes[0] & 1) == 0) {
    read_tar(input.rest());
  } else {
    read_files(input);
  }
  return 0;
}
