#include "engine/load.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "cache/digest_cache.h"

namespace n2c {

namespace {

/// What the cache says that the image's layers become.
std::map<oci::Digest, CompressedLayer> remembered_forms(const LoadRequest& request) {
  std::map<oci::Digest, CompressedLayer> forms;
  const DigestCache cache(request.cache);
  const std::string recipe = request.compression.recipe();
  for (const Layer& layer : request.image.layers) {
    if (const auto form = cache.find_form(layer.diff_id, recipe)) {
      forms.emplace(layer.diff_id, *form);
    }
  }
  return forms;
}

bool was_corrected(const std::map<oci::Digest, CompressedLayer>& before,
                   const LoadRequest& request) {
  const auto now = remembered_forms(request);
  return std::ranges::any_of(before, [&](const auto& remembered) {
    const auto found = now.find(remembered.first);
    return found == now.end() || !(found->second == remembered.second);
  });
}

}  // namespace

LoadReport load_into(Engine& engine, const LoadRequest& request, Progress& progress,
                     std::stop_token stop) {
  if (request.compression.codec == Codec::none) return engine.load(request, progress, stop);
  const auto before = remembered_forms(request);
  try {
    return engine.load(request, progress, stop);
  } catch (const Error& error) {
    if (!was_corrected(before, request)) throw;
    progress.note(cat(error.message(), "; that is put right: loading again"));
  }
  return engine.load(request, progress, stop);
}

}  // namespace n2c
