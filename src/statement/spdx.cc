#include "statement/spdx.h"

#include <map>
#include <set>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

using go::Json;

constexpr std::string_view image_id = "SPDXRef-Image";
constexpr std::string_view nothing_said = "NOASSERTION";

/// The ids of the components, in their order: of letters, digits, '.' and '-', each once.
std::vector<std::string> spdx_ids(const std::vector<BillComponent>& components) {
  std::vector<std::string> ids;
  std::set<std::string> taken;
  for (const BillComponent& component : components) {
    std::string id = cat("SPDXRef-Path-");
    for (const char c : component.path.substr(component.path.rfind('/') + 1)) {
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '.' || c == '-';
      id += is_plain ? c : '-';
    }
    while (!taken.insert(id).second) id += cat("-", ids.size());
    ids.push_back(std::move(id));
  }
  return ids;
}

std::string spdx_layer_id(std::size_t place) { return cat("SPDXRef-Layer-", place + 1); }

Json spdx_checksum(const oci::Digest& digest) {
  Json checksum;
  checksum.set("algorithm", digest.algorithm() == HashAlgorithm::sha256 ? "SHA256" : "SHA512");
  checksum.set("checksumValue", digest.hex());
  return Json(Json::Array{std::move(checksum)});
}

Json spdx_package(std::string_view id, std::string_view name, std::string_view version) {
  Json package;
  package.set("SPDXID", id).set("name", name);
  if (!version.empty()) package.set("versionInfo", version);
  package.set("downloadLocation", nothing_said).set("filesAnalyzed", Json(false));
  package.set("licenseConcluded", nothing_said);
  return package;
}

Json external_reference(std::string_view category, std::string_view type,
                        std::string_view locator) {
  Json one;
  one.set("referenceCategory", category).set("referenceType", type);
  return one.set("referenceLocator", locator);
}

Json image_package(const BillSubject& subject) {
  Json package = spdx_package(image_id, subject.name, subject.digest().str());
  package.set("licenseDeclared", nothing_said).set("copyrightText", nothing_said);
  package.set("checksums", spdx_checksum(subject.digest()));
  package.set("primaryPackagePurpose", "CONTAINER");
  if (!subject.purl.empty()) {
    package.set("externalRefs",
                Json(Json::Array{external_reference("PACKAGE-MANAGER", "purl", subject.purl)}));
  }
  return package.set("comment",
                     cat("config ", subject.config.str(), ", platform ", subject.platform.str()));
}

Json layer_package(const BillLayer& layer, std::size_t place) {
  Json package = spdx_package(spdx_layer_id(place), cat("layer ", place + 1), layer.digest.str());
  package.set("licenseDeclared", nothing_said).set("copyrightText", nothing_said);
  package.set("checksums", spdx_checksum(layer.digest)).set("primaryPackagePurpose", "ARCHIVE");
  if (!layer.source.empty()) package.set("sourceInfo", layer.source);
  return package.set("comment", cat("diff_id ", layer.diff_id.str(), ", ", layer.size, " bytes"));
}

Json references_of(const BillComponent& made) {
  Json references(Json::Array{});
  references.push(external_reference("PACKAGE-MANAGER", "purl", purl_of(made.name)));
  if (is_cpe(made.info.cpe)) {
    references.push(external_reference("SECURITY", "cpe23Type", made.info.cpe));
  }
  for (const std::string& fixed : made.info.fixed) {
    references.push(external_reference(
        "SECURITY", "fix", cat("https://www.cve.org/CVERecord?id=", purl_encoded(fixed))));
  }
  return references;
}

Json component_package(const BillComponent& made, std::string_view id) {
  const PackageInfo& info = made.info;
  Json package = spdx_package(id, made.name.name, made.name.version);
  const std::string license = license_expression(info.licenses);
  package.set("licenseDeclared", license.empty() ? nothing_said : std::string_view(license));
  package.set("copyrightText", nothing_said).set("packageFileName", made.path);
  if (made.nar_hash) package.set("checksums", spdx_checksum(*made.nar_hash));
  if (!info.description.empty()) package.set("description", info.description);
  if (is_web_url(info.homepage)) package.set("homepage", info.homepage);
  package.set("externalRefs", references_of(made));
  std::string comment = cat("output ", made.name.output.empty() ? "out" : made.name.output);
  if (made.size) comment += cat(", ", *made.size, " bytes");
  if (made.nar_hash) comment += ", checksum of the NAR";
  if (!info.patches.empty()) comment += cat(", patches ", comma_list(info.patches));
  return package.set("comment", comment);
}

Json relationship(std::string_view from, std::string_view type, std::string_view to) {
  Json one;
  one.set("spdxElementId", from).set("relationshipType", type);
  return one.set("relatedSpdxElement", to);
}

Json relationships_of(const Bill& bill, const std::vector<std::string>& ids) {
  Json relationships(Json::Array{});
  relationships.push(relationship("SPDXRef-DOCUMENT", "DESCRIBES", image_id));
  for (std::size_t place = 0; place < bill.layers.size(); ++place) {
    relationships.push(relationship(image_id, "CONTAINS", spdx_layer_id(place)));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (const std::size_t place : bill.components[i].layers) {
      relationships.push(relationship(spdx_layer_id(place), "CONTAINS", ids[i]));
    }
    for (const std::size_t to : bill.components[i].depends_on) {
      relationships.push(relationship(ids[i], "DEPENDS_ON", ids[to]));
    }
  }
  return relationships;
}

/// What a LicenseRef stands for has to be said in the document (SPDX 2.3, 10).
Json licenses_beyond_the_list(const std::vector<BillComponent>& components) {
  std::map<std::string, std::set<std::string>> names;
  for (const BillComponent& component : components) {
    for (auto& [ref, name] : license_refs(component.info.licenses)) {
      names[ref].insert(std::move(name));
    }
  }
  Json list(Json::Array{});
  for (const auto& [ref, called] : names) {
    const std::vector<std::string> words(called.begin(), called.end());
    Json one;
    one.set("licenseId", ref).set("name", words.front());
    one.set("extractedText", cat("nixpkgs calls it: ", comma_list(words)));
    list.push(std::move(one));
  }
  return list;
}

}  // namespace

std::string spdx_json(const Bill& bill) {
  const auto ids = spdx_ids(bill.components);
  Json creation;
  creation.set("created", utc_seconds(bill.subject.created).value_or("1970-01-01T00:00:00Z"));
  creation.set("creators", Json(Json::Array{Json(cat("Tool: n2c-", N2C_VERSION))}));
  Json packages(Json::Array{});
  packages.push(image_package(bill.subject));
  for (std::size_t place = 0; place < bill.layers.size(); ++place) {
    packages.push(layer_package(bill.layers[place], place));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    packages.push(component_package(bill.components[i], ids[i]));
  }
  Json document;
  document.set("spdxVersion", "SPDX-2.3").set("dataLicense", "CC0-1.0");
  document.set("SPDXID", "SPDXRef-DOCUMENT").set("name", bill.subject.name);
  document.set("documentNamespace", "");
  document.set("creationInfo", std::move(creation)).set("packages", std::move(packages));
  document.set("relationships", relationships_of(bill, ids));
  Json licenses = licenses_beyond_the_list(bill.components);
  if (!licenses.as_array()->empty()) document.set("hasExtractedLicensingInfos", licenses);
  return with_urn(document, "documentNamespace");
}

}  // namespace n2c
