#pragma once
/// What people say of where an image comes from, beyond what its description tells.

#include <string>

#include "statement/bill.h"
#include "statement/provenance.h"

namespace CLI {
class App;
}

namespace n2c::cli {

/// As written on the command line.
struct ProvenanceArguments {
  std::string flake, derivation;
  std::string builder = ProvenanceFacts{}.builder;

  /// Whether any of it was written.
  bool is_asked() const {
    return !flake.empty() || !derivation.empty() || builder != ProvenanceFacts{}.builder;
  }
};
/// Declares --flake-metadata, --derivation and --builder.
void add_provenance_options(CLI::App& command, ProvenanceArguments& arguments);

/// Reads the files. Throws Error{input}, and Error{usage} for what is not a derivation or no URI.
ProvenanceFacts provenance_facts_of(const ProvenanceArguments& arguments);

}  // namespace n2c::cli
