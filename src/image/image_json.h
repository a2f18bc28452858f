#pragma once
/// layers.json and image.json: upstream's descriptions of layers and images, read by Go's
/// rules (docs/format.md C4) and written byte for byte (C1 to C3).

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/system.h"
#include "image/image.h"
#include "image/layer_record.h"
#include "oci/config.h"

namespace n2c {

/// image.json as it stands in the file (docs/format.md C3.3). `annotations` and `history` are n2c's
/// own: they are written only where there is something in them, and nix2container passes over them.
struct ImageRecord {
  std::int64_t version = 1;
  oci::ContainerConfig container;
  std::optional<std::vector<LayerRecord>> layers;  ///< unset is `null`
  std::string arch;
  /// The processor's variant ("v7"). It is given beside the file, which has no key for it.
  std::string variant{};
  std::optional<std::string> created;
  oci::Annotations annotations{};  ///< of the image's manifest
  /// The config's whole history, where a base has entries without a layer (ENV, CMD). It replaces
  /// the layers' own entries and has one for each layer among others. Empty: there are only the
  /// layers' own.
  std::vector<oci::History> history{};
};

/// No description larger than this is read: those of the largest closures are a tenth of it.
inline constexpr std::uint64_t max_description_bytes = 64 << 20;
/// No image or layers file has more layers; registries and engines stop far below.
inline constexpr std::size_t max_described_layers = 10'000;

/// Parsers. The error says where: line and column, or the keys ("layers[3].size").
/// parse_image_json() refuses versions other than 1, and the configs that require_sound() refuses.
Parsed<std::vector<LayerRecord>> parse_layers_json(std::string_view text);
Parsed<ImageRecord> parse_image_json(std::string_view text);
std::string layers_json(const std::vector<LayerRecord>& layers);  // "null" when empty
std::string image_json(const ImageRecord& image);

/// Every path in the Nix store begins with this.
inline constexpr std::string_view store_folder = "/nix/store/";

/// Where store paths are on this machine (--store-root).
struct StoreView {
  /// Paths in /nix/store are read below this folder. Empty: they are read where they say.
  std::filesystem::path root{};
  /// Whether names of files there carry Nix's case hack, which names in a tar do not
  /// (docs/format.md E3.1).
  bool case_hack = has_case_hack();
  /// `path`, or the same below root when it is a store path and root is set.
  std::filesystem::path locate(std::string_view path) const;
  /// The same for a file that need not be in the store (a layer's tar, a blob). When it is not
  /// below root, `path` is returned as it is.
  std::filesystem::path locate_file(std::string_view path) const;
};

/// The bytes of a description that the user named; it may be a pipe. Throws Error{input} when it
/// cannot be read or is too large.
std::string read_description(const std::filesystem::path& file);
/// The same for a file that a description or a folder names, not the user. It has to be a regular
/// file.
std::string read_described_file(const std::filesystem::path& file);
/// The image.json that the user named. Throws Error{input}, with the file's name where it is
/// something else.
ImageRecord read_image_json(const std::string& file);

/// Throws Error{input} when a path has options this n2c does not know: making its layer without
/// obeying them would give other bytes (docs/format.md Appendix III).
void require_known_options(const std::vector<StorePath>& paths);

/// Throws Error{input} for layers that must not be passed on: an invalid digest or diff_ids
/// (readers may make a file's name of it), or a negative size.
void require_sound(const std::vector<LayerRecord>& layers);
/// The same for a config that is too large for registries and engines (oci::max_manifest_bytes).
void require_sound(const oci::ContainerConfig& config);

/// Reads image.json and makes of it an image whose layers can be opened. A layer's bytes are those
/// of its layer-path, or else made from its paths; a layer with neither is an Error. Nothing of a
/// layer is read until it is opened. What is read is verified against the recorded digest: a
/// mismatch is Error{integrity} before the last byte is given. Sizes are true: a layer-path is
/// stat'ed. Throws Error{input} for whatever is wrong with the file (docs/format.md C4, A6.4,
/// version other than 1).
Image load_image_json(const std::filesystem::path& file, const StoreView& store);

/// The same from a record that was already read out of `file`. A layer's file that lies neither in
/// that file's folder nor in the store is read whole and checked before its first byte is given
/// (trusted_places.h).
Image make_image(const ImageRecord& record, const StoreView& store,
                 const std::filesystem::path& file);

}  // namespace n2c
