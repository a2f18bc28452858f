#pragma once
/// Where an image comes from: SLSA provenance v1 in an in-toto Statement v1 (slsa.dev,
/// "Provenance"; in-toto/attestation, spec/v1).

#include <optional>
#include <string>
#include <string_view>

#include "statement/bill.h"
#include "statement/flake_metadata.h"

namespace n2c {

/// What attestations that are not signed are attached as.
inline constexpr std::string_view statement_media_type = "application/vnd.in-toto+json";
inline constexpr std::string_view provenance_type = "https://slsa.dev/provenance/v1";
/// The annotation of such an artifact that says what it states.
inline constexpr const char* predicate_type_key = "in-toto.io/predicate-type";

/// What the bill does not say.
struct ProvenanceFacts {
  std::string builder = "https://nixos.org/";  ///< a URI: who is trusted to have built it
  std::string derivation{};                    ///< that the image was built by; empty: not known
  std::optional<FlakeMetadata> flake{};        ///< that has the derivation
};

/// A JSON document, with a line end: the predicate alone, as signers take it. Pure: the same of the
/// same.
std::string provenance_predicate(const Bill& bill, const ProvenanceFacts& facts);

/// The same in a statement about the image.
std::string provenance_statement(const Bill& bill, const ProvenanceFacts& facts);

}  // namespace n2c
