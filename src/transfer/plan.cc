#include "transfer/plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"

namespace n2c {

namespace mt = oci::media_type;

namespace {

PlannedLayer plan_layer(const Layer& layer, const KnownForms& known,
                        const Compression& compression) {
  const oci::Descriptor& stored = layer.blob.descriptor;
  const bool is_plain = oci::in_ocis_words(stored.media_type) == mt::layer_tar;
  if (!is_plain) {
    return {.media_type = stored.media_type, .form = stored, .why = "stored compressed"};
  }
  if (compression.codec == Codec::none) {
    return {.media_type = stored.media_type, .form = stored, .why = "sent as plain tar"};
  }
  PlannedLayer planned{.media_type = std::string(layer_media_type(compression.codec)),
                       .compress = true};
  if (const KnownForm* form = known.find(layer.diff_id, planned.media_type)) {
    planned.form = form->descriptor;
    planned.why = "known from " + form->said_by;
  } else {
    planned.why = known.empty() ? "nothing known to reuse" : "not in what is known to reuse";
  }
  return planned;
}

void doubt_shared_forms(std::vector<PlannedLayer>& plan, const KnownForms& known) {
  const auto claims = known.claims();
  for (PlannedLayer& layer : plan) {
    if (!layer.compress || !layer.form || claims.at(layer.form->digest) < 2) continue;
    layer.form.reset();
    layer.why += ", as is another layer: not believed";
  }
}

std::optional<oci::Descriptor> whole_manifest(const Image& image,
                                              const std::vector<PlannedLayer>& layers,
                                              const PushOptions& options) {
  if (!std::ranges::all_of(layers, [](const PlannedLayer& l) { return l.form.has_value(); })) {
    return std::nullopt;
  }
  return planned_manifest(image, layers, options.format, options.annotations).descriptor;
}

}  // namespace

std::vector<PlannedLayer> plan_layers(const Image& image, const KnownForms& known,
                                      const Compression& compression) {
  std::vector<PlannedLayer> plan;
  std::set<oci::Digest> seen;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    if (!seen.insert(image.layers[i].diff_id).second) continue;
    plan.push_back(plan_layer(image.layers[i], known, compression));
    plan.back().first = i;
  }
  doubt_shared_forms(plan, known);
  return plan;
}

PushPlan plan_push(const Image& image, const PushOptions& options, const RepositoryState& state) {
  auto layers = plan_layers(image, state.forms, options.compression);
  auto manifest = whole_manifest(image, layers, options);
  return {.image = image,
          .options = options,
          .state = state,
          .config = oci::describe(mt::config, image.config_json),
          .layers = std::move(layers),
          .manifest = std::move(manifest)};
}

oci::RawManifest planned_manifest(const Image& image, const std::vector<PlannedLayer>& layers,
                                  ManifestFormat format, const oci::Annotations& annotations) {
  std::map<oci::Digest, const oci::Descriptor*> forms;
  for (const PlannedLayer& layer : layers) forms[image.layers[layer.first].diff_id] = &*layer.form;
  std::vector<oci::Descriptor> stored;
  for (const Layer& layer : image.layers) stored.push_back(*forms.at(layer.diff_id));
  const auto manifest = make_manifest(image, std::move(stored), format, annotations);
  return oci::RawManifest::of(manifest.media_type, manifest.to_json());
}

std::optional<oci::Descriptor> expected_manifest(const Image& image, const PushOptions& options,
                                                 const KnownForms& forms) {
  return whole_manifest(image, plan_layers(image, forms, options.compression), options);
}

std::string_view layer_media_type(Codec codec) {
  if (codec == Codec::none) return mt::layer_tar;
  return codec == Codec::gzip ? mt::layer_gzip : mt::layer_zstd;
}

}  // namespace n2c
