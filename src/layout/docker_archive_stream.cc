#include "layout/docker_archive_stream.h"

#include <span>
#include <vector>

#include "base/error.h"
#include "base/prefixed_reader.h"
#include "base/text.h"
#include "codec/codec.h"
#include "layout/archive_entries.h"
#include "layout/docker_archive.h"
#include "oci/layout.h"

namespace n2c {

namespace {

constexpr std::size_t tar_block_bytes = 512;
constexpr std::uint64_t max_kept_bytes = 16 << 20;  // of all files that are no layers
constexpr int max_layer_links = 16;

/// The rest of the current file of an archive.
class CurrentFile final : public Reader {
 public:
  explicit CurrentFile(ArchiveEntries& archive) : archive_(archive) {}
  std::size_t read(ByteSpan into) override { return archive_.read(into); }

 private:
  ArchiveEntries& archive_;
};

/// A layer that has passed.
class PassedLayer final : public ByteSource {
 public:
  explicit PassedLayer(oci::Digest diff_id) : diff_id_(std::move(diff_id)) {}
  std::unique_ptr<Reader> open(std::uint64_t) const override {
    throw Error(ErrorKind::input,
                cat("layer ", diff_id_.brief(), " came through a pipe and cannot be sent again"),
                "run it again: what is there already is not sent then");
  }

 private:
  oci::Digest diff_id_;
};

/// The digest that a name has in it: HEX/layer.tar, HEX.tar, blobs/sha256/HEX.
std::optional<oci::Digest> digest_in(std::string_view name) {
  constexpr std::size_t digits = 64;
  std::size_t run = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_hex = (name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f');
    run = is_hex ? run + 1 : 0;
    if (run != digits) continue;
    return oci::Digest::from_hex(HashAlgorithm::sha256,
                                 std::string(name.substr(i + 1 - digits, digits)));
  }
  return std::nullopt;
}

class Passing {
 public:
  Passing(std::unique_ptr<Reader> archive, const std::string& name, LayerIntake& intake,
          std::stop_token stop)
      : name_(name), intake_(intake), stop_(std::move(stop)), archive_(std::move(archive), name) {}

  PassedImage run(const std::optional<oci::Reference>& wanted) {
    while (auto entry = archive_.next()) pass(*entry);
    const auto entries = or_throw(parse_docker_archive_manifest(manifest_json()), ErrorKind::input,
                                  name_ + ": manifest.json");
    PassedImage passed{.image = image_of(choose_image(entries, wanted, name_)), .taken = {}};
    for (const auto& [file, layer] : layers_) passed.taken.insert_or_assign(layer.diff_id, layer);
    return passed;
  }

 private:
  void pass(const ArchiveEntries::Entry& entry) {
    if (!entry.link.empty()) {
      links_.try_emplace(entry.name, entry.link);
      return;
    }
    auto rest = std::make_unique<CurrentFile>(archive_);
    std::string first(tar_block_bytes, '\0');
    first.resize(read_full(*rest, std::as_writable_bytes(std::span(first))));
    const bool is_plain = is_plain_tar(bytes_of(first));
    const bool is_layer = is_plain || is_compressed(first);
    auto bytes = std::make_unique<PrefixedReader>(std::move(first), std::move(rest));
    if (is_layer) {
      take(entry, std::move(bytes), is_plain);
    } else {
      keep(entry, *bytes);
    }
  }

  void take(const ArchiveEntries::Entry& entry, std::unique_ptr<Reader> bytes, bool is_plain) {
    PassingLayer layer{.plain = decompress(std::move(bytes)),
                       .promised = digest_in(entry.name),
                       .size = is_plain ? std::optional(entry.size) : std::nullopt};
    const std::string brief = layer.promised ? layer.promised->brief() : printable(entry.name);
    with_context(
        cat("layer ", layers_.size() + 1, " (", brief, ", ", brief_bytes(entry.size), ")"),
        [&] { layers_.insert_or_assign(entry.name, intake_.take(std::move(layer), stop_)); });
  }

  void keep(const ArchiveEntries::Entry& entry, Reader& bytes) {
    // What is too long to be a config or a manifest is passed over.
    if (entry.size > oci::max_manifest_bytes) return;
    kept_bytes_ += entry.size;
    if (kept_bytes_ > max_kept_bytes) {
      throw Error(ErrorKind::input, cat(name_, ": more than ", brief_bytes(max_kept_bytes),
                                        " of files that are not layers"));
    }
    kept_.insert_or_assign(entry.name, read_all(bytes, oci::max_manifest_bytes));
  }

  /// The file that a name leads to.
  std::string resolve(const std::string& text) const {
    std::string name = plain_entry_name(text);
    for (int followed = 0; followed < max_layer_links && !kept_.contains(name); ++followed) {
      const auto link = links_.find(name);
      if (layers_.contains(name) || link == links_.end()) break;
      name = link->second;
    }
    return name;
  }

  const std::string& manifest_json() const {
    const auto found = kept_.find("manifest.json");
    if (found != kept_.end()) return found->second;
    if (kept_.contains(std::string(oci::layout::version_file))) {
      throw Error(ErrorKind::input, cat(name_, ": an OCI archive, not a docker-archive"),
                  "save it to a file, and name that: oci-archive:FILE");
    }
    throw Error(ErrorKind::input, cat(name_, ": no manifest.json in it"),
                "what made it has failed, or it is not a docker-archive (docker save, podman save, "
                "streamLayeredImage)");
  }

  Image image_of(const DockerArchiveEntry& entry) const {
    const auto config = kept_.find(resolve(entry.config));
    if (config == kept_.end()) throw did_not_come(entry.config);
    Image image{.config_json = config->second};
    const auto facts = or_throw(oci::read_config_facts(image.config_json), ErrorKind::input,
                                cat(name_, ": ", printable(entry.config)));
    expect_fitting_layers(entry, facts.diff_ids.size(), name_);
    image.platform = facts.platform;
    for (std::size_t i = 0; i < entry.layers.size(); ++i) {
      image.layers.push_back(layer_of(entry.layers[i], facts.diff_ids[i]));
    }
    return image;
  }

  Layer layer_of(const std::string& file, const oci::Digest& diff_id) const {
    const auto taken = layers_.find(resolve(file));
    if (taken == layers_.end()) throw did_not_come(file);
    if (taken->second.diff_id != diff_id) {
      throw Error(ErrorKind::integrity,
                  cat(name_, ": ", printable(file), " has digest ", taken->second.diff_id.str(),
                      ", and the config says ", diff_id.str()));
    }
    return {.diff_id = diff_id,
            .blob = Blob{.descriptor = taken->second.stored,
                         .bytes = std::make_shared<PassedLayer>(diff_id)}};
  }

  Error did_not_come(const std::string& file) const {
    return {ErrorKind::input,
            cat(name_, ": manifest.json names ", printable(file), ", which did not come")};
  }

  const std::string name_;
  LayerIntake& intake_;
  const std::stop_token stop_;
  ArchiveEntries archive_;
  std::map<std::string, std::string> kept_;  // files that are no layers, whole
  std::uint64_t kept_bytes_ = 0;
  std::map<std::string, std::string> links_;
  std::map<std::string, LayerTaken> layers_;
};

}  // namespace

PassedImage read_docker_archive(std::unique_ptr<Reader> archive, const std::string& name,
                                const std::optional<oci::Reference>& wanted, LayerIntake& intake,
                                std::stop_token stop) {
  return Passing(std::move(archive), name, intake, std::move(stop)).run(wanted);
}

}  // namespace n2c
