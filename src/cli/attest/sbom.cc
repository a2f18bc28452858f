/// n2c sbom: what is in an image, in the words that scanners read.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/attest/bill_of_image.h"
#include "cli/command.h"
#include "console/output.h"

namespace n2c::cli {

namespace {

struct SbomArguments {
  PlaceArguments place;
  BillArguments bill;
  std::string format = "cyclonedx", output;
};

int run_sbom(const SbomArguments& arguments, bool debug, const std::stop_token& stop) {
  require_output(arguments.output, "--output");
  const Bill bill = bill_of_image(arguments.bill, arguments.place, debug, stop);
  write_document(arguments.output, bill_text(bill, arguments.format));
  return 0;
}

}  // namespace

void add_sbom_command(CLI::App& app, Invocation& chosen) {
  const auto arguments = std::make_shared<SbomArguments>();
  CLI::App& command = *app.add_subcommand(
      "sbom", "Write a bill of materials: every store path in an image, and its layer");
  add_place_options(command, arguments->place);
  command.add_option("--format", arguments->format, "CycloneDX 1.6 or SPDX 2.3, as JSON")
      ->check(CLI::IsMember({"cyclonedx", "spdx"}))
      ->capture_default_str();
  add_bill_options(command, arguments->bill);
  command.add_option("--name", arguments->bill.name,
                     "the image's name (default: its repository, or \"image\")");
  command.add_option("-o,--output", arguments->output,
                     "write to this file (default: standard output)");
  command.callback([arguments, &chosen] {
    chosen.action = [arguments, &chosen](std::stop_token stop) {
      return run_sbom(*arguments, chosen.debug, stop);
    };
  });
}

}  // namespace n2c::cli
