#include "places/engine_destination.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/engine_choice.h"

namespace n2c {

namespace {

/// An engine unpacks as long as its disk needs, and says nothing meanwhile.
constexpr std::chrono::seconds engine_patience{600};

std::vector<oci::Reference> names_of(const oci::Reference& name,
                                     const std::vector<std::string>& more_tags) {
  std::vector<oci::Reference> names;
  for (const std::string& tag : distinct_tags(name.tag.value_or(""), more_tags)) {
    names.push_back({.repository = name.repository, .tag = tag, .digest = std::nullopt});
  }
  return names;
}

/// How many layers were there and how many were sent, as a push counts them. Only the engine knows
/// which.
std::vector<LayerOutcome> outcomes_of(const LoadReport& report) {
  std::vector<LayerOutcome> outcomes;
  for (std::size_t i = 0; i < report.layers_there + report.layers_sent; ++i) {
    const bool is_there = i < report.layers_there;
    outcomes.push_back({.first = i,
                        .form = std::nullopt,
                        .outcome = is_there ? BlobOutcome::present : BlobOutcome::sent,
                        .why = {}});
  }
  return outcomes;
}

/// The manifest as the engine has it, which is not always the one that it was sent.
std::optional<oci::Descriptor> held_manifest(const LoadReport& report, const std::string& engine,
                                             Progress& progress) {
  std::optional<oci::Descriptor> manifest = report.manifest;
  if (!manifest || !report.held || *report.held == manifest->digest) return manifest;
  const bool is_id = report.held->str() == report.image_id;
  progress.note(cat(engine, is_id ? " keeps no manifests: @" : " made a manifest of its own: @",
                    report.held->brief(), is_id ? " is the image's id there" : ""));
  manifest->digest = *report.held;
  return manifest;
}

}  // namespace

PushReport EngineDestination::push(const Image& image, const PushOptions& options,
                                   Progress& progress, std::stop_token stop) {
  return load(image, nullptr, options, progress, std::move(stop));
}

PushReport EngineDestination::load(const Image& image, const oci::RawManifest* stored,
                                   const PushOptions& options, Progress& progress,
                                   std::stop_token stop) {
  if (options.dry_run) {
    throw Error(ErrorKind::usage, str() + ": an engine says what it lacks only while it loads",
                "leave --dry-run out");
  }
  const EngineKind kind =
      address_.kind == Address::Kind::docker_daemon ? EngineKind::docker : EngineKind::podman;
  return with_context("loading into " + str(), [&] {
    const EngineChoice choice = or_throw(choose_engine(kind, find_engines(process_environment())),
                                         ErrorKind::local, "engine");
    const auto engine =
        make_engine(choice, "default",
                    {.user_agent = "n2c/" N2C_VERSION, .stall_timeout = engine_patience}, stop);
    LoadRequest request{.image = image,
                        .names = names_of(*address_.reference, options.tags),
                        .compression = options.compression};
    if (stored != nullptr) request.manifest = *stored;
    const LoadReport report = engine->load(request, progress, stop);
    return PushReport{.manifest = held_manifest(report, engine->str(), progress),
                      .layers = outcomes_of(report),
                      .bytes_sent = report.bytes_sent};
  });
}

CopyReport EngineDestination::copy(const std::shared_ptr<ImageSource>& source,
                                   const CopyOptions& options, Progress& progress,
                                   std::stop_token stop) {
  const oci::RawManifest stored = manifest_for(*source, options.platform, stop);
  const PushReport report = load(image_of(source, stored, stop), &stored,
                                 {.tags = options.tags,
                                  .compression = Compression{.codec = Codec::none},
                                  .uploads = options.uploads},
                                 progress, stop);
  return {.manifest = report.manifest.value_or(stored.descriptor),
          .images = 1,
          .present = report.count(BlobOutcome::present),
          .sent = report.count(BlobOutcome::sent),
          .bytes_sent = report.bytes_sent};
}

}  // namespace n2c
