#pragma once
/// What a command says when it is done. Standard output has the result alone, which scripts take;
/// the sentence about it is for people and goes to standard error.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/transfer_options.h"
#include "go/encoding_json.h"
#include "oci/digest.h"
#include "places/address.h"

namespace n2c::cli {

/// The image at that place as the next command may name it: HOST/REPOSITORY:TAG@DIGEST,
/// oci:FOLDER:TAG@DIGEST; without a digest in the words of places that do not take one.
std::string pasteable(const Address& place, const oci::Digest& digest);

struct Result {
  std::string command;                  ///< "push"
  std::vector<std::string> lines;       ///< what standard output gets
  std::string sentence;                 ///< without a line end
  std::string reference, digest;        ///< as lines have them; empty: there is none
  std::string image_id;                 ///< the config's digest; empty: not known
  std::vector<std::string> names;       ///< further tags, or the names in an engine
  std::string_view counted = "layers";  ///< "layers" or "blobs"
  Counts counts;
  std::chrono::nanoseconds elapsed{};
};

/// Prints it as --quiet and --json say. `output_is_taken`: standard output has the image itself, so
/// that only the sentence is printed.
void print_result(const Result& result, const ProgressArguments& shown,
                  bool output_is_taken = false);

/// Throws Error{usage} where --json and the image would both go to standard output.
void refuse_json_beside(const Address& place, const ProgressArguments& shown);

/// One line of JSON that begins with the schema's name, which docs/results.md describes.
void print_result_json(go::Json facts);

}  // namespace n2c::cli
