#pragma once
/// What a push would do, for --dry-run.

#include "image/image.h"
#include "places/address.h"
#include "transfer/push.h"

namespace n2c::cli {

/// Prints what would become of each layer and why, as lines or as one JSON object.
void print_push_plan(const Address& to, const Image& image, const PushReport& report, bool is_json);

}  // namespace n2c::cli
