#pragma once
/// What `n2c index` and `n2c push --index` have in common.

#include <span>
#include <stop_token>
#include <string>

#include "cli/transfer_options.h"
#include "push/image_destination.h"

namespace n2c::cli {

/// The images as written, and where they and their index go.
struct IndexTransfer {
  std::span<const std::string> words;
  Address destination;
  RegistryPush registry;
};

/// Pushes them. Throws Error.
int run_index(const IndexTransfer& transfer, const TransferArguments& arguments,
              const MetadataArguments& metadata, bool debug, std::stop_token stop);

}  // namespace n2c::cli
