#include "remote/registry_intake.h"

#include "base/error.h"
#include "base/text.h"
#include "cache/digest_cache.h"
#include "cache/layer_forms.h"
#include "remote/learning.h"
#include "remote/registry_store.h"

namespace n2c {

namespace {

class RegistryIntake final : public LayerIntake {
 public:
  RegistryIntake(Registries& registries, const RegistryPush& push, Progress& progress)
      : push_(push),
        cache_(push.cache_file),
        client_(registries.client(push.to.repository)),
        store_(client_, push.mount_from),
        into_(store_, push.options.compression, push.options.compression_threads,
              push.learnt ? push.learnt->state.forms : KnownForms{}, progress) {}

  /// A push that failed later has learnt this much.
  ~RegistryIntake() override {
    const PairedLayers& made = into_.compressed();
    remember_forms(cache_, push_.options.compression.recipe(), {made.begin(), made.end()});
    if (!made.empty()) cache_.save();
  }
  RegistryIntake(const RegistryIntake&) = delete;
  RegistryIntake& operator=(const RegistryIntake&) = delete;

  LayerTaken take(PassingLayer layer, std::stop_token stop) override {
    if (push_.reuse && !push_.verify_reuse && layer.promised) know_from_cache(*layer.promised);
    return into_.take(std::move(layer), std::move(stop));
  }

 private:
  void know_from_cache(const oci::Digest& promised) {
    const Compression& compression = push_.options.compression;
    const auto forms = remembered_forms(cache_, std::span(&promised, 1), compression.recipe(),
                                        layer_media_type(compression.codec));
    for (const auto& [diff_id, form] : forms) into_.learn(diff_id, {form, "the cache"});
  }

  const RegistryPush push_;
  DigestCache cache_;
  registry::RegistryClient client_;
  RegistryStore store_;
  StoreIntake into_;
};

}  // namespace

std::optional<Learnt> learn_before_layers(Registries& registries, const RegistryPush& push,
                                          Progress& progress, std::stop_token stop) {
  if (!push.reuse || push.verify_reuse) return std::nullopt;
  return with_context("pushing to " + push.to.str(), [&] {
    const DigestCache cache(push.cache_file);
    // What will be written is not known yet, so every form is worth learning.
    const Outgoing nothing_yet{.images = {},
                               .tags = distinct_tags(push.to.tag.value_or(""), push.more_tags),
                               .expected = [](const KnownForms&) { return ExpectedManifests{}; }};
    return Learning(registries, push, cache, nothing_yet, progress).discover(std::move(stop));
  });
}

std::unique_ptr<LayerIntake> open_registry_intake(Registries& registries, const RegistryPush& push,
                                                  Progress& progress) {
  return with_context("pushing to " + push.to.str(),
                      [&] { return std::make_unique<RegistryIntake>(registries, push, progress); });
}

}  // namespace n2c
