#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/locked.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/attest/push_attachments.h"
#include "cli/command.h"
#include "cli/image_argument.h"
#include "cli/index.h"
#include "cli/line/push_plan.h"
#include "cli/line/result.h"
#include "cli/transfer_options.h"
#include "console/console_progress.h"
#include "console/output.h"
#include "places/open.h"
#include "places/push_list.h"
#include "places/push_turns.h"

namespace n2c::cli {

namespace {

struct PushArguments {
  std::string image;
  std::vector<std::string> others;  // the last is the destination
  std::string own_name;             // the destination when none is given
  std::vector<std::string> reuse_from, mount_from;
  bool index = false, all = false, verify_reuse = false, dry_run = false;
  TransferArguments transfer;
  MetadataArguments metadata;
  PushAttachments attachments;
};

/// The options that only registries look at.
RegistryPush registry_push_of(const PushArguments& arguments, const oci::Reference& to) {
  if (arguments.transfer.no_reuse && !arguments.reuse_from.empty()) {
    throw Error(ErrorKind::usage,
                "--reuse-from names what to reuse, and --no-reuse says nothing is",
                "leave one of them out");
  }
  RegistryPush push{.to = to,
                    .reuse = !arguments.transfer.no_reuse,
                    .verify_reuse = arguments.verify_reuse,
                    .cache_file = DigestCache::usual_file(process_environment()),
                    .layer_index = arguments.transfer.layer_index};
  for (const auto& text : arguments.reuse_from) {
    push.reuse_from.push_back(reference_argument(text, "--reuse-from"));
  }
  for (const auto& text : arguments.mount_from) {
    push.mount_from.push_back(sibling_argument(text, to.repository));
  }
  return push;
}

PushOptions image_push_options(const PushArguments& arguments, Address::Kind destination) {
  PushOptions options = push_options_of(arguments.transfer, destination);
  options.annotations = image_annotations_of(arguments.metadata.annotations);
  options.dry_run = arguments.dry_run;
  return options;
}

Counts counts_of(const PushReport& report) {
  return {.present = report.count(BlobOutcome::present),
          .mounted = report.count(BlobOutcome::mounted),
          .sent = report.count(BlobOutcome::sent),
          .bytes_sent = report.bytes_sent};
}

void write_files(const PushArguments& arguments, const StreamedPush& pushed) {
  if (!arguments.transfer.digest_file.empty()) {
    write_output(arguments.transfer.digest_file, pushed.report.manifest->digest.str());
  }
  if (!arguments.metadata.image_id_file.empty()) {
    write_output(arguments.metadata.image_id_file, pushed.config_id.str());
  }
}

/// Opens the destination, pushes and tells. Returns what was written.
PushReport push_there(const PushArguments& arguments, ImageArgument& image, const Address& address,
                      DestinationOptions opened, ConsoleProgress& progress, std::stop_token stop) {
  const auto began = std::chrono::steady_clock::now();
  const PushOptions options = image_push_options(arguments, address.kind);
  const auto destination = open_destination(address, opened);
  StreamedPush pushed = push_argument(image, *destination, options, progress, stop);
  if (arguments.attachments.is_asked()) {
    attach_and_tag(arguments.attachments,
                   {image, arguments.image, arguments.transfer.store_root, *address.reference,
                    options.tags, *pushed.report.manifest},
                   opened.registries, progress, stop);
  }
  const PushReport& report = pushed.report;
  progress.finish();
  const auto elapsed = std::chrono::steady_clock::now() - began;
  if (arguments.dry_run) {
    print_push_plan(address, std::get<Image>(image), report, options.tags,
                    arguments.transfer.progress);
    return std::move(pushed.report);
  }
  write_files(arguments, pushed);
  const oci::Digest& digest = report.manifest->digest;
  const Counts counts = counts_of(report);
  const std::string named = pasteable(address, digest);
  print_result({.command = "push",
                .lines = {named},
                .sentence = cat("pushed ", shown(address), " @", digest.str(), " : ",
                                counts.str("layer", "layers"), ", ", brief_duration(elapsed)),
                .reference = named,
                .digest = digest.str(),
                .image_id = pushed.config_id.str(),
                .names = options.tags,
                .counts = counts,
                .elapsed = elapsed},
               arguments.transfer.progress, address.is_standard_output());
  return std::move(pushed.report);
}

int push_one(const PushArguments& arguments, const Address& address, bool debug,
             std::stop_token stop) {
  refuse_json_beside(address, arguments.transfer.progress);
  require_output(arguments.transfer.digest_file, "--digest-file");
  require_output(arguments.metadata.image_id_file, "--image-id-file");
  ImageArgument image =
      open_image_argument(arguments.image, arguments.transfer.store_root, arguments.metadata, stop);
  const auto shown_progress = make_progress(arguments.transfer.progress);
  ConsoleProgress& progress = *shown_progress;
  Registries registries(for_argument(
      image, make_registry_options(arguments.transfer.registry, address, progress, debug)));
  DestinationOptions opened{.registries = registries,
                            .trust = blob_trust_of(arguments.transfer, address)};
  if (address.reference) opened.registry = registry_push_of(arguments, *address.reference);
  if (arguments.attachments.is_asked()) {
    require_attachments(arguments.attachments, image, address, arguments.dry_run);
    opened.registry.untagged = true;
  }
  push_there(arguments, image, address, std::move(opened), progress, stop);
  return 0;
}

/// Several images, side by side where they share no layer that is still to be sent. What one has
/// compressed and sent is known to the next: it is mounted there.
class PushOfAll {
 public:
  PushOfAll(const PushArguments& arguments, const std::vector<ImageToPush>& images, bool debug)
      : arguments_(arguments), images_(images), registries_(options_of(debug)) {
    if (cache_file_.empty()) cache_file_ = in_place_of_cache_.emplace().path() / "pushes";
  }

  /// The failures of images, which stop no other.
  std::vector<Error> run(const std::stop_token& stop) {
    std::vector<std::set<oci::Digest>> layers;
    for (const ImageToPush& image : images_) {
      EarlyImage early =
          open_early(image.image, arguments_.transfer.store_root, arguments_.metadata, stop);
      layers.push_back(std::move(early.layers));
      opened_.push_back(std::move(early.image));
    }
    PushTurns turns(std::move(layers), most_at_once);
    const std::size_t workers = std::min(images_.size(), most_at_once);
    run_side_by_side(workers, workers, stop, [&](std::size_t, const std::stop_token& inner) {
      while (const auto turn = turns.take(inner)) {
        bool is_there = false;
        const GivenBack given_back{turns, turn->image, is_there};
        is_there = push_or_tell(turn->image, turn->side_by_side, inner);
      }
    });
    return failures_.with([](auto& failures) { return std::move(failures); });
  }

 private:
  /// Each takes a share of the threads and memory that one push has.
  static constexpr std::size_t most_at_once = 4;

  struct GivenBack {
    PushTurns& turns;
    std::size_t image;
    const bool& is_there;
    ~GivenBack() { turns.give_back(image, is_there); }
  };

  bool push_or_tell(std::size_t image, std::size_t side_by_side, const std::stop_token& stop) {
    try {
      push(image, side_by_side, stop);
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      print_error(error, cat("n2c: ", shown(images_[image].to), ": "));
      failures_.with([&](auto& failures) { failures.push_back(error); });
      return false;
    }
  }

  void push(std::size_t which, std::size_t side_by_side, const std::stop_token& stop) {
    const ImageToPush& listed = images_[which];
    const PushArguments arguments = share_of(side_by_side);
    const auto progress = make_progress(arguments.transfer.progress);
    ImageArgument image = opened_[which]
                              ? *std::exchange(opened_[which], std::nullopt)
                              : open_image_argument(listed.image, arguments.transfer.store_root,
                                                    arguments.metadata, stop);
    const oci::Reference& to = *listed.to.reference;
    RegistryPush push = registry_push_of(arguments, to);
    push.cache_file = cache_file_;
    push.places = places_.with([](const auto& places) { return places; });
    if (side_by_side == 1) progress_ = progress.get();
    const Unset unset{progress_};
    const PushReport report =
        push_there(arguments, image, listed.to,
                   {.registries = registries_, .registry = std::move(push)}, *progress, stop);
    places_.with([&](auto& places) {
      for (const LayerOutcome& layer : report.layers) {
        if (layer.form && !arguments.dry_run) places.emplace(layer.form->digest, to.repository);
      }
    });
  }

  /// Of images side by side no progress is drawn, but where it goes to a log or a program.
  PushArguments share_of(std::size_t side_by_side) const {
    PushArguments share = arguments_;
    if (side_by_side == 1) return share;
    TransferArguments& transfer = share.transfer;
    const auto part = [&](std::size_t all) { return std::max<std::size_t>(1, all / side_by_side); };
    transfer.uploads = part(transfer.uploads);
    transfer.probes = part(transfer.probes);
    transfer.compression_threads =
        part(transfer.compression_threads == 0 ? processor_count() : transfer.compression_threads);
    if (transfer.progress.style == "auto" || transfer.progress.style == "tty") {
      transfer.progress.style = "none";
    }
    return share;
  }

  RegistryOptions options_of(bool debug) {
    const auto unused = make_progress(arguments_.transfer.progress);
    RegistryOptions options =
        make_registry_options(arguments_.transfer.registry, images_.front().to, *unused, debug);
    options.note = [this](const Printable& line) {
      ConsoleProgress* progress = progress_;
      (progress != nullptr ? *progress : *quiet_).note(line);
    };
    return options;
  }

  struct Unset {
    std::atomic<ConsoleProgress*>& progress;
    ~Unset() { progress = nullptr; }
  };

  const PushArguments& arguments_;
  const std::vector<ImageToPush>& images_;
  std::vector<std::optional<ImageArgument>> opened_;  // each is taken by its push alone
  std::atomic<ConsoleProgress*> progress_ = nullptr;  // of the image that is pushed alone
  std::unique_ptr<ConsoleProgress> quiet_ =
      make_progress({.quiet = arguments_.transfer.progress.quiet, .style = "none"});
  Registries registries_;
  std::filesystem::path cache_file_ = DigestCache::usual_file(process_environment());
  std::optional<TemporaryFolder> in_place_of_cache_;
  Locked<std::map<oci::Digest, oci::Repository>> places_;
  Locked<std::vector<Error>> failures_;
};

void refuse_for_all(const PushArguments& arguments) {
  const bool is_one = arguments.index || !arguments.transfer.digest_file.empty() ||
                      !arguments.metadata.image_id_file.empty();
  if (!is_one && arguments.others.size() < 2) return;
  throw Error(ErrorKind::usage,
              is_one ? "--all does not go with --index, --digest-file or --image-id-file"
                     : "--all takes a list, or a folder and one destination");
}

int push_all(const PushArguments& arguments, bool debug, const std::stop_token& stop) {
  refuse_attachments(arguments.attachments, "do not go with --all yet");
  refuse_for_all(arguments);
  const auto below =
      arguments.others.empty() ? std::nullopt : std::optional(arguments.others.front());
  const std::vector<ImageToPush> images = read_push_list(arguments.image, below);
  const std::vector<Error> failures = PushOfAll(arguments, images, debug).run(stop);
  if (failures.empty()) return 0;
  throw Error(failures.front().kind(),
              cat(failures.size(), " of ", images.size(), " images were not pushed"));
}

int push_index(const PushArguments& arguments, const Address& address, bool debug,
               std::stop_token stop) {
  if (arguments.dry_run) throw Error(ErrorKind::usage, "--index does not go with --dry-run");
  refuse_attachments(arguments.attachments, "do not go with --index yet");
  const IndexTransfer transfer{.sources = sources_of(arguments.image, arguments.others),
                               .destination = address,
                               .registry = address.reference
                                               ? registry_push_of(arguments, *address.reference)
                                               : RegistryPush{}};
  return run_index(transfer, arguments.transfer, arguments.metadata, debug, stop);
}

/// Puts the image's own name behind the others when no destination is among them. What begins with
/// a slash is a description; no destination does.
void complete(PushArguments& arguments) {
  std::vector<std::string>& others = arguments.others;
  const bool has_destination = !others.empty() && !others.back().starts_with('/');
  if (!has_destination && !arguments.own_name.empty()) others.push_back(arguments.own_name);
}

/// Throws Error{usage} for "n2c push REFERENCE image.json".
void refuse_swapped(const PushArguments& arguments) {
  const std::string& last = arguments.others.back();
  std::error_code ignored;
  if (std::filesystem::exists(arguments.image, ignored) ||
      !std::filesystem::is_regular_file(last, ignored) || !Address::parse(arguments.image)) {
    return;
  }
  throw Error(ErrorKind::usage,
              cat(printable(last), " is a file, and ", printable(arguments.image), " is none"),
              "the image comes first: n2c push IMAGE.json DESTINATION");
}

int run_push(PushArguments arguments, bool debug, std::stop_token stop) {
  if (arguments.all) return push_all(arguments, debug, stop);
  complete(arguments);
  if (arguments.others.empty()) {
    throw Error(ErrorKind::usage, "push needs DESTINATION",
                "n2c push [OPTIONS] IMAGE.json DESTINATION");
  }
  refuse_swapped(arguments);
  const auto address =
      or_throw(Address::parse(arguments.others.back()), ErrorKind::usage, "DESTINATION");
  if (arguments.index) return push_index(arguments, address, debug, stop);
  if (arguments.others.size() == 1) return push_one(arguments, address, debug, stop);
  throw Error(ErrorKind::usage, "push takes one image and one destination",
              "several images for several platforms are pushed with --index");
}

void add_push_options(CLI::App& command, PushArguments& arguments) {
  command
      .add_option("IMAGE.json", arguments.image,
                  "the image's description, or docker-archive:FILE (docker-archive:- reads it from "
                  "standard input); with --index also further ones")
      ->required();
  // Whether there has to be one depends on other options, which run_push() knows.
  command
      .add_option("DESTINATION", arguments.others,
                  "where it goes: HOST/REPOSITORY[:TAG][@DIGEST], docker-daemon:NAME:TAG, "
                  "containers-storage:NAME:TAG, oci:DIR[:TAG], "
                  "oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], dir:DIR, - (an "
                  "archive on standard output)")
      ->option_text("DESTINATION");
  command.add_option("--own-name", arguments.own_name,
                     "where it goes when no DESTINATION is given: the commands that Nix makes for "
                     "an image say its name");
  command.add_flag("--all", arguments.all,
                   "push several images: IMAGE.json is a list of lines IMAGE.json "
                   "HOST/REPOSITORY[:TAG], or a folder whose NAME.json go to DESTINATION/NAME");
  command.add_flag("--index", arguments.index,
                   "push several images, each [OS/ARCHITECTURE[/VARIANT]=]SOURCE, and an index of "
                   "them");
  command.add_option("--reuse-from", arguments.reuse_from,
                     "an image or index whose layers' stored forms are trusted (repeatable)");
  command.add_flag("--verify-reuse", arguments.verify_reuse,
                   "fetch and inflate the blobs that are reused, and check them");
  command.add_option("--mount-from", arguments.mount_from,
                     "a repository of the same registry to mount blobs from (repeatable)");
  command.add_flag("-n,--dry-run", arguments.dry_run,
                   "say what would be sent and why; send nothing");
  add_transfer_options(command, arguments.transfer);
  add_trust_options(command, arguments.transfer);
  add_layer_index_option(command, arguments.transfer);
  add_attachment_options(command, arguments.attachments);
  add_metadata_options(command, arguments.metadata);
  add_registry_options(command, arguments.transfer.registry);
}

}  // namespace

void add_push_command(CLI::App& app, Invocation& chosen) {
  auto arguments = std::make_shared<PushArguments>();
  CLI::App* command =
      app.add_subcommand("push", "push an image to a registry, or write it elsewhere");
  add_push_options(*command, *arguments);
  command->callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_signed([&] { return run_push(*arguments, chosen.debug, stop); });
    };
  });
}

}  // namespace n2c::cli
