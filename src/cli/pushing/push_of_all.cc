#include "cli/pushing/push_of_all.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/locked.h"
#include "base/system.h"
#include "base/tasks.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cli/attest/signer.h"
#include "cli/command.h"
#include "cli/pushing/one_push.h"
#include "console/console_progress.h"
#include "console/joint_progress.h"
#include "console/progress_line.h"
#include "places/push_list.h"
#include "places/push_turns.h"
#include "transfer/push.h"

namespace n2c::cli {

namespace {

/// Why an image was not pushed.
struct FailedPush {
  Error error;
  bool is_signers = false;
};

/// Several images, side by side where they share no layer that is still to be sent. What one has
/// compressed and sent is known to the next: it is mounted there.
class PushOfAll {
 public:
  PushOfAll(const PushArguments& arguments, const ReadyAttachments* attachments,
            const std::vector<ImageToPush>& images, bool debug)
      : arguments_(arguments),
        attachments_(attachments),
        images_(images),
        registries_(make_registry_options(arguments.transfer.registry, images.front().to, *console_,
                                          debug)) {
    if (cache_file_.empty()) cache_file_ = in_place_of_cache_.emplace().path() / "pushes";
  }

  /// The failures of images, which stop no other.
  std::vector<FailedPush> run(const std::stop_token& stop) {
    std::vector<std::set<oci::Digest>> layers;
    for (const ImageToPush& image : images_) {
      EarlyImage early =
          open_early(image.image, arguments_.transfer.store_root, arguments_.metadata, stop);
      layers.push_back(std::move(early.layers));
      opened_.push_back(std::move(early.image));
    }
    progress_.emplace(*console_, awaited());
    PushTurns turns(std::move(layers), most_at_once);
    const std::size_t workers = std::min(images_.size(), most_at_once);
    try {
      run_side_by_side(workers, workers, stop, [&](std::size_t, const std::stop_token& inner) {
        while (const auto turn = turns.take(inner)) {
          bool is_there = false;
          const GivenBack given_back{turns, turn->image, is_there};
          is_there = push_or_tell(turn->image, turn->side_by_side, inner);
        }
      });
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::cancelled) throw;
      console_->finish();
      throw stopped();
    }
    console_->finish();
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

  /// How many of the images are there when no more are to be.
  Error stopped() const {
    using std::chrono::milliseconds;
    const auto since = std::chrono::steady_clock::now() - began_;
    return {ErrorKind::cancelled,
            stopped_sentence({.since = std::chrono::duration_cast<milliseconds>(since),
                              .there = pushed_,
                              .all = images_.size(),
                              .unit = "images"})};
  }

  bool push_or_tell(std::size_t image, std::size_t side_by_side, const std::stop_token& stop) {
    try {
      push(image, side_by_side, stop);
      progress_->end(image);
      ++pushed_;
      return true;
    } catch (const SignerFailed& failed) {
      tell(image, {.error = failed.error(), .is_signers = true});
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      tell(image, {.error = error});
    }
    return false;
  }

  void tell(std::size_t image, const FailedPush& failed) {
    progress_->end(image);
    console_->aside(
        [&] { print_error(failed.error, cat("n2c: ", shown(images_[image].to), ": ")); });
    failures_.with([&](auto& failures) { failures.push_back(failed); });
  }

  void push(std::size_t which, std::size_t side_by_side, const std::stop_token& stop) {
    const ImageToPush& listed = images_[which];
    PushArguments arguments = share_of(side_by_side);
    arguments.image = listed.image;
    ImageArgument image = opened_[which]
                              ? *std::exchange(opened_[which], std::nullopt)
                              : open_image_argument(listed.image, arguments.transfer.store_root,
                                                    arguments.metadata, stop);
    const oci::Reference& to = *listed.to.reference;
    RegistryPush push = registry_push_of(arguments, to);
    JointProgress::Part progress(*progress_, which);
    push.cache_file = cache_file_;
    push.untagged = attachments_ != nullptr;
    push.places = places_.with([](const auto& places) { return places; });
    const OnePush one{.arguments = arguments,
                      .to = listed.to,
                      .attachments = attachments_,
                      .name = shown(listed.to),
                      .aside = [this](const auto& write) { console_->aside(write); }};
    const PushReport report = push_there(
        one, image, {.registries = registries_, .registry = std::move(push)}, progress, stop);
    places_.with([&](auto& places) {
      for (const LayerOutcome& layer : report.layers) {
        if (layer.form && !arguments.dry_run) places.emplace(layer.form->digest, to.repository);
      }
    });
  }

  /// The threads and connections that an image has which is pushed beside others.
  PushArguments share_of(std::size_t side_by_side) const {
    PushArguments share = arguments_;
    if (side_by_side == 1) return share;
    TransferArguments& transfer = share.transfer;
    const auto part = [&](std::size_t all) { return std::max<std::size_t>(1, all / side_by_side); };
    transfer.uploads = part(transfer.uploads);
    transfer.probes = part(transfer.probes);
    transfer.compression_threads =
        part(transfer.compression_threads == 0 ? processor_count() : transfer.compression_threads);
    return share;
  }

  /// A signer may ask for a password where lines would be drawn.
  std::unique_ptr<ConsoleProgress> shown_progress() const {
    ProgressArguments shown = arguments_.transfer.progress;
    const bool is_drawn =
        shown.style == "tty" || (shown.style == "auto" && terminal::error_can_redraw());
    if (attachments_ != nullptr && is_drawn) shown.style = "none";
    return make_progress(shown);
  }

  /// Of each image the layers, where it is opened.
  std::vector<std::vector<BlobToSend>> awaited() const {
    std::vector<std::vector<BlobToSend>> layers(images_.size());
    const PushOptions options = push_options_of(arguments_.transfer, Address::Kind::registry);
    for (std::size_t i = 0; i < images_.size(); ++i) {
      if (!opened_[i]) continue;
      const Image& image = std::get<DescribedImage>(*opened_[i]).image;
      for (const PlannedLayer& layer : plan_layers(image, {}, options.compression)) {
        layers[i].push_back(blob_to_send(image, layer));
      }
    }
    return layers;
  }

  const PushArguments& arguments_;
  const ReadyAttachments* attachments_;  // null: none
  const std::vector<ImageToPush>& images_;
  std::vector<std::optional<ImageArgument>> opened_;  // each is taken by its push alone
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<std::size_t> pushed_ = 0;
  std::unique_ptr<ConsoleProgress> console_ = shown_progress();
  std::optional<JointProgress> progress_;
  Registries registries_;
  std::filesystem::path cache_file_ = DigestCache::usual_file(process_environment());
  std::optional<TemporaryFolder> in_place_of_cache_;
  Locked<std::map<oci::Digest, oci::Repository>> places_;
  Locked<std::vector<FailedPush>> failures_;
};

void refuse_for_all(const PushArguments& arguments) {
  const bool is_one = arguments.index || !arguments.transfer.digest_file.empty() ||
                      !arguments.metadata.image_id_file.empty();
  if (!is_one && arguments.others.size() < 2) return;
  throw Error(ErrorKind::usage,
              is_one ? "--all does not go with --index, --digest-file or --image-id-file"
                     : "--all takes a list, or a folder and one destination");
}

std::optional<ReadyAttachments> attachments_of_all(const PushArguments& arguments,
                                                   const std::vector<ImageToPush>& images,
                                                   const std::stop_token& stop) {
  if (!arguments.attachments.is_asked()) return {};
  for (const ImageToPush& one : images) {
    require_attachable(one.to, arguments.dry_run);
    require_description(arguments.attachments, one.image, described_file(one.image).has_value());
  }
  return read_attachments(arguments.attachments, stop);
}

}  // namespace

int push_all(const PushArguments& arguments, bool debug, const std::stop_token& stop) {
  refuse_for_all(arguments);
  const auto below =
      arguments.others.empty() ? std::nullopt : std::optional(arguments.others.front());
  const std::vector<ImageToPush> images = read_push_list(arguments.image, below);
  const auto attachments = attachments_of_all(arguments, images, stop);
  const std::vector<FailedPush> failures =
      PushOfAll(arguments, attachments ? &*attachments : nullptr, images, debug).run(stop);
  if (failures.empty()) return 0;
  const Error all(failures.front().error.kind(),
                  cat(failures.size(), " of ", images.size(), " images were not pushed"));
  if (failures.front().is_signers) throw SignerFailed(all);
  throw Error(all);
}

}  // namespace n2c::cli
