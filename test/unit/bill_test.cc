#include "statement/bill.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <set>

#include "base/text.h"
#include "go/encoding_json.h"
#include "statement/cyclonedx.h"
#include "statement/nix_hash.h"
#include "statement/spdx.h"

namespace bill_test {

using namespace n2c;

namespace {

std::string store_path(char letter, std::string_view name) {
  return cat("/nix/store/", std::string(32, letter), "-", name);
}

BillLayer layer(const std::vector<std::string>& paths) {
  BillLayer made{.diff_id = oci::Digest::of(cat("plain ", comma_list(paths))),
                 .digest = oci::Digest::of(cat("stored ", comma_list(paths))),
                 .size = 10};
  for (const std::string& path : paths) made.paths.push_back({path, 512});
  return made;
}

BillSubject subject() {
  return {.name = "ghcr.io/acme/app",
          .config = oci::Digest::of("config"),
          .platform = {.architecture = "amd64"},
          .created = "2024-05-13T09:31:10.5+02:00"};
}

/// The element of an array whose member has that value.
const go::Json* element(const go::Json& document, std::string_view array, std::string_view member,
                        std::string_view value) {
  for (const go::Json& one : *document.find(array)->as_array()) {
    if (one.text_at(member) == value) return &one;
  }
  return nullptr;
}

std::string property(const go::Json& component, std::string_view name) {
  const go::Json* found = element(component, "properties", "name", name);
  return found == nullptr ? "" : found->text_at("value");
}

const std::string app = store_path('a', "app-1.0");
const std::string ssl = store_path('b', "openssl-3.0.13-dev");

Bill example() {
  const auto facts = parse_closure_facts(
      cat(R"([{"path":")", app, R"(","narSize":77,"references":[")", ssl, R"(",")", app,
          R"("],"narHash":"sha256:)", std::string(64, 'c'), R"("},{"path":")", ssl,
          R"(","references":["/nix/store/elsewhere"]}])"));
  const auto infos = parse_package_info(
      cat(R"({"version":1,"packages":[{"path":")", ssl,
          R"(","pname":"openssl","version":"3.0.13","licenses":[{"spdxId":"Apache-2.0"},
          {"fullName":"Of my own"}],"patches":["fix-CVE-2024-0727.patch"],
          "cpe":"cpe:2.3:a:openssl:openssl:3.0.13:*:*:*:*:*:*:*","homepage":"not a page"}]})"));
  REQUIRE(facts.has_value());
  REQUIRE(infos.has_value());
  BillLayer base = layer({});
  base.source = "file /nix/store/base.tar.gz";
  return make_bill(subject(), {base, layer({ssl}), layer({app})}, *facts, *infos);
}

}  // namespace

TEST_CASE("a store path's name is split as Nix splits it, and an output is told from a version") {
  const std::vector<std::array<std::string, 4>> rows = {
      {"hello-2.12.1", "hello", "2.12.1", ""},
      {"openssl-3.0.13-dev", "openssl", "3.0.13", "dev"},
      {"python3.11-requests-2.31.0", "python3.11-requests", "2.31.0", ""},
      {"gcc-13.2.0-libgcc", "gcc", "13.2.0", "libgcc"},
      {"glibc-2.38-44", "glibc", "2.38-44", ""},
      {"hook", "hook", "", ""},
      {"source-lib", "source-lib", "", ""},
      {"-1", "-1", "", ""},
      {"nix-2.18.1pre20230904_e751080", "nix", "2.18.1pre20230904_e751080", ""},
  };
  for (const auto& [text, name, version, output] : rows) {
    CAPTURE(text);
    const StoreName split = parse_store_name(store_path('x', text));
    CHECK(split.hash == std::string(32, 'x'));
    CHECK(split.name == name);
    CHECK(split.version == version);
    CHECK(split.output == output);
  }
  CHECK(purl_of(parse_store_name(store_path('x', "gtk+-3.0-dev"))) ==
        "pkg:nix/gtk%2B@3.0?output=dev");
}

TEST_CASE("Nix's hashes are read in each of its ways of writing them") {
  const std::string hex = oci::Digest::of("").str();
  CHECK(parse_nix_hash(hex)->str() == hex);
  CHECK(parse_nix_hash("sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73")->str() ==
        hex);
  CHECK(parse_nix_hash("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")->str() == hex);
  for (const char* const wrong :
       {"", "md5:1", "sha256:1", "sha256-1", "sha256-47DEQpj8HBSa",
        "sha1-47DEQpj8HBSa+/=", "sha256:emdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        "sha256:zmdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_nix_hash(wrong).has_value());
  }
}

TEST_CASE("CycloneDX has each store path once, with its layer and what it refers to") {
  const std::string text = cyclonedx_json(example());
  const auto document = go::Json::parse(text);
  REQUIRE(document.has_value());
  CHECK(text == cyclonedx_json(example()));
  CHECK(document->find("components")->as_array()->size() == 3);
  CHECK(document->find("metadata")->text_at("timestamp") == "2024-05-13T07:31:10Z");
  const go::Json* made = element(*document, "components", "bom-ref", app);
  REQUIRE(made != nullptr);
  CHECK(made->text_at("name") == "app");
  CHECK(made->text_at("version") == "1.0");
  CHECK(property(*made, "n2c:layer") == "3");
  CHECK(property(*made, "n2c:layer:digest") == layer({app}).digest.str());
  CHECK(property(*made, "n2c:size") == "77");
  CHECK(property(*made, "nix:nar_hash") == "sha256:" + std::string(64, 'c'));
  CHECK(element(*document, "dependencies", "ref", app)->find("dependsOn")->compact() ==
        cat("[\"", ssl, "\"]"));
  CHECK(element(*document, "dependencies", "ref", ssl)->find("dependsOn")->compact() == "[]");
  CHECK(element(*document, "dependencies", "ref", "image")->find("dependsOn")->compact() ==
        cat("[\"", app, "\",\"layer-1\"]"));
}

TEST_CASE("what Nix knows of a package is in both formats, and what no validator takes is not") {
  const auto document = go::Json::parse(cyclonedx_json(example()));
  const go::Json* made = element(*document, "components", "bom-ref", ssl);
  REQUIRE(made != nullptr);
  CHECK(property(*made, "nix:output") == "dev");
  CHECK(made->find("licenses")->compact() ==
        R"([{"expression":"Apache-2.0 AND LicenseRef-nix-Of-my-own"}])");
  CHECK(made->find("pedigree")->compact().contains("CVE-2024-0727"));
  CHECK(made->find("externalReferences") == nullptr);
  const auto spdx = go::Json::parse(spdx_json(example()));
  const go::Json* package = element(*spdx, "packages", "packageFileName", ssl);
  REQUIRE(package != nullptr);
  CHECK(package->text_at("licenseDeclared") == "Apache-2.0 AND LicenseRef-nix-Of-my-own");
  CHECK(package->find("homepage") == nullptr);
  CHECK(package->find("externalRefs")->compact().contains("CVE-2024-0727"));
  CHECK(element(*spdx, "hasExtractedLicensingInfos", "licenseId", "LicenseRef-nix-Of-my-own") !=
        nullptr);
}

TEST_CASE("two bills that differ in anything have other names, and one bill has one name (#22)") {
  std::set<std::string> names;
  const auto name_both = [&](const Bill& bill) {
    names.insert(go::Json::parse(cyclonedx_json(bill))->text_at("serialNumber"));
    names.insert(go::Json::parse(spdx_json(bill))->text_at("documentNamespace"));
  };
  const std::vector<std::function<void(Bill&)>> changes = {
      [](Bill&) {},
      [](Bill& bill) { bill.subject.manifest = oci::Digest::of("manifest"); },
      [](Bill& bill) { bill.subject.name = "another"; },
      [](Bill& bill) { bill.layers[1].digest = oci::Digest::of("compressed otherwise"); },
      [](Bill& bill) { bill.components[0].depends_on.clear(); },
      [](Bill& bill) { bill.components[0].nar_hash.reset(); },
      [](Bill& bill) { bill.components[0].size = 78; },
      [](Bill& bill) { bill.components[1].info.description = "of the package information"; },
      [](Bill& bill) { bill.components[1].info.licenses.clear(); },
  };
  for (const auto& change : changes) {
    Bill bill = example();
    change(bill);
    name_both(bill);
    name_both(bill);
  }
  CHECK(names.size() == 2 * changes.size());
  for (const std::string& name : names) {
    CHECK(name.starts_with("urn:uuid:"));
    CHECK(name.size() == std::string("urn:uuid:01234567-0123-8123-8123-0123456789ab").size());
  }
}

TEST_CASE("what no text in a bill is taken for is its name") {
  Bill bill = example();
  bill.subject.name = "\n\t\"documentNamespace\": \"";
  const auto document = go::Json::parse(spdx_json(bill));
  REQUIRE(document.has_value());
  CHECK(document->text_at("name") == bill.subject.name);
  CHECK(document->text_at("documentNamespace").starts_with("urn:uuid:"));
}

TEST_CASE("a licence that SPDX's list has not is declared, whoever made its reference (#22)") {
  struct Row {
    License license;
    std::string expression, declared;  ///< declared: its name; empty: it needs none
  };
  const std::vector<Row> rows = {
      {{"MIT", ""}, "MIT", ""},
      {{"GPL-2.0+", ""}, "GPL-2.0+", ""},
      {{"GPL-2.0-with-classpath-exception", ""}, "GPL-2.0-with-classpath-exception", ""},
      {{"LicenseRef-acme-1.0", "Acme's"}, "LicenseRef-acme-1.0", "Acme's"},
      {{"LicenseRef-acme-1.0", ""}, "LicenseRef-acme-1.0", "LicenseRef-acme-1.0"},
      {{"LicenseRef-", ""}, "LicenseRef-nix-LicenseRef-", "LicenseRef-"},
      {{"LicenseRef-a_b", ""}, "LicenseRef-nix-LicenseRef-a-b", "LicenseRef-a_b"},
      {{"licenseref-a", ""}, "LicenseRef-nix-licenseref-a", "licenseref-a"},
      {{"DocumentRef-a:LicenseRef-b", ""},
       "LicenseRef-nix-DocumentRef-a-LicenseRef-b",
       "DocumentRef-a:LicenseRef-b"},
      {{"LLVM-exception", "LLVM Exception"}, "LicenseRef-nix-LLVM-exception", "LLVM Exception"},
      {{"MIT OR Apache-2.0", ""}, "LicenseRef-nix-MIT-OR-Apache-2.0", "MIT OR Apache-2.0"},
      {{"AND", ""}, "LicenseRef-nix-AND", "AND"},
      {{"NONE", ""}, "LicenseRef-nix-NONE", "NONE"},
      {{"+", ""}, "LicenseRef-nix--", "+"},
      {{"", "Of my own"}, "LicenseRef-nix-Of-my-own", "Of my own"},
      {{"", ""}, "LicenseRef-nix-unnamed", "unnamed"},
  };
  for (const auto& [license, expression, declared] : rows) {
    CAPTURE(license.spdx_id);
    CAPTURE(license.full_name);
    Bill bill = example();
    bill.components[1].info.licenses = {license};
    const auto spdx = go::Json::parse(spdx_json(bill));
    CHECK(element(*spdx, "packages", "packageFileName", ssl)->text_at("licenseDeclared") ==
          expression);
    const auto cyclonedx = go::Json::parse(cyclonedx_json(bill));
    const std::string licenses =
        element(*cyclonedx, "components", "bom-ref", ssl)->find("licenses")->compact();
    if (declared.empty()) {
      CHECK(spdx->find("hasExtractedLicensingInfos") == nullptr);
      CHECK(licenses == cat(R"([{"expression":")", expression, "\"}]"));
      continue;
    }
    const go::Json* info = element(*spdx, "hasExtractedLicensingInfos", "licenseId", expression);
    REQUIRE(info != nullptr);
    CHECK(info->text_at("name") == declared);
    CHECK(licenses == cat(R"([{"license":{"name":)", go::Json(declared).compact(), "}}]"));
  }
}

TEST_CASE("references that come to the same have both names, and in CycloneDX a property each") {
  Bill bill = example();
  bill.components[1].info.licenses = {{"MIT", ""}, {"", "My own"}, {"", "My-own"}, {"", "My own"}};
  const auto spdx = go::Json::parse(spdx_json(bill));
  CHECK(element(*spdx, "packages", "packageFileName", ssl)->text_at("licenseDeclared") ==
        "MIT AND LicenseRef-nix-My-own");
  CHECK(element(*spdx, "hasExtractedLicensingInfos", "licenseId", "LicenseRef-nix-My-own")
            ->text_at("extractedText") == "nixpkgs calls it: My own, My-own");
  const auto cyclonedx = go::Json::parse(cyclonedx_json(bill));
  const go::Json* made = element(*cyclonedx, "components", "bom-ref", ssl);
  CHECK(made->find("licenses")->compact() == R"([{"expression":"MIT AND LicenseRef-nix-My-own"}])");
  CHECK(property(*made, "n2c:license:LicenseRef-nix-My-own") == "My own");
}

TEST_CASE("what nix path-info prints is a closure graph too, as a list and as an object by path") {
  const std::string entry = R"("narHash":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      "narSize":12,"deriver":null,"references":["/nix/store/b"]})";
  for (const std::string& text :
       {cat(R"([{"path":"/nix/store/a",)", entry, "]"),
        cat(R"({"/nix/store/a":{)", entry, R"(,"/nix/store/gone":null})")}) {
    CAPTURE(text);
    const auto facts = parse_closure_facts(text);
    REQUIRE(facts.has_value());
    REQUIRE(facts->size() == 1);
    const PathFacts& only = facts->at("/nix/store/a");
    CHECK(only.nar_hash == oci::Digest::of(""));
    CHECK(only.nar_size == 12);
    CHECK(only.references == std::vector<std::string>{"/nix/store/b"});
  }
  CHECK(parse_closure_facts(R"({"/nix/store/a":{"references":1}})").error() ==
        "/nix/store/a.references: a list is due, and this is 1");
}

TEST_CASE("a layer without store paths is named with its source") {
  const auto document = go::Json::parse(cyclonedx_json(example()));
  const go::Json* base = element(*document, "components", "bom-ref", "layer-1");
  REQUIRE(base != nullptr);
  CHECK(base->text_at("description") == "file /nix/store/base.tar.gz");
  const auto spdx = go::Json::parse(spdx_json(example()));
  CHECK(element(*spdx, "packages", "SPDXID", "SPDXRef-Layer-1")->text_at("sourceInfo") ==
        "file /nix/store/base.tar.gz");
}

TEST_CASE("SPDX says which layer contains a store path, and has an id of its own for each") {
  Bill bill = example();
  const std::string first = store_path('d', "a_b");
  const std::string second = store_path('d', "a+b");
  bill.components.push_back({.path = first, .name = parse_store_name(first), .layers = {2}});
  bill.components.push_back({.path = second, .name = parse_store_name(second), .layers = {2}});
  const auto spdx = go::Json::parse(spdx_json(bill));
  const std::string one = element(*spdx, "packages", "packageFileName", first)->text_at("SPDXID");
  const std::string two = element(*spdx, "packages", "packageFileName", second)->text_at("SPDXID");
  CHECK(one != two);
  CHECK(element(*spdx, "relationships", "relatedSpdxElement", two)->text_at("spdxElementId") ==
        "SPDXRef-Layer-3");
  CHECK(spdx->find("creationInfo")->text_at("created") == "2024-05-13T07:31:10Z");
}

TEST_CASE("package information that is none says where") {
  CHECK(parse_package_info(R"({"version":1})").error() == "it names no packages");
  CHECK(parse_package_info(R"({"version":2,"packages":[]})").error() == "version 2 is not known");
  CHECK(
      parse_package_info(R"({"packages":[{"path":3}]})").error().starts_with("packages[0].path: "));
  CHECK(parse_closure_facts(R"([{"path":"/nix/store/a","narHash":"md5:1"}])")
            .error()
            .starts_with("[0].narHash: "));
}

}  // namespace bill_test
