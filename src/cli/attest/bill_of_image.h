#pragma once
/// The bill of materials of an image, wherever it is.

#include <stop_token>
#include <string>

#include "cli/inspect/place.h"
#include "statement/bill.h"

namespace n2c::cli {

struct BillArguments {
  std::string closure_graph, package_info, name;
};
/// Declares --closure-graph, --package-info.
void add_bill_options(CLI::App& command, BillArguments& arguments);

/// What the files say. Throws Error{input}.
struct BillFacts {
  ClosureFacts closure;
  PackageInfos packages;
};
BillFacts bill_facts_of(const BillArguments& arguments);

/// Of an image.json the description is read; of a stored image every layer is fetched. Throws
/// Error.
Bill bill_of_image(const BillArguments& arguments, const PlaceArguments& place, bool debug,
                   const std::stop_token& stop);

/// The image as it is, or is to be, in a repository.
BillSubject subject_of_stored(const Image& image, const oci::Repository& repository,
                              const oci::Digest& manifest);

/// Writes a statement where --output says. Empty or "-": to standard output. Throws Error{local}.
void write_document(const std::string& output, const std::string& text);

/// "cyclonedx" or "spdx".
std::string bill_text(const Bill& bill, std::string_view format);

}  // namespace n2c::cli
