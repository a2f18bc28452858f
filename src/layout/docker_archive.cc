#include "layout/docker_archive.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "codec/codec.h"
#include "go/archive_tar.h"
#include "go/encoding_json.h"
#include "image/image_json.h"

namespace n2c {

namespace {

constexpr std::uint64_t max_manifest_json = 64 << 20;

/// One file of the archive as a plain tar, decompressed where it has to be, with the digest that it
/// must have.
class PlainLayer final : public ByteSource {
 public:
  PlainLayer(std::shared_ptr<const ReadOnlyFiles> files, std::string file, oci::Digest diff_id)
      : files_(std::move(files)), file_(std::move(file)), diff_id_(std::move(diff_id)) {}

  std::unique_ptr<Reader> open(std::uint64_t offset = 0) const override {
    auto reader = oci::verify(decompress(files_->open(file_)), diff_id_, std::nullopt,
                              cat(files_->str(), ": layer ", printable(file_)));
    if (offset != 0) skip(*reader, offset);
    return reader;
  }

 private:
  std::shared_ptr<const ReadOnlyFiles> files_;
  std::string file_;
  oci::Digest diff_id_;
};

bool holds_plain_tar(const ReadOnlyFiles& files, const std::string& file) {
  std::array<std::byte, 512> block{};
  const auto reader = files.open(file);
  return read_full(*reader, block) == block.size() && n2c::is_plain_tar(ByteView(block));
}

std::uint64_t plain_size(const ReadOnlyFiles& files, const std::string& file,
                         const ByteSource& plain) {
  if (holds_plain_tar(files, file)) return files.size(file);
  return skip(*plain.open(), UINT64_MAX);
}

/// The layers, each opened once to know its size, however often it is listed.
std::vector<Layer> layers_of(const std::shared_ptr<const ReadOnlyFiles>& files,
                             const DockerArchiveEntry& entry,
                             const std::vector<oci::Digest>& diff_ids) {
  std::map<std::pair<std::string, oci::Digest>, Blob> known;
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < entry.layers.size(); ++i) {
    const std::string& file = entry.layers[i];
    const oci::Digest& diff_id = diff_ids[i];
    auto found = known.find({file, diff_id});
    if (found == known.end()) {
      auto bytes = std::make_shared<const PlainLayer>(files, file, diff_id);
      const std::uint64_t size = plain_size(*files, file, *bytes);
      const oci::Descriptor form{
          .media_type = std::string(oci::media_type::layer_tar), .digest = diff_id, .size = size};
      found = known.emplace(std::pair(file, diff_id), Blob{form, std::move(bytes)}).first;
    }
    layers.push_back({.diff_id = diff_id, .blob = found->second});
  }
  return layers;
}

/// Whether the archive's name for an image is that reference, with Docker's defaults for both.
bool is_named(const DockerArchiveEntry& entry, const oci::Reference& name) {
  return std::ranges::any_of(entry.names, [&](const std::string& text) {
    const auto parsed = oci::Reference::parse(text);
    return parsed && parsed->str() == name.str();
  });
}

go::Decoded decode_entry(const go::Json& json, DockerArchiveEntry& into) {
  std::optional<std::vector<std::string>> names;
  std::optional<std::vector<std::string>> layers;
  const auto wrong = go::decode_object(
      json, "manifest.json",
      {{"Config", [&](const go::Json& value) { return go::decode(value, into.config); }},
       {"RepoTags", [&](const go::Json& value) { return go::decode(value, names); }},
       {"Layers", [&](const go::Json& value) { return go::decode(value, layers); }}});
  into.names = std::move(names).value_or(std::vector<std::string>{});
  into.layers = std::move(layers).value_or(std::vector<std::string>{});
  return wrong;
}

}  // namespace

bool is_plain_tar(ByteView first_block) {
  if (first_block.size() < 512) return false;
  const std::string_view magic = text_of(first_block).substr(257, 5);
  return magic == "ustar" || go::is_zero_block(first_block);
}

DockerArchiveEntry choose_image(const std::vector<DockerArchiveEntry>& entries,
                                const std::optional<oci::Reference>& name,
                                const std::string& where) {
  std::string names;
  for (const DockerArchiveEntry& entry : entries) {
    for (const std::string& one : entry.names) {
      names += (names.empty() ? "" : ", ") + printable(one);
    }
  }
  const std::string hint = "images there: " + (names.empty() ? "none with a name" : names);
  if (name) {
    for (const DockerArchiveEntry& entry : entries) {
      if (is_named(entry, *name)) return entry;
    }
    throw Error(ErrorKind::input, cat(where, ": no image ", name->str(), " in it"), hint);
  }
  if (entries.size() != 1) {
    throw Error(ErrorKind::input, cat(where, ": holds ", entries.size(), " images; name one"),
                hint);
  }
  return entries.front();
}

void expect_fitting_layers(const DockerArchiveEntry& entry, std::size_t diff_ids,
                           const std::string& where) {
  if (diff_ids != entry.layers.size()) {
    throw Error(ErrorKind::input, cat(where, ": manifest.json lists ", entry.layers.size(),
                                      " layers and the config ", diff_ids, " diff_ids"));
  }
  if (diff_ids > max_described_layers) {
    throw Error(ErrorKind::input, cat(where, ": ", diff_ids, " layers; no image has more than ",
                                      max_described_layers));
  }
}

Parsed<std::vector<DockerArchiveEntry>> parse_docker_archive_manifest(std::string_view json) {
  const auto parsed = go::Json::parse(json);
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<DockerArchiveEntry> entries;
  if (const auto wrong = go::decode_list<DockerArchiveEntry>(*parsed, entries, decode_entry)) {
    return std::unexpected(wrong->str());
  }
  return entries;
}

Image open_docker_archive(std::shared_ptr<const ReadOnlyFiles> files,
                          const std::optional<oci::Reference>& name) {
  const auto entries =
      or_throw(parse_docker_archive_manifest(files->read("manifest.json", max_manifest_json)),
               ErrorKind::input, files->str() + ": manifest.json");
  const DockerArchiveEntry entry = choose_image(entries, name, files->str());
  Image image{.config_json = files->read(entry.config, oci::max_manifest_bytes)};
  const auto facts = or_throw(oci::read_config_facts(image.config_json), ErrorKind::input,
                              cat(files->str(), ": ", printable(entry.config)));
  expect_fitting_layers(entry, facts.diff_ids.size(), files->str());
  image.platform = facts.platform;
  image.layers = layers_of(files, entry, facts.diff_ids);
  return image;
}

}  // namespace n2c
