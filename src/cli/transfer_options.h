#pragma once
/// The options of every command that writes images somewhere: push, copy, index.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/registry_options.h"
#include "console/console_progress.h"
#include "console/stopped.h"
#include "image/image.h"
#include "image/image_json.h"
#include "layout/blob_file.h"
#include "places/address.h"
#include "transfer/push.h"

namespace CLI {
class App;
}

namespace n2c::cli {

/// What is said while a command works and when it is done, as written on the command line.
struct ProgressArguments {
  bool quiet = false, json = false;
  std::string style = "auto", summary;
  std::chrono::seconds patience{};  ///< before a log gets its first line
};

/// Declares --progress.
void add_progress_style(CLI::App& command, std::string& style);
/// Declares -q, --json, --summary and --progress. `arguments` must live until the command has run.
void add_progress_options(CLI::App& command, ProgressArguments& arguments);
/// Throws Error{local} where --summary cannot be written.
std::unique_ptr<ConsoleProgress> make_progress(const ProgressArguments& arguments);

/// As written on the command line.
struct TransferArguments {
  std::string compression, format = "auto", digest_file, store_root;
  std::vector<std::string> tags;
  std::size_t compression_threads = 0, uploads = 5, probes = 32;
  bool verify = false, check_blobs = false, no_reuse = false, layer_index = false;
  ProgressArguments progress;
  RegistryArguments registry;
};

/// Declares them, without the registry's own. `arguments` must live until the command has run.
void add_transfer_options(CLI::App& command, TransferArguments& arguments);

/// Declares --check-blobs and --no-reuse.
void add_trust_options(CLI::App& command, TransferArguments& arguments);

/// Declares --layer-index.
void add_layer_index_option(CLI::App& command, TransferArguments& arguments);

/// What they mean for that destination. Without --compression layers are gzip where images are
/// stored and shared, and plain in dir: folders and engines (docs/format.md A9). Throws
/// Error{usage}.
PushOptions push_options_of(const TransferArguments& arguments, Address::Kind destination);

/// What --verify means for that destination. Throws Error{usage} where it is not a folder.
BlobTrust blob_trust_of(const TransferArguments& arguments, const Address& destination);

/// What options say about an image, beyond its description.
struct MetadataArguments {
  std::vector<std::string> annotations, labels;
  std::string created, image_id_file;
};
void add_metadata_options(CLI::App& command, MetadataArguments& arguments);

/// --annotation by where it goes: "index:K=V", "descriptor:K=V", "manifest:K=V" or K=V.
struct AnnotationPlaces {
  oci::Annotations manifest, descriptor, index;
};
AnnotationPlaces annotations_of(const std::vector<std::string>& arguments);
/// --annotation of one image: on its manifest, or Error{usage}.
oci::Annotations image_annotations_of(const std::vector<std::string>& arguments);

/// An image, and the image.json that it was made of: a file that is read once may be a pipe.
struct DescribedImage {
  Image image;
  std::shared_ptr<const ImageRecord> record;  ///< null of an archive, and where nobody asks
};

/// Reads image.json, with --label and --created put in, and the variant of the platform if one was
/// written before it. Throws Error.
DescribedImage load_described(const std::string& file, const std::string& store_root,
                              const MetadataArguments& arguments,
                              const std::optional<oci::Platform>& platform = {});

/// A reference that `option` names. Throws Error{usage}.
oci::Reference reference_argument(const std::string& text, std::string_view option);
/// A repository of --mount-from, of the same registry. Throws Error{usage}.
oci::Repository sibling_argument(const std::string& text, const oci::Repository& to);

/// One KEY=VALUE of `option`. Throws Error{usage}.
std::pair<std::string, std::string> key_value_of(std::string_view pair, std::string_view option);

/// As the user would name it: a registry's reference without its digest, else the address.
std::string shown(const Address& address);
/// What of what was sent there is of use to the next try.
Kept kept_at(const Address& place);
/// The image at that place as the next command may name it: HOST/REPOSITORY:TAG@DIGEST,
/// oci:FOLDER:TAG@DIGEST; without a digest in the words of places that do not take one.
std::string pasteable(const Address& place, const oci::Digest& digest);

/// "99 LAYERS already there, 2 mounted, 1 sent (3.1 MiB)"; `one` and `many` name what is counted.
struct Counts {
  std::size_t present = 0, mounted = 0, sent = 0;
  std::uint64_t bytes_sent = 0;
  std::string str(std::string_view one, std::string_view many) const;
};

}  // namespace n2c::cli
