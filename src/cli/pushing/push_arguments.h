#pragma once
/// The command line of n2c push.

#include <string>
#include <vector>

#include "cli/attest/push_attachments.h"
#include "cli/transfer_options.h"

namespace n2c::cli {

struct PushArguments {
  std::string image;
  std::vector<std::string> others;  // the last is the destination
  std::string own_name;             // the destination when none is given
  std::vector<std::string> reuse_from, mount_from;
  bool index = false, all = false, verify_reuse = false, dry_run = false;
  TransferArguments transfer;
  MetadataArguments metadata;
  PushAttachments attachments;
};

}  // namespace n2c::cli
