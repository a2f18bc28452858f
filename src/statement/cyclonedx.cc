#include "statement/cyclonedx.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

using go::Json;

/// The members of `properties`, which has one entry for each value.
class Properties {
 public:
  void add(std::string name, std::string value) {
    if (value.empty()) return;
    Json one;
    one.set("name", std::move(name)).set("value", std::move(value));
    list_.push(std::move(one));
  }
  Json take() { return std::move(list_); }

 private:
  Json list_{Json::Array{}};
};

Json cyclonedx_hash(const oci::Digest& digest) {
  Json hash;
  hash.set("alg", digest.algorithm() == HashAlgorithm::sha256 ? "SHA-256" : "SHA-512");
  hash.set("content", digest.hex());
  return Json(Json::Array{std::move(hash)});
}

std::string layer_ref(std::size_t place) { return cat("layer-", place + 1); }

void add_layer(Properties& properties, const BillLayer& layer, std::size_t place) {
  properties.add("n2c:layer", cat(place + 1));
  properties.add("n2c:layer:digest", layer.digest.str());
  properties.add("n2c:layer:diff_id", layer.diff_id.str());
}

Json cyclonedx_subject(const BillSubject& subject) {
  Json component;
  component.set("type", "container").set("bom-ref", "image").set("name", subject.name);
  component.set("version", subject.digest().str());
  component.set("hashes", cyclonedx_hash(subject.digest()));
  if (!subject.purl.empty()) component.set("purl", subject.purl);
  Properties properties;
  properties.add("n2c:image:config", subject.config.str());
  properties.add("n2c:image:manifest", subject.manifest ? subject.manifest->str() : "");
  properties.add("n2c:image:platform", subject.platform.str());
  return component.set("properties", properties.take());
}

Json cyclonedx_metadata(const BillSubject& subject) {
  Json tool;
  tool.set("type", "application").set("name", "n2c").set("version", N2C_VERSION);
  Json tools;
  tools.set("components", Json(Json::Array{std::move(tool)}));
  Json metadata;
  if (const auto created = utc_seconds(subject.created)) metadata.set("timestamp", *created);
  metadata.set("tools", std::move(tools));
  return metadata.set("component", cyclonedx_subject(subject));
}

Json cyclonedx_patches(const PackageInfo& info) {
  Json patches(Json::Array{});
  for (const std::string& patch : info.patches) {
    Json diff;
    diff.set("url", purl_encoded(patch));
    Json one;
    patches.push(one.set("type", "unofficial").set("diff", std::move(diff)));
  }
  if (info.fixed.empty()) return patches;
  Json resolves(Json::Array{});
  for (const std::string& fixed : info.fixed) {
    Json issue;
    resolves.push(issue.set("type", "security").set("id", fixed));
  }
  Json one;
  return patches.push(one.set("type", "backport").set("resolves", std::move(resolves)));
}

/// An expression, but where the list has none of them: those have names. What a reference in an
/// expression stands for is a property of the component.
Json cyclonedx_licenses(const std::vector<License>& licenses) {
  Json list(Json::Array{});
  Json one;
  if (std::ranges::any_of(licenses, [](const License& l) { return license_ref(l).empty(); })) {
    return list.push(one.set("expression", license_expression(licenses)));
  }
  std::set<std::string> named;
  for (const License& license : licenses) {
    if (!named.insert(license_name(license)).second) continue;
    Json name;
    name.set("name", license_name(license));
    Json choice;
    list.push(choice.set("license", std::move(name)));
  }
  return list;
}

/// What Nix knows beyond name and version.
void add_info(Json& component, const PackageInfo& info) {
  if (!info.licenses.empty()) component.set("licenses", cyclonedx_licenses(info.licenses));
  if (is_cpe(info.cpe)) component.set("cpe", info.cpe);
  if (!info.patches.empty() || !info.fixed.empty()) {
    Json pedigree;
    component.set("pedigree", pedigree.set("patches", cyclonedx_patches(info)));
  }
  if (is_web_url(info.homepage)) {
    Json reference;
    reference.set("type", "website").set("url", info.homepage);
    component.set("externalReferences", Json(Json::Array{std::move(reference)}));
  }
}

Json cyclonedx_component(const BillComponent& made, const std::vector<BillLayer>& layers) {
  Json component;
  component.set("type", "library").set("bom-ref", made.path).set("name", made.name.name);
  if (!made.name.version.empty()) component.set("version", made.name.version);
  if (!made.info.description.empty()) component.set("description", made.info.description);
  if (made.nar_hash) component.set("hashes", cyclonedx_hash(*made.nar_hash));
  component.set("purl", purl_of(made.name));
  add_info(component, made.info);
  Properties properties;
  properties.add("nix:store_path", made.path);
  properties.add("nix:output", made.name.output.empty() ? "out" : made.name.output);
  properties.add("nix:nar_hash", made.nar_hash ? made.nar_hash->str() : "");
  properties.add("n2c:size", made.size ? cat(*made.size) : "");
  for (const auto& [ref, name] : license_refs(made.info.licenses)) {
    properties.add(cat("n2c:license:", ref), name);
  }
  for (const std::size_t place : made.layers) add_layer(properties, layers[place], place);
  return component.set("properties", properties.take());
}

Json opaque_component(const BillLayer& layer, std::size_t place) {
  Json component;
  component.set("type", "file").set("bom-ref", layer_ref(place));
  component.set("name", cat("layer ", place + 1));
  if (!layer.source.empty()) component.set("description", layer.source);
  component.set("hashes", cyclonedx_hash(layer.digest));
  Properties properties;
  properties.add("n2c:size", cat(layer.size));
  add_layer(properties, layer, place);
  return component.set("properties", properties.take());
}

Json cyclonedx_dependency(std::string_view ref, Json depends_on) {
  Json one;
  return one.set("ref", ref).set("dependsOn", std::move(depends_on));
}

Json cyclonedx_dependencies(const Bill& bill) {
  Json roots(Json::Array{});
  for (const BillComponent& component : bill.components) {
    if (!component.is_needed) roots.push(component.path);
  }
  for (std::size_t place = 0; place < bill.layers.size(); ++place) {
    if (bill.layers[place].paths.empty()) roots.push(layer_ref(place));
  }
  Json dependencies(Json::Array{});
  dependencies.push(cyclonedx_dependency("image", std::move(roots)));
  for (const BillComponent& component : bill.components) {
    Json needed(Json::Array{});
    for (const std::size_t to : component.depends_on) needed.push(bill.components[to].path);
    dependencies.push(cyclonedx_dependency(component.path, std::move(needed)));
  }
  return dependencies;
}

}  // namespace

std::string cyclonedx_json(const Bill& bill) {
  Json document;
  document.set("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
  document.set("bomFormat", "CycloneDX").set("specVersion", "1.6");
  document.set("serialNumber", "");
  document.set("version", Json(std::int64_t{1}));
  document.set("metadata", cyclonedx_metadata(bill.subject));
  Json components(Json::Array{});
  for (std::size_t place = 0; place < bill.layers.size(); ++place) {
    if (!bill.layers[place].paths.empty()) continue;
    components.push(opaque_component(bill.layers[place], place));
  }
  for (const BillComponent& component : bill.components) {
    components.push(cyclonedx_component(component, bill.layers));
  }
  document.set("components", std::move(components));
  document.set("dependencies", cyclonedx_dependencies(bill));
  return with_urn(document, "serialNumber");
}

}  // namespace n2c
