#include "cli/attest/provenance_facts.h"

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "image/image_json.h"

namespace n2c::cli {

void add_provenance_options(CLI::App& command, ProvenanceArguments& arguments) {
  command.add_option(
      "--flake-metadata", arguments.flake,
      "the image's flake and its locked inputs: the output of `nix flake metadata --json`");
  command.add_option("--derivation", arguments.derivation,
                     "the derivation that built the image: /nix/store/….drv");
  command.add_option("--builder", arguments.builder, "the builder's URI, for the provenance")
      ->capture_default_str();
}

ProvenanceFacts provenance_facts_of(const ProvenanceArguments& arguments) {
  ProvenanceFacts facts{.builder = arguments.builder, .derivation = arguments.derivation};
  const bool is_derivation =
      facts.derivation.starts_with(store_folder) && facts.derivation.ends_with(".drv");
  if (!facts.derivation.empty() && !is_derivation) {
    throw Error(ErrorKind::usage,
                cat("--derivation: \"", printable(facts.derivation), "\" is not a derivation"),
                "/nix/store/HASH-NAME.drv, as nix-store --query --deriver prints it");
  }
  if (!facts.builder.contains(':')) {
    throw Error(ErrorKind::usage, cat("--builder: \"", printable(facts.builder), "\" is not a URI"),
                "https://github.com/actions/runner, for one");
  }
  if (!arguments.flake.empty()) {
    facts.flake = or_throw(parse_flake_metadata(read_description(arguments.flake)),
                           ErrorKind::input, printable(arguments.flake));
  }
  return facts;
}

}  // namespace n2c::cli
