#pragma once
/// Podman through its own program, as the user who runs us: rootful and rootless alike.

#include <chrono>
#include <memory>
#include <stop_token>

#include "engine/first_reply.h"
#include "engine/load.h"

namespace n2c {

/// Throws Error{local} when there is no podman in $PATH, Error{network} when it does not say in
/// that time what it is.
std::unique_ptr<Engine> make_podman_engine(
    const std::stop_token& stop, std::chrono::milliseconds patience = first_reply_patience);

}  // namespace n2c
