#include "transfer/known_forms.h"

namespace n2c {

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

}  // namespace n2c
