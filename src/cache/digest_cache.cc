#include "cache/digest_cache.h"

#include <algorithm>

#include "base/text.h"
#include "cache/cache_file.h"

namespace n2c {

namespace {

constexpr std::string_view no_tag = "-";  // no tag begins so

std::string key_of(const oci::Digest& diff_id, std::string_view recipe) {
  return cat(diff_id.str(), ' ', recipe);
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::filesystem::path DigestCache::usual_file(const Environment& environment) {
  const std::filesystem::path home = environment("HOME");
  std::filesystem::path cache = environment("XDG_CACHE_HOME");
  if (!cache.is_absolute()) {
    if (!home.is_absolute()) return {};
    cache = home / ".cache";
  }
  if (is_in_missing_home(cache, environment)) return {};
  return cache / "n2c" / "pushes";
}

DigestCache::DigestCache(std::filesystem::path file) : file_(std::move(file)) {
  for (const auto& line : read_cache_lines(file_, max_bytes)) take_line(line);
}

/// "form DIFF_ID RECIPE DIGEST SIZE", "forget RECIPE" or "push HOST PATH TAG"; other lines are a
/// later version's. A later line replaces an earlier one.
void DigestCache::take_line(std::string_view line) {
  const auto words = split(line, ' ');
  ++lines_taken_;
  if (words.size() == 5 && words[0] == "form") {
    const auto diff_id = oci::Digest::parse(words[1]);
    const auto digest = oci::Digest::parse(words[3]);
    const auto size = parse_number(words[4]);
    if (diff_id && digest && size) {
      forms_.insert_or_assign(key_of(*diff_id, words[2]), CompressedLayer{*digest, *size});
    }
  } else if (words.size() == 2 && words[0] == "forget") {
    const std::string by_recipe = cat(' ', words[1]);
    std::erase_if(forms_, [&](const auto& form) { return form.first.ends_with(by_recipe); });
  } else if (words.size() == 4 && words[0] == "push") {
    const bool valid = oci::is_repository_path(words[2]) && is_word(words[1]) &&
                       (words[3] == no_tag || oci::is_tag(words[3]));
    if (!valid) return;
    const oci::Repository repository{std::string(words[1]), std::string(words[2])};
    pushes_.insert_or_assign(repository, Push{std::string(words[3]), lines_taken_});
  }
}

std::optional<CompressedLayer> DigestCache::find_form(const oci::Digest& diff_id,
                                                      std::string_view recipe) const {
  const auto found = forms_.find(key_of(diff_id, recipe));
  if (found == forms_.end()) return std::nullopt;
  return found->second;
}

std::vector<oci::Repository> DigestCache::all_repositories() const {
  std::vector<std::pair<std::size_t, oci::Repository>> by_age;
  for (const auto& [repository, push] : pushes_) by_age.emplace_back(push.age, repository);
  std::ranges::sort(by_age, std::greater<>());
  std::vector<oci::Repository> repositories;
  for (auto& [age, repository] : by_age) repositories.push_back(std::move(repository));
  return repositories;
}

std::vector<oci::Repository> DigestCache::find_repositories(std::string_view host) const {
  auto repositories = all_repositories();
  std::erase_if(repositories, [&](const auto& repository) { return repository.host != host; });
  return repositories;
}

std::optional<std::string> DigestCache::find_last_tag(const oci::Repository& repository) const {
  const auto found = pushes_.find(repository);
  if (found == pushes_.end() || found->second.tag == no_tag) return std::nullopt;
  return found->second.tag;
}

void DigestCache::add_form(const oci::Digest& diff_id, std::string_view recipe,
                           const CompressedLayer& form) {
  const auto known = find_form(diff_id, recipe);
  if (!is_word(recipe) || (known && known->digest == form.digest && known->size == form.size)) {
    return;
  }
  remember(cat("form ", diff_id.str(), ' ', recipe, ' ', form.digest.str(), ' ', form.size));
}

void DigestCache::forget_forms(std::string_view recipe) {
  if (is_word(recipe)) remember(cat("forget ", recipe));
}

void DigestCache::add_push(const oci::Repository& repository, std::string_view tag) {
  const std::string_view written = tag.empty() ? no_tag : tag;
  const auto latest = find_repositories(repository.host);
  const bool unchanged =
      !latest.empty() && latest.front() == repository && pushes_.at(repository).tag == written;
  if (!unchanged) remember(cat("push ", repository.host, ' ', repository.path, ' ', written));
}

void DigestCache::remember(std::string payload) {
  take_line(payload);
  unsaved_.push_back(std::move(payload));
}

bool DigestCache::save() {
  if (unsaved_.empty()) return true;
  const bool saved = add_cache_lines(file_, unsaved_, max_bytes);
  if (saved) unsaved_.clear();
  return saved;
}

}  // namespace n2c
