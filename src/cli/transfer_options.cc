#include "cli/transfer_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <utility>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/line/mistake.h"
#include "codec/codec.h"
#include "console/output.h"
#include "go/rfc3339.h"
#include "layout/docker_archive.h"
#include "places/right_word.h"

namespace n2c::cli {

namespace {

const std::map<std::string, ProgressStyle>& progress_styles() {
  static const std::map<std::string, ProgressStyle> all = {{"auto", ProgressStyle::automatic},
                                                           {"tty", ProgressStyle::terminal},
                                                           {"plain", ProgressStyle::plain},
                                                           {"json", ProgressStyle::json},
                                                           {"none", ProgressStyle::none}};
  return all;
}

}  // namespace

void add_progress_style(CLI::App& command, std::string& style) {
  command
      .add_option(
          "--progress", style,
          "progress on standard error; tty: lines that are redrawn, plain: a line every 30 s, "
          "json: an object every second, none: no progress, auto: tty on a terminal, else plain")
      ->check(CLI::IsMember({"auto", "tty", "plain", "json", "none"}))
      ->capture_default_str();
}

void add_progress_options(CLI::App& command, ProgressArguments& arguments) {
  command.add_flag("-q,--quiet", arguments.quiet, "print only the result and errors");
  command.add_flag("--json", arguments.json, "print the result as a JSON object in one line");
  command.add_option("--summary", arguments.summary,
                     "also append the result to this file as Markdown, for a pipeline's page "
                     "(default: $GITHUB_STEP_SUMMARY, where it is set)");
  add_progress_style(command, arguments.style);
}

std::unique_ptr<ConsoleProgress> make_progress(const ProgressArguments& arguments) {
  using Told = ConsoleProgress::Notes;
  require_output(arguments.summary, "--summary");
  const bool nothing = arguments.quiet && arguments.style == "auto";
  return std::make_unique<ConsoleProgress>(
      nothing ? ProgressStyle::none : progress_styles().at(arguments.style),
      arguments.quiet ? Told::hidden : Told::shown, arguments.patience);
}

void add_transfer_options(CLI::App& command, TransferArguments& arguments) {
  command.add_option("--store-root", arguments.store_root, "read /nix/store/… below this folder");
  command.add_option("--compression", arguments.compression,
                     "gzip[:0-2], zstd[:1-19] or none, for layers that are not compressed yet "
                     "(default: gzip; none for engines and dir: folders)");
  take_number(*command.add_option(
                  "--compression-threads", arguments.compression_threads,
                  "how many threads compress; 0: one for each processor (the bytes stay the same)"),
              0, 256);
  command.add_option("-t,--tag", arguments.tags, "a further tag for the image (repeatable)");
  command
      .add_option("--format", arguments.format,
                  "the manifest's format; auto: oci, or docker if the registry refuses oci")
      ->check(CLI::IsMember({"auto", "oci", "docker"}))
      ->capture_default_str();
  command.add_option("--digest-file,--digestfile", arguments.digest_file,
                     "write the manifest's digest to this file");
  take_number(*command
                   .add_option("--uploads", arguments.uploads,
                               "how many blobs above 256 KiB are sent at once")
                   ->capture_default_str(),
              1, 64);
  take_number(*command
                   .add_option("--probes", arguments.probes,
                               "how many questions, and blobs up to 256 KiB, are sent at once")
                   ->capture_default_str(),
              1, 256);
  command.add_flag("--verify", arguments.verify,
                   "check the digests of the blobs that an oci: or dir: folder has already, and "
                   "replace wrong ones (default: check only their sizes)");
  command.add_option(
      "--chunk-size", arguments.registry.chunk_size,
      "send a blob in several requests of at most this size, such as 64M (default: in one)");
  add_progress_options(command, arguments.progress);
}

void add_trust_options(CLI::App& command, TransferArguments& arguments) {
  command.add_flag(
      "--check-blobs", arguments.check_blobs,
      "ask for every blob even if the manifest is there, and send those that are missing");
  command.add_flag("--no-reuse", arguments.no_reuse,
                   "compress every layer, also those that are known");
}

void add_layer_index_option(CLI::App& command, TransferArguments& arguments) {
  command.add_flag("--layer-index", arguments.layer_index,
                   "keep an index of layers in the repository, and find unchanged layers with it");
}

PushOptions push_options_of(const TransferArguments& arguments, Address::Kind destination) {
  for (const std::string& tag : arguments.tags) {
    if (oci::is_tag(tag)) continue;
    throw Error(ErrorKind::usage, cat("--tag: \"", printable(tag), "\" is not a tag"),
                "a tag alone, of up to 128 of A-Z a-z 0-9 . _ -: --tag latest");
  }
  std::string compression = arguments.compression;
  const bool keeps_plain = destination == Address::Kind::dir ||
                           destination == Address::Kind::docker_daemon ||
                           destination == Address::Kind::containers_storage;
  if (compression.empty()) compression = keeps_plain ? "none" : "gzip";
  return {
      .tags = arguments.tags,
      .compression = or_throw(Compression::parse(compression), ErrorKind::usage, "--compression"),
      .format = arguments.format == "docker" ? ManifestFormat::docker : ManifestFormat::oci,
      .fall_back_to_docker = arguments.format == "auto",
      .probes = arguments.probes,
      .uploads = arguments.uploads,
      .compression_threads = arguments.compression_threads,
      .check_blobs = arguments.check_blobs};
}

BlobTrust blob_trust_of(const TransferArguments& arguments, const Address& destination) {
  if (!arguments.verify) return BlobTrust::size;
  using Kind = Address::Kind;
  if (destination.kind == Kind::oci_layout || destination.kind == Kind::dir) {
    return BlobTrust::digest;
  }
  throw Error(ErrorKind::usage, "--verify is for oci: and dir: folders",
              "a registry checks what it is sent; push --verify-reuse checks what it has");
}

void add_metadata_options(CLI::App& command, MetadataArguments& arguments) {
  command.add_option("--annotation", arguments.annotations,
                     "KEY=VALUE is for the manifest, index:KEY=VALUE for the index, "
                     "descriptor:KEY=VALUE for the image's entry in the index (repeatable)");
  command.add_option("--label", arguments.labels,
                     "a label to add to the config of an image.json (repeatable)");
  command.add_option("--created", arguments.created,
                     "the image's creation time (RFC 3339), instead of the one in image.json");
  command.add_option("--image-id-file", arguments.image_id_file,
                     "write the image id (the config's digest) to this file; not for an index");
}

oci::Reference reference_argument(const std::string& text, std::string_view option) {
  return or_throw(oci::Reference::parse(text), ErrorKind::usage, option);
}

oci::Repository sibling_argument(const std::string& text, const oci::Repository& to) {
  if (text.starts_with(to.host + "/")) return reference_argument(text, "--mount-from").repository;
  // A path alone means a repository of the same registry.
  const auto parts = cut(text, '/');
  const bool names_host = parts && oci::looks_like_host(parts->first);
  if (!names_host && oci::is_repository_path(text)) return {to.host, text};
  throw Error(ErrorKind::usage,
              cat("--mount-from: \"", printable(text), "\" is not a repository of ", to.host),
              "a registry mounts blobs of its own repositories only");
}

std::pair<std::string, std::string> key_value_of(std::string_view pair, std::string_view option) {
  const auto both = cut(pair, '=');
  if (!both || both->first.empty()) {
    throw Error(ErrorKind::usage, cat(option, ": \"", printable(pair), "\" is not KEY=VALUE"));
  }
  return {std::string(both->first), std::string(both->second)};
}

AnnotationPlaces annotations_of(const std::vector<std::string>& arguments) {
  AnnotationPlaces places;
  for (std::string_view pair : arguments) {
    oci::Annotations* place = &places.manifest;
    for (const auto& [prefix, named] : {std::pair{std::string_view("manifest:"), &places.manifest},
                                        {"descriptor:", &places.descriptor},
                                        {"index:", &places.index}}) {
      if (!pair.starts_with(prefix)) continue;
      pair.remove_prefix(prefix.size());
      place = named;
      break;
    }
    place->insert_or_assign(key_value_of(pair, "--annotation").first,
                            key_value_of(pair, "--annotation").second);
  }
  return places;
}

oci::Annotations image_annotations_of(const std::vector<std::string>& arguments) {
  const AnnotationPlaces places = annotations_of(arguments);
  if (places.index.empty() && places.descriptor.empty()) return places.manifest;
  throw Error(ErrorKind::usage, "--annotation: one image has no index to put it on",
              "use push --index, or leave the prefix out");
}

namespace {

/// What to do with a folder where a description was due.
std::string hint_for_folder(const std::filesystem::path& folder) {
  if (const auto kind = kind_of_folder(folder)) {
    return cat(name_of(*kind), " is copied: n2c copy ", word_of(*kind), printable(folder.string()),
               " DESTINATION");
  }
  return "IMAGE is the image.json that nix build makes, mostly ./result";
}

bool is_archive(std::string_view text) {
  return is_compressed(text) || is_plain_tar(bytes_of(text.substr(0, 512)));
}

/// What the text is when it is no image.json.
std::string hint_for_other(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '[') {
    return "a list is a layers.json or a closure graph: n2c image makes an image.json of layers";
  }
  if (first == std::string_view::npos) return "what wrote it may have failed: run that again";
  if (is_archive(text)) return "an archive is copied: n2c copy docker-archive:FILE DESTINATION";
  if (text[first] != '{') return "IMAGE is the image.json that nix build makes, mostly ./result";
  return "n2c image makes an image.json of a config and layers";
}

/// Why the text is no image.json.
std::string fault_of(std::string_view text, std::string_view said) {
  if (text.empty()) return "the file is empty";
  if (is_archive(text)) return "an archive, and an image.json was due";
  const bool is_object = trim(text).starts_with('{');
  if (is_object && !text.contains("\"version\"")) return "not an image.json: it has no version";
  return std::string(said);
}

}  // namespace

DescribedImage load_described(const std::string& file, const std::string& store_root,
                              const MetadataArguments& arguments,
                              const std::optional<oci::Platform>& platform) {
  const StoreView store{.root = store_root};
  const std::string named = printable(file, 300);
  if (std::error_code ignored; std::filesystem::is_directory(file, ignored)) {
    throw Error(ErrorKind::input, cat(named, " is a folder, and an image.json was due"),
                hint_for_folder(file));
  }
  const std::string text = read_description(file);
  auto parsed = parse_image_json(text);
  if (!parsed) {
    const bool is_image = text.contains("\"version\"") && text.contains("\"image-config\"");
    if (is_image) throw Error(ErrorKind::input, cat(named, ": ", parsed.error()));
    throw Error(ErrorKind::input, cat(named, ": ", fault_of(text, parsed.error())),
                hint_for_other(text));
  }
  ImageRecord record = *std::move(parsed);
  for (const std::string& label : arguments.labels) {
    const auto [key, value] = key_value_of(label, "--label");
    record.container.labels.insert_or_assign(key, value);
  }
  if (!arguments.created.empty()) {
    record.created =
        or_throw(go::rewrite_rfc3339(arguments.created), ErrorKind::usage, "--created");
  }
  if (platform && platform->architecture == record.arch) record.variant = platform->variant;
  Image image = make_image(record, store, file);
  return {std::move(image), std::make_shared<const ImageRecord>(std::move(record))};
}

std::string shown(const Address& address) {
  if (address.kind != Address::Kind::registry) return address.str();
  oci::Reference reference = *address.reference;
  reference.digest.reset();
  return reference.str();
}

Kept kept_at(const Address& place) {
  using What = ConsoleProgress::Kept;
  switch (place.kind) {
    case Address::Kind::docker_daemon:
    case Address::Kind::containers_storage: return {What::nothing, "nothing was loaded"};
    case Address::Kind::oci_archive:
    case Address::Kind::docker_archive:
    case Address::Kind::image_json: return {What::nothing, "nothing was written"};
    case Address::Kind::registry:
    case Address::Kind::oci_layout:
    case Address::Kind::dir: break;
  }
  return {What::what_is_sent, "nothing was sent"};
}

std::string pasteable(const Address& place, const oci::Digest& digest) {
  Address named = place;
  if (place.kind == Address::Kind::registry) {
    named.reference->digest = digest;
    return named.reference->str();
  }
  const bool is_oci =
      place.kind == Address::Kind::oci_layout || place.kind == Address::Kind::oci_archive;
  if (is_oci) named.digest = digest;
  return named.str();
}

std::string Counts::str(std::string_view one, std::string_view many) const {
  std::string text = cat(present, " ", present == 1 ? one : many, " already there, ");
  if (mounted != 0) text += cat(mounted, " mounted, ");
  return cat(text, sent, " sent (", brief_bytes(bytes_sent), ")");
}

}  // namespace n2c::cli
