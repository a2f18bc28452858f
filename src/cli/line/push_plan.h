#pragma once
/// What a push would do, for --dry-run.

#include <string>
#include <vector>

#include "cli/transfer_options.h"
#include "image/image.h"
#include "places/address.h"
#include "transfer/push.h"

namespace n2c::cli {

/// Prints what would become of each layer and why, as lines or as one JSON object, and says the
/// totals, the tags and the largest layers on standard error. `further_tags`: beside the
/// destination's.
void print_push_plan(const Address& to, const Image& image, const PushReport& report,
                     const std::vector<std::string>& further_tags, const ProgressArguments& shown);

}  // namespace n2c::cli
