#include "cache/layer_forms.h"

#include <string>

namespace n2c {

LayerForms remembered_forms(const DigestCache& cache, std::span<const oci::Digest> diff_ids,
                            std::string_view recipe, std::string_view media_type) {
  LayerForms forms;
  for (const oci::Digest& diff_id : diff_ids) {
    if (const auto form = cache.find_form(diff_id, recipe)) {
      forms.emplace(diff_id, oci::Descriptor{std::string(media_type), form->digest, form->size});
    }
  }
  return forms;
}

void remember_forms(DigestCache& cache, std::string_view recipe, const LayerForms& forms) {
  for (const auto& [diff_id, form] : forms) {
    cache.add_form(diff_id, recipe, {form.digest, form.size});
  }
}

void correct_form(const std::filesystem::path& cache_file, std::string_view recipe,
                  const oci::Digest& diff_id, const oci::Descriptor& found) {
  DigestCache cache(cache_file);
  cache.forget_forms(recipe);
  remember_forms(cache, recipe, {{diff_id, found}});
  cache.save();
}

}  // namespace n2c
