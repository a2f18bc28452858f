#include "transfer/plan.h"

#include <map>
#include <set>

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

}  // namespace

void KnownForms::add(const oci::Digest& diff_id, KnownForm form) {
  if (find(diff_id, form.descriptor.media_type) == nullptr) {
    forms_.emplace(diff_id, std::move(form));
  }
}

void KnownForms::add(const KnownForms& others) {
  for (const auto& [diff_id, form] : others.forms_) add(diff_id, form);
}

void KnownForms::replace(const oci::Digest& diff_id, KnownForm form) {
  std::erase_if(forms_, [&](const auto& known) {
    return known.first == diff_id &&
           known.second.descriptor.media_type == form.descriptor.media_type;
  });
  forms_.emplace(diff_id, std::move(form));
}

const KnownForm* KnownForms::find(const oci::Digest& diff_id, std::string_view media_type) const {
  const auto [first, last] = forms_.equal_range(diff_id);
  for (auto it = first; it != last; ++it) {
    if (it->second.descriptor.media_type == media_type) return &it->second;
  }
  return nullptr;
}

void KnownForms::forget(const oci::Digest& digest) {
  std::erase_if(forms_,
                [&](const auto& entry) { return entry.second.descriptor.digest == digest; });
}

std::map<oci::Digest, std::size_t> KnownForms::claims() const {
  std::map<oci::Digest, std::size_t> claims;
  for (const auto& [diff_id, form] : forms_) ++claims[form.descriptor.digest];
  return claims;
}

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

std::string_view layer_media_type(Codec codec) {
  switch (codec) {
    case Codec::none: return mt::layer_tar;
    case Codec::gzip: return mt::layer_gzip;
    case Codec::zstd: return mt::layer_zstd;
  }
  return mt::layer_tar;
}

}  // namespace n2c
