#include "statement/provenance.h"

#include <set>

#include "base/text.h"
#include "go/encoding_json.h"
#include "statement/nix_hash.h"

namespace n2c {

namespace {

using go::Json;

/// What a build is: the manual's page of derivations.
constexpr std::string_view build_type =
    "https://nixos.org/manual/nix/stable/language/derivations.html";
/// What caches send the archives of store paths as.
constexpr std::string_view nar_media_type = "application/x-nix-nar";

Json digest_set(const oci::Digest& digest) {
  Json set;
  return set.set(std::string(digest.algorithm_name()), digest.hex());
}

Json flake_dependency(const FlakeSource& flake) {
  Json one;
  if (!flake.name.empty()) one.set("name", flake.name);
  if (!flake.url.empty()) one.set("uri", flake.url);
  Json digest;
  const auto nar_hash = parse_nix_hash(flake.nar_hash);
  if (flake.is_git && !flake.revision.empty()) {
    one.set("digest", digest.set("gitCommit", flake.revision));
  } else if (nar_hash) {
    one.set("digest", digest_set(*nar_hash)).set("mediaType", nar_media_type);
  }
  Json annotations;
  if (!flake.revision.empty()) annotations.set("revision", flake.revision);
  if (!flake.nar_hash.empty()) annotations.set("narHash", flake.nar_hash);
  if (!annotations.is_null()) one.set("annotations", std::move(annotations));
  return one;
}

/// A dependency needs one of uri, digest and content.
bool is_nameable(const FlakeSource& flake) {
  return !flake.url.empty() || !flake.nar_hash.empty() || (flake.is_git && !flake.revision.empty());
}

Json derivation_dependency(const std::string& path) {
  Json one;
  return one.set("name", path).set("uri", cat("file://", path));
}

Json layer_digests(const std::vector<std::size_t>& places, const std::vector<BillLayer>& layers) {
  Json digests(Json::Array{});
  for (const std::size_t place : places) digests.push(layers[place].digest.str());
  return digests;
}

Json path_dependency(const BillComponent& made, const std::vector<BillLayer>& layers) {
  Json one;
  one.set("name", made.path).set("uri", purl_of(made.name));
  if (made.nar_hash) {
    one.set("digest", digest_set(*made.nar_hash)).set("mediaType", nar_media_type);
  }
  Json annotations;
  if (!made.info.deriver.empty()) annotations.set("deriver", made.info.deriver);
  annotations.set("layers", layer_digests(made.layers, layers));
  return one.set("annotations", std::move(annotations));
}

Json layer_dependency(const BillLayer& layer, std::size_t place) {
  Json one;
  one.set("name", cat("layer ", place + 1)).set("digest", digest_set(layer.digest));
  Json annotations;
  if (!layer.source.empty()) annotations.set("source", layer.source);
  return one.set("annotations", annotations.set("diffId", layer.diff_id.str()));
}

std::set<std::string> derivations_of(const Bill& bill, const ProvenanceFacts& facts) {
  std::set<std::string> derivations;
  if (!facts.derivation.empty()) derivations.insert(facts.derivation);
  for (const BillComponent& made : bill.components) {
    if (!made.info.deriver.empty()) derivations.insert(made.info.deriver);
  }
  return derivations;
}

Json resolved_dependencies(const Bill& bill, const ProvenanceFacts& facts) {
  Json list(Json::Array{});
  if (facts.flake) {
    if (is_nameable(facts.flake->self)) list.push(flake_dependency(facts.flake->self));
    for (const FlakeSource& input : facts.flake->inputs) {
      if (is_nameable(input)) list.push(flake_dependency(input));
    }
  }
  for (const std::string& path : derivations_of(bill, facts)) {
    list.push(derivation_dependency(path));
  }
  for (const BillComponent& made : bill.components) list.push(path_dependency(made, bill.layers));
  for (std::size_t place = 0; place < bill.layers.size(); ++place) {
    if (bill.layers[place].paths.empty()) list.push(layer_dependency(bill.layers[place], place));
  }
  return list;
}

Json predicate_of(const Bill& bill, const ProvenanceFacts& facts) {
  Json parameters(Json::Object{});
  if (!facts.derivation.empty()) parameters.set("derivation", facts.derivation);
  if (facts.flake && !facts.flake->self.url.empty()) parameters.set("flake", facts.flake->self.url);
  Json definition;
  definition.set("buildType", build_type).set("externalParameters", std::move(parameters));
  definition.set("resolvedDependencies", resolved_dependencies(bill, facts));
  Json version;
  version.set("n2c", N2C_VERSION);
  Json builder;
  builder.set("id", facts.builder).set("version", std::move(version));
  Json details;
  details.set("builder", std::move(builder));
  Json predicate;
  predicate.set("buildDefinition", std::move(definition));
  return predicate.set("runDetails", std::move(details));
}

Json subject_of_statement(const BillSubject& subject) {
  Json one;
  one.set("name", subject.name).set("digest", digest_set(subject.digest()));
  Json annotations;
  annotations.set("config", subject.config.str()).set("platform", subject.platform.str());
  return one.set("annotations", std::move(annotations));
}

}  // namespace

std::string provenance_predicate(const Bill& bill, const ProvenanceFacts& facts) {
  return predicate_of(bill, facts).indented() + "\n";
}

std::string provenance_statement(const Bill& bill, const ProvenanceFacts& facts) {
  Json statement;
  statement.set("_type", "https://in-toto.io/Statement/v1");
  statement.set("subject", Json(Json::Array{subject_of_statement(bill.subject)}));
  statement.set("predicateType", provenance_type);
  statement.set("predicate", predicate_of(bill, facts));
  return statement.indented() + "\n";
}

}  // namespace n2c
