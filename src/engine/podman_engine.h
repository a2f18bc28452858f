#pragma once
/// Podman through its own program, as the user who runs us: rootful and rootless alike.

#include <memory>

#include "engine/load.h"

namespace n2c {

/// Throws Error{local} when there is no podman in $PATH.
std::unique_ptr<Engine> make_podman_engine(std::stop_token stop);

}  // namespace n2c
