#include "engine/load.h"

#include <algorithm>

#include "base/text.h"
#include "cache/digest_cache.h"
#include "cache/layer_forms.h"
#include "transfer/plan.h"

namespace n2c {

namespace {

LayerForms remembered(const LoadRequest& request) {
  return remembered_forms(DigestCache(request.cache), diff_ids_of(request.image),
                          request.compression.recipe(),
                          layer_media_type(request.compression.codec));
}

/// Whether a form that was remembered before is not, or not so, any more.
bool was_corrected(const LayerForms& before, const LoadRequest& request) {
  const LayerForms now = remembered(request);
  return std::ranges::any_of(before, [&](const auto& form) {
    const auto found = now.find(form.first);
    return found == now.end() || found->second != form.second;
  });
}

}  // namespace

LoadReport load_into(Engine& engine, const LoadRequest& request, Progress& progress,
                     std::stop_token stop) {
  if (request.compression.codec == Codec::none) return engine.load(request, progress, stop);
  const auto before = remembered(request);
  try {
    return engine.load(request, progress, stop);
  } catch (const Error& error) {
    if (!was_corrected(before, request)) throw;
    progress.note(cat(error.message(), "; that is put right: loading again"));
  }
  return engine.load(request, progress, stop);
}

}  // namespace n2c
