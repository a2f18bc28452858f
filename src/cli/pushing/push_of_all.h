#pragma once
/// Several images in one push (--all).

#include <stop_token>

#include "cli/pushing/push_arguments.h"

namespace n2c::cli {

/// Pushes all of a list or a folder. Returns the exit code. Throws Error and SignerFailed: that of
/// the first image that failed, when all have been tried.
int push_all(const PushArguments& arguments, bool debug, const std::stop_token& stop);

}  // namespace n2c::cli
