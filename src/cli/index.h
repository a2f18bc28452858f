#pragma once
/// What `n2c index` and `n2c push --index` have in common.

#include <stop_token>
#include <string>
#include <vector>

#include "cli/attest/push_attachments.h"
#include "cli/transfer_options.h"
#include "places/image_destination.h"

namespace n2c::cli {

/// The images as written, and where they and their index go.
struct IndexTransfer {
  std::vector<std::string> sources;
  Address destination;
  RegistryPush registry;
  PushAttachments attachments{};  ///< of the index and of each image
};

/// The images among the words of a command line: `first`, and all of `others` but the last.
std::vector<std::string> sources_of(const std::string& first,
                                    const std::vector<std::string>& others);

/// Pushes them, attaches, and has all signed. Throws Error and SignerFailed.
int run_index(const IndexTransfer& transfer, const TransferArguments& arguments,
              const MetadataArguments& metadata, bool debug, std::stop_token stop);

}  // namespace n2c::cli
