#pragma once
/// What layers become by one recipe, as the cache remembers it.

#include <filesystem>
#include <map>
#include <span>
#include <string_view>

#include "cache/digest_cache.h"
#include "oci/descriptor.h"
#include "oci/digest.h"

namespace n2c {

/// Descriptors of stored layers, by diff_id.
using LayerForms = std::map<oci::Digest, oci::Descriptor>;

/// The forms that the cache remembers of those layers, by that recipe (Compression::recipe()). The
/// cache knows no media types, so the caller says what that recipe's is.
LayerForms remembered_forms(const DigestCache& cache, std::span<const oci::Digest> diff_ids,
                            std::string_view recipe, std::string_view media_type);

/// Adds forms to the cache, in place of what it has of these layers. The caller saves it.
void remember_forms(DigestCache& cache, std::string_view recipe, const LayerForms& forms);

/// Puts right in the file what a reading found to be wrong. When one form is wrong, so may be the
/// others of that recipe: they are forgotten. Any thread may call it.
void correct_form(const std::filesystem::path& cache_file, std::string_view recipe,
                  const oci::Digest& diff_id, const oci::Descriptor& found);

}  // namespace n2c
