/// n2c provenance: where an image comes from, in the words that policies read.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/attest/bill_of_image.h"
#include "cli/attest/provenance_facts.h"
#include "cli/command.h"
#include "console/output.h"

namespace n2c::cli {

namespace {

struct ProvenanceCommand {
  PlaceArguments place;
  BillArguments bill;
  ProvenanceArguments provenance;
  std::string output;
  bool predicate_alone = false;
};

int run_provenance(const ProvenanceCommand& arguments, bool debug, const std::stop_token& stop) {
  require_output(arguments.output, "--output");
  const ProvenanceFacts facts = provenance_facts_of(arguments.provenance);
  const Bill bill = bill_of_image(arguments.bill, arguments.place, debug, stop);
  write_document(arguments.output, arguments.predicate_alone ? provenance_predicate(bill, facts)
                                                             : provenance_statement(bill, facts));
  return 0;
}

}  // namespace

void add_provenance_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<ProvenanceCommand>();
  CLI::App& command = *app.add_subcommand(
      "provenance", "Write an image's provenance: derivations, store paths, the flake");
  add_place_options(command, arguments->place);
  add_provenance_options(command, arguments->provenance);
  add_bill_options(command, arguments->bill);
  command.add_option("--name", arguments->bill.name,
                     "the image's name (default: its repository, or \"image\")");
  command.add_flag("--predicate", arguments->predicate_alone,
                   "write only the SLSA predicate, for cosign attest and gh attestation");
  command.add_option("-o,--output", arguments->output,
                     "write to this file (default: standard output)");
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_provenance(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
