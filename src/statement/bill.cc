#include "statement/bill.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "base/text.h"
#include "go/rfc3339.h"
#include "image/image_json.h"

namespace n2c {

namespace {

bool is_id_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-';
}

constexpr std::string_view own_license = "LicenseRef-";

/// SPDX 2.3, 10.1: "LicenseRef-" and an idstring.
bool is_license_ref(std::string_view id) {
  return id.starts_with(own_license) && id.size() > own_license.size() &&
         std::ranges::all_of(id, is_id_letter);
}

/// Whether the text can be a licence's id in an expression (SPDX 2.3, Annex D). nixpkgs gives the
/// ids of exceptions (LLVM-exception) as if they were licences; the list's own names of licences
/// with one have "-with-".
bool is_listed_id(std::string_view id) {
  const std::string word = lower_ascii(id);
  constexpr std::array<std::string_view, 5> others{"and", "or", "with", "none", "noassertion"};
  if (std::ranges::find(others, word) != others.end()) return false;
  if (word.starts_with("licenseref-") || word.starts_with("documentref-")) return false;
  if (word.contains("exception") && !word.contains("-with-")) return false;
  if (id.ends_with('+')) id.remove_suffix(1);
  return !id.empty() && id.front() != '-' && id.front() != '.' &&
         std::ranges::all_of(id, is_id_letter);
}

std::vector<BillComponent> components_of(const std::vector<BillLayer>& layers) {
  std::map<std::string, BillComponent> by_path;
  for (std::size_t place = 0; place < layers.size(); ++place) {
    for (const SizedPath& path : layers[place].paths) {
      BillComponent& component = by_path[path.path];
      if (path.size != 0) component.size = path.size;
      auto& places = component.layers;
      if (places.empty() || places.back() != place) places.push_back(place);
    }
  }
  std::vector<BillComponent> components;
  for (auto& [path, component] : by_path) {
    component.path = path;
    component.name = parse_store_name(path);
    components.push_back(std::move(component));
  }
  return components;
}

/// What Nix knows wins over what the path's name tells.
void inform(BillComponent& component, const PackageInfos& infos) {
  const auto found = infos.find(component.path);
  if (found == infos.end()) return;
  component.info = found->second;
  if (!component.info.name.empty()) component.name.name = component.info.name;
  if (!component.info.version.empty()) component.name.version = component.info.version;
  if (!component.info.output.empty()) {
    component.name.output = component.info.output == "out" ? "" : component.info.output;
  }
}

}  // namespace

Bill make_bill(BillSubject subject, std::vector<BillLayer> layers, const ClosureFacts& facts,
               const PackageInfos& infos) {
  Bill bill{.subject = std::move(subject), .layers = std::move(layers), .components = {}};
  bill.components = components_of(bill.layers);
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < bill.components.size(); ++i) places[bill.components[i].path] = i;
  for (std::size_t i = 0; i < bill.components.size(); ++i) {
    BillComponent& component = bill.components[i];
    inform(component, infos);
    const auto found = facts.find(component.path);
    if (found == facts.end()) continue;
    component.nar_hash = found->second.nar_hash;
    if (found->second.nar_size) component.size = found->second.nar_size;
    if (component.info.deriver.empty()) component.info.deriver = found->second.deriver;
    for (const std::string& reference : found->second.references) {
      const auto to = places.find(reference);
      if (to == places.end() || to->second == i) continue;
      component.depends_on.push_back(to->second);
      bill.components[to->second].is_needed = true;
    }
    std::ranges::sort(component.depends_on);
    const auto repeated = std::ranges::unique(component.depends_on);
    component.depends_on.erase(repeated.begin(), repeated.end());
  }
  return bill;
}

std::string with_urn(const go::Json& document, std::string_view member) {
  std::string text = document.indented() + "\n";
  // No string has a line end or a tab in it, and no deeper member is indented by one tab alone.
  const std::string before = cat("\n\t\"", member, "\": \"");
  const auto at = text.find(before);
  if (at == std::string::npos) throw Error(ErrorKind::internal, "the document lacks its name");
  // A UUID of version 8 (RFC 9562 §5.8): bits of our own choice.
  std::string hex = oci::Digest::of(text).hex();
  hex[12] = '8';
  constexpr std::string_view variants = "89ab";
  hex[16] = variants[static_cast<unsigned char>(hex[16]) % 4];
  const std::string_view bits = hex;
  text.insert(at + before.size(),
              cat("urn:uuid:", bits.substr(0, 8), "-", bits.substr(8, 4), "-", bits.substr(12, 4),
                  "-", bits.substr(16, 4), "-", bits.substr(20, 12)));
  return text;
}

std::string license_ref(const License& license) {
  const std::string& id = license.spdx_id;
  if (is_listed_id(id)) return "";
  if (is_license_ref(id)) return id;
  std::string made = "LicenseRef-nix-";
  const std::string& name = id.empty() ? license.full_name : id;
  for (const char c : name) made += is_id_letter(c) ? c : '-';
  return name.empty() ? made + "unnamed" : made;
}

std::string license_name(const License& license) {
  if (!license.full_name.empty()) return license.full_name;
  return license.spdx_id.empty() ? "unnamed" : license.spdx_id;
}

std::vector<std::pair<std::string, std::string>> license_refs(
    const std::vector<License>& licenses) {
  std::vector<std::pair<std::string, std::string>> refs;
  for (const License& license : licenses) {
    std::pair one{license_ref(license), license_name(license)};
    if (one.first.empty() || std::ranges::find(refs, one) != refs.end()) continue;
    refs.push_back(std::move(one));
  }
  return refs;
}

std::string license_expression(const std::vector<License>& licenses) {
  std::vector<std::string> terms;
  for (const License& license : licenses) {
    std::string term = license_ref(license);
    if (term.empty()) term = license.spdx_id;
    if (std::ranges::find(terms, term) == terms.end()) terms.push_back(std::move(term));
  }
  std::string expression;
  for (const std::string& term : terms) expression += cat(expression.empty() ? "" : " AND ", term);
  return expression;
}

bool is_cpe(std::string_view text) {
  std::size_t colons = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~') return false;
    if (text[i] == ':' && text[i - (i == 0 ? 0 : 1)] != '\\') ++colons;
  }
  return text.starts_with("cpe:2.3:") && colons == 12 && !text.ends_with(':') &&
         !text.contains("::");
}

bool is_web_url(std::string_view text) {
  constexpr std::string_view not_in_urls = "<>\"{}|\\^`";
  const bool is_web = text.starts_with("https://") || text.starts_with("http://");
  return is_web && std::ranges::all_of(text, [&](char c) {
           return c > ' ' && c <= '~' && !not_in_urls.contains(c);
         });
}

std::optional<std::string> utc_seconds(std::string_view time) {
  const auto written = go::rewrite_rfc3339(time);  // YYYY-MM-DDTHH:MM:SS[.F](Z|±HH:MM)
  if (!written) return {};
  const std::string_view text = *written;
  const auto number = [&](std::size_t at, std::size_t size) {
    return static_cast<int>(parse_number(text.substr(at, size)).value_or(0));
  };
  if (text.ends_with('Z')) return cat(text.substr(0, 19), "Z");
  using namespace std::chrono;
  const std::size_t zone = text.size() - 6;
  const minutes offset = hours(number(zone + 1, 2)) + minutes(number(zone + 4, 2));
  const auto day = sys_days(year(number(0, 4)) / number(5, 2) / number(8, 2));
  const auto local = day + hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2));
  const auto moment = text[zone] == '-' ? local + offset : local - offset;
  const auto date = floor<days>(moment);
  const year_month_day ymd(date);
  const hh_mm_ss clock(moment - date);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace n2c
