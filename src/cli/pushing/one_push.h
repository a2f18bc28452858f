#pragma once
/// The push of one image, alone or among several.

#include <functional>
#include <stop_token>
#include <string>

#include "cli/image_argument.h"
#include "cli/pushing/push_arguments.h"
#include "console/console_progress.h"
#include "places/image_destination.h"

namespace n2c::cli {

/// The options that only registries look at. Throws Error{usage}.
RegistryPush registry_push_of(const PushArguments& arguments, const oci::Reference& to);

/// One image's push.
struct OnePush {
  const PushArguments& arguments;
  const Address& to;
  const ReadyAttachments* attachments;  ///< null: none are asked for
  std::string name{};                   ///< which of several; empty: it is the only one
  /// Runs what writes lines, with redrawn ones out of its way.
  std::function<void(const std::function<void()>&)> aside;
};

/// Opens the destination, pushes, attaches, tells. Returns what was written. Throws Error, and
/// SignerFailed.
PushReport push_there(const OnePush& push, ImageArgument& image, DestinationOptions opened,
                      Progress& progress, std::stop_token stop);

/// The whole of it for one image. Returns the exit code; throws as push_there() does.
int push_one(const PushArguments& arguments, const Address& address, bool debug,
             std::stop_token stop);

}  // namespace n2c::cli
