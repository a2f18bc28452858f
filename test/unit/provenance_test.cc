#include "statement/provenance.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/text.h"
#include "go/encoding_json.h"

namespace provenance_test {

using namespace n2c;

namespace {

constexpr std::string_view commit = "0123456789012345678901234567890123456789";
constexpr std::string_view empty_nar = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const std::string app = cat("/nix/store/", std::string(32, 'a'), "-app-1.0");
const std::string app_drv = cat("/nix/store/", std::string(32, 'b'), "-app-1.0.drv");
const std::string image_drv = cat("/nix/store/", std::string(32, 'c'), "-image-app.json.drv");

Bill example() {
  const auto facts = parse_closure_facts(cat(R"([{"path":")", app, R"(","deriver":")", app_drv,
                                             R"(","narHash":")", empty_nar, R"("}])"));
  REQUIRE(facts.has_value());
  const BillLayer base{.diff_id = oci::Digest::of("base"),
                       .digest = oci::Digest::of("base.gz"),
                       .source = "file /nix/store/base.tar.gz"};
  BillLayer own{.diff_id = oci::Digest::of("own"), .digest = oci::Digest::of("own.gz")};
  own.paths.push_back({app, 1});
  BillSubject subject{.name = "ghcr.io/acme/app",
                      .config = oci::Digest::of("config"),
                      .platform = {.architecture = "amd64"}};
  subject.manifest = oci::Digest::of("manifest");
  return make_bill(std::move(subject), {base, own}, *facts, {});
}

FlakeMetadata metadata(std::string_view text) {
  return or_throw(parse_flake_metadata(text), ErrorKind::internal, "flake metadata");
}

go::Json statement(const ProvenanceFacts& facts) {
  auto json = go::Json::parse(provenance_statement(example(), facts));
  REQUIRE(json.has_value());
  return *std::move(json);
}

const go::Json& definition(const go::Json& statement) {
  return *statement.find("predicate")->find("buildDefinition");
}

std::string dependency(const go::Json& statement, std::size_t place) {
  return definition(statement).find("resolvedDependencies")->as_array()->at(place).compact();
}

}  // namespace

TEST_CASE("a provenance is of the image's manifest, and names its store paths and derivations") {
  const ProvenanceFacts facts{.derivation = image_drv};
  const go::Json said = statement(facts);
  CHECK(said.text_at("_type") == "https://in-toto.io/Statement/v1");
  CHECK(said.text_at("predicateType") == "https://slsa.dev/provenance/v1");
  CHECK(said.find("subject")->compact() ==
        cat(R"([{"name":"ghcr.io/acme/app","digest":{"sha256":")",
            oci::Digest::of("manifest").hex(), R"("},"annotations":{"config":")",
            oci::Digest::of("config").str(), R"(","platform":"linux/amd64"}}])"));
  CHECK(definition(said).find("externalParameters")->compact() ==
        cat(R"({"derivation":")", image_drv, R"("})"));
  CHECK(dependency(said, 0) ==
        cat(R"({"name":")", app_drv, R"(","uri":"file://)", app_drv, R"("})"));
  CHECK(dependency(said, 1).contains(image_drv));
  CHECK(dependency(said, 2) ==
        cat(R"({"name":")", app, R"(","uri":"pkg:nix/app@1.0","digest":{"sha256":")",
            oci::Digest::of("").hex(),
            R"("},"mediaType":"application/x-nix-nar","annotations":{"deriver":")", app_drv,
            R"(","layers":[")", oci::Digest::of("own.gz").str(), R"("]}})"));
  CHECK(dependency(said, 3).contains(R"("source":"file /nix/store/base.tar.gz")"));
  CHECK(provenance_statement(example(), facts) == provenance_statement(example(), facts));
  CHECK(go::Json::parse(provenance_predicate(example(), facts))->compact() ==
        said.find("predicate")->compact());
}

TEST_CASE("who built it is Nix, or who is said to have") {
  const auto builder = [](const ProvenanceFacts& facts) {
    const go::Json said = statement(facts);
    return said.find("predicate")->find("runDetails")->find("builder")->text_at("id");
  };
  CHECK(builder({}) == "https://nixos.org/");
  CHECK(builder({.builder = "https://ci.example/runner"}) == "https://ci.example/runner");
}

TEST_CASE("a flake is named by its locked URL and commit, and what its lock file pins is too") {
  const FlakeMetadata flake = metadata(
      cat(R"({"description":"app","url":"github:acme/app/)", commit, R"(","revision":")", commit,
          R"(","locked":{"type":"github","owner":"acme","repo":"app","rev":")", commit,
          R"(","narHash":")", empty_nar, R"(","lastModified":1},"locks":{"version":7,"nodes":{
      "root":{"inputs":{"nixpkgs":"nixpkgs"}},
      "nixpkgs":{"locked":{"type":"github","owner":"NixOS","repo":"nixpkgs","rev":")",
          commit,
          R"(","dir":"lib"}},"data":{"locked":{"type":"tarball",
      "url":"https://token@example.org/data.tar.gz","narHash":")",
          empty_nar, R"("}}}}})"));
  const go::Json said = statement({.flake = flake});
  CHECK(definition(said).find("externalParameters")->text_at("flake") ==
        cat("github:acme/app/", commit));
  CHECK(dependency(said, 0) ==
        cat(R"({"uri":"github:acme/app/)", commit, R"(","digest":{"gitCommit":")", commit,
            R"("},"annotations":{"revision":")", commit, R"(","narHash":")", empty_nar, R"("}})"));
  CHECK(dependency(said, 1) ==
        cat(R"({"name":"data","uri":"https://example.org/data.tar.gz","digest":{"sha256":")",
            oci::Digest::of("").hex(),
            R"("},"mediaType":"application/x-nix-nar","annotations":{"narHash":")", empty_nar,
            R"("}})"));
  CHECK(dependency(said, 2).starts_with(
      cat(R"({"name":"nixpkgs","uri":"github:NixOS/nixpkgs/)", commit, R"(?dir=lib")")));
}

TEST_CASE("a locked flake has its URL in each of Nix's forms, and never a password") {
  const auto url = [](std::string_view locked) {
    return metadata(cat(R"({"locked":)", locked, "}")).self.url;
  };
  CHECK(url(R"({"type":"git","url":"https://me:pw@git.example/app","rev":"abc"})") ==
        "git+https://git.example/app?rev=abc");
  CHECK(url(R"({"type":"git","url":"ssh://git@git.example/app"})") ==
        "git+ssh://git@git.example/app");
  CHECK(url(R"({"type":"git","url":"ssh://git:pw@git.example/app"})") ==
        "git+ssh://git.example/app");
  CHECK(url(R"({"type":"hg","url":"https://hg.example/app"})") == "hg+https://hg.example/app");
  CHECK(url(R"({"type":"gitlab","owner":"a","repo":"b","host":"gitlab.example"})") ==
        "gitlab:a/b?host=gitlab.example");
  CHECK(url(R"({"type":"path","path":"/src/app"})") == "path:/src/app");
  CHECK(url(R"({"type":"file","url":"https://example.org/x"})") == "file+https://example.org/x");
  CHECK(url(R"({"type":"indirect","id":"nixpkgs"})") == "flake:nixpkgs");
}

TEST_CASE("a revision that is no commit is left out, and metadata that says nothing is an error") {
  const FlakeMetadata dirty =
      metadata(R"({"url":"git+file:///src/app","revision":"abc-dirty","locked":{"type":"git"}})");
  CHECK(dirty.self.revision.empty());
  CHECK(dirty.self.url == "git+file:///src/app");
  CHECK(parse_flake_metadata("{}").error() ==
        "it names no url, revision or locked: nix flake metadata --json does");
  CHECK(parse_flake_metadata(R"({"url":3})").error().starts_with("url: "));
  CHECK(parse_flake_metadata(R"({"url":"a:b","locked":{"narHash":"md5:1"}})")
            .error()
            .starts_with("narHash: "));
  CHECK(parse_flake_metadata(R"({"url":"a:b","locks":{"nodes":[]}})").error().contains("nodes"));
}

}  // namespace provenance_test
