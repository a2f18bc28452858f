#pragma once
/// What a command says when it is done. Standard output has the result alone, which scripts take;
/// the sentence about it is for people and goes to standard error.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/attest/push_attachments.h"
#include "cli/transfer_options.h"
#include "places/address.h"
#include "remote/copied_referrers.h"

namespace n2c::cli {

struct Result {
  std::string command;                  ///< "push"
  std::vector<std::string> lines;       ///< what standard output gets
  std::string sentence;                 ///< without a line end
  std::string reference, digest;        ///< as lines have them; empty: there is none
  std::string image_id;                 ///< the config's digest; empty: not known
  std::vector<std::string> names;       ///< further tags, or the names in an engine
  std::string_view counted = "layers";  ///< "layers" or "blobs"
  Counts counts;
  std::optional<std::vector<AttachedToImage>> attachments{};  ///< of push and index
  std::optional<CopiedReferrers> referrers{};                 ///< of copy --referrers
  std::chrono::nanoseconds elapsed{};
};

/// Prints it as --quiet and --json say. `output_is_taken`: standard output has the image itself, so
/// that only the sentence is printed.
void print_result(const Result& result, const ProgressArguments& shown,
                  bool output_is_taken = false);

/// ", 2 attached, 1 attached already"; "" where nothing is.
std::string attachment_counts(const std::vector<AttachedToImage>& attachments);

/// Throws Error{usage} where --json and the image would both go to standard output.
void refuse_json_beside(const Address& place, const ProgressArguments& shown);

}  // namespace n2c::cli
