/// n2c verify: whether what is at a registry, or in the store, is what an image.json describes.

#include <CLI/CLI.hpp>
#include <memory>

#include "base/tasks.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/inspect/place.h"
#include "cli/transfer_options.h"
#include "codec/codec.h"
#include "console/json_object.h"
#include "console/layer_bars.h"
#include "statement/json_difference.h"
#include "statement/tar_difference.h"

namespace n2c::cli {

namespace {

struct VerifyArguments {
  std::string description;
  PlaceArguments place;  ///< its image is the reference; empty: the store
  bool deep = false, json = false;
};

/// What is compared with the description.
struct Verified {
  std::string reference;              ///< empty: the store
  std::optional<oci::Digest> digest;  ///< of its manifest, where it has one
};

void print_verified_json(const VerifyArguments& arguments, const Image& described,
                         const Verified& verified, const std::string& difference) {
  const auto& [reference, stored] = verified;
  go::Json json;
  json.set("command", "verify").set("description", arguments.description);
  json.set("reference", reference.empty() ? go::Json() : go::Json(reference));
  json.set("digest", stored ? go::Json(stored->str()) : go::Json());
  json.set("layers", go::Json(std::uint64_t{described.layers.size()}));
  json.set("deep", go::Json(arguments.deep)).set("matches", go::Json(difference.empty()));
  json.set("difference", difference.empty() ? go::Json() : go::Json(difference));
  print_object("n2c.verification/1", json);
}

/// Runs `compare`, and prints with --json what came of it: that it throws for a difference too.
/// Without --json, `found` is printed where there is none.
template <class Compare>
int told(const VerifyArguments& arguments, const Image& described, const Verified& verified,
         const std::string& found, Compare&& compare) {
  try {
    compare();
  } catch (const Error& error) {
    const bool is_told = arguments.json && error.kind() == ErrorKind::integrity;
    if (is_told) print_verified_json(arguments, described, verified, error.message());
    throw;
  }
  if (arguments.json) {
    print_verified_json(arguments, described, verified, "");
  } else {
    terminal::print(found);
  }
  return 0;
}

constexpr std::size_t verified_at_once = 4;

std::string layer_words(std::size_t place, const Image& image) {
  const std::string& label = image.layers[place].label;
  return cat("layer ", place + 1, " of ", image.layers.size(),
             label.empty() ? "" : cat(" (", printable(label), ")"));
}

/// The first file in which a layer that is stored differs from the described one. "" where the
/// store on this machine cannot tell.
std::string file_difference(const Image& described, const Image& stored, std::size_t place) {
  try {
    TarEntries is(decompress(stored.layers[place].blob.bytes->open()), "the stored layer");
    TarEntries should(decompress(described.layers[place].blob.bytes->open()),
                      "the described layer");
    const auto found = first_difference(is, should);
    return found ? cat(": ", printable(found->file), ": ", found->why) : "";
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    return cat("; the file that differs is not known: ", error.message());
  }
}

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::integrity, what); }

void compare_layers(const Image& described, const Image& stored) {
  const std::size_t both = std::min(described.layers.size(), stored.layers.size());
  for (std::size_t i = 0; i < both; ++i) {
    const oci::Digest& is = stored.layers[i].diff_id;
    const oci::Digest& should = described.layers[i].diff_id;
    if (is == should) continue;
    refuse(cat(layer_words(i, described), " is ", is.brief(), ", and should be ", should.brief(),
               file_difference(described, stored, i)));
  }
  if (described.layers.size() != stored.layers.size()) {
    refuse(cat("it has ", layer_count(stored.layers.size()), ", and should have ",
               described.layers.size()));
  }
}

void compare_configs(const Image& described, const Image& stored) {
  if (described.config_json == stored.config_json) return;
  const auto is = or_throw(go::Json::parse(stored.config_json), ErrorKind::input, "its config");
  const auto should =
      or_throw(go::Json::parse(described.config_json), ErrorKind::internal, "config");
  const auto found = first_difference(is, should);
  throw Error(ErrorKind::integrity,
              cat("its config is another: ", found ? *found : "it is written in another way"),
              "a push with --label or --created writes another config than the description's");
}

void compare_annotations(const Image& described, const oci::Manifest& manifest) {
  for (const auto& [key, value] : described.annotations) {
    const auto found = manifest.annotations.find(key);
    if (found != manifest.annotations.end() && found->second == value) continue;
    refuse(cat("the annotation ", printable(key), " of its manifest is ",
               found == manifest.annotations.end() ? "not there" : printable(found->second),
               ", and should be ", printable(value)));
  }
}

/// Each layer fetched, its blob's digest and its diff_id computed.
void fetch_layers(const Image& described, const Image& stored, const std::stop_token& stop) {
  run_side_by_side(
      stored.layers.size(), verified_at_once, stop, [&](std::size_t i, std::stop_token inner) {
        const Layer& layer = stored.layers[i];
        const oci::Digest diff_id =
            oci::measure(decompress(layer.blob.bytes->open()), {}, inner).digest;
        if (diff_id == layer.diff_id) return;
        refuse(cat(layer_words(i, described), " unpacks to ", diff_id.brief(), ", and should to ",
                   layer.diff_id.brief(), file_difference(described, stored, i)));
      });
}

/// Asks a registry for each layer by its digest.
void ask_for_layers(const Image& described, const oci::Manifest& manifest, OpenPlace& place,
                    const std::stop_token& stop) {
  auto client =
      place.registries().client(place.address().reference->repository, registry::Access::pull);
  run_side_by_side(
      manifest.layers.size(), 4 * verified_at_once, stop,
      [&](std::size_t i, std::stop_token inner) {
        const oci::Descriptor& blob = manifest.layers[i];
        if (client.has_blob(blob, std::move(inner))) return;
        refuse(cat(layer_words(i, described), ": the registry lacks its blob ", blob.digest.str()));
      });
}

/// Reads each layer in its folder or archive, so that its size and digest are checked: that it is
/// there does not say that it is whole.
void read_stored_layers(const Image& described, const oci::Manifest& manifest, ImageSource& source,
                        const std::stop_token& stop) {
  run_side_by_side(
      manifest.layers.size(), verified_at_once, stop,
      [&](std::size_t i, const std::stop_token& inner) {
        const oci::Descriptor& blob = manifest.layers[i];
        try {
          oci::measure(source.open_blob(blob, inner), blob.media_type, inner);
        } catch (const Error& error) {
          if (inner.stop_requested()) throw;
          throw error.at(layer_words(i, described)).as(ErrorKind::integrity, error.hint());
        }
      });
}

int verify_stored(const VerifyArguments& arguments, const Image& described, bool debug,
                  const std::stop_token& stop) {
  OpenPlace place(arguments.place, debug);
  const std::string named = place.address().str();
  const OpenedSource opened = place.source({.codec = Codec::none, .level = 0}, stop);
  const auto* source = std::get_if<std::shared_ptr<ImageSource>>(&opened);
  if (source == nullptr) throw Error(ErrorKind::usage, cat(named, " is not a stored image"));
  const oci::RawManifest raw = manifest_for(**source, described.platform, stop);
  const auto manifest =
      or_throw(oci::Manifest::from_json(raw.json), ErrorKind::input, cat(named, ": manifest"));
  const Image stored = image_of(*source, raw, stop);
  const oci::Digest& digest = raw.descriptor.digest;
  const std::string found =
      cat(named, " @", digest.str(), " is what ", printable(arguments.description),
          " describes: manifest, config and ", layer_count(stored.layers.size()),
          arguments.deep ? ", each fetched and unpacked" : "");
  const auto compare = [&] {
    compare_layers(described, stored);
    compare_configs(described, stored);
    compare_annotations(described, manifest);
    if (arguments.deep) {
      fetch_layers(described, stored, stop);
    } else if (place.address().kind == Address::Kind::registry) {
      ask_for_layers(described, manifest, place, stop);
    } else {
      read_stored_layers(described, manifest, **source, stop);
    }
  };
  return with_context("verifying " + named, [&] {
    return told(arguments, described, {pasteable(place.address(), digest), digest}, found, compare);
  });
}

/// Every layer made again from the store.
int verify_store(const VerifyArguments& arguments, const Image& described,
                 const std::stop_token& stop) {
  const auto make_again = [&](std::size_t i, const std::stop_token& inner) {
    const Layer& layer = described.layers[i];
    at_place(layer_words(i, described), [&] {
      // A layer checks its own bytes as they are read.
      oci::measure(layer.blob.bytes->open(), {}, inner);
      if (layer.blob.descriptor.digest == layer.diff_id) return;
      const oci::Digest plain =
          oci::measure(decompress(layer.blob.bytes->open()), {}, inner).digest;
      if (plain == layer.diff_id) return;
      refuse(cat("its file unpacks to ", plain.brief(), ", and should to ", layer.diff_id.brief()));
    });
  };
  const std::string found = cat("the store has what ", printable(arguments.description),
                                " describes: ", layer_count(described.layers.size()));
  return told(arguments, described, {}, found, [&] {
    run_side_by_side(described.layers.size(), verified_at_once, stop, make_again);
  });
}

int run_verify(const VerifyArguments& arguments, bool debug, const std::stop_token& stop) {
  const Image described =
      load_described(arguments.description, arguments.place.store_root, {}).image;
  if (!arguments.place.image.empty()) return verify_stored(arguments, described, debug, stop);
  if (arguments.deep) throw Error(ErrorKind::usage, "--deep is asked of a stored image");
  return verify_store(arguments, described, stop);
}

}  // namespace

void add_verify_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<VerifyArguments>();
  CLI::App& command = *app.add_subcommand(
      "verify", "Check that a stored image, or the store, is what an image.json describes");
  command.add_option("IMAGE.json", arguments->description, "the description")->required();
  command.add_option("REFERENCE", arguments->place.image,
                     "the image: HOST/REPOSITORY[:TAG][@DIGEST], oci:DIR[:TAG], … (default: make "
                     "every layer again from the store)");
  command.add_flag("--deep", arguments->deep, "fetch and unpack every layer");
  command.add_flag("--json", arguments->json, "print the result as a JSON object in one line");
  command.add_option("--store-root", arguments->place.store_root,
                     "read /nix/store/… below this folder");
  add_registry_options(command, arguments->place.registry);
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_verify(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
