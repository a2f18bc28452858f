#pragma once
/// What registries without a list of referrers make of what refers to an image.

#include <optional>

#include "registry/server/api/request.h"
#include "test/support/personality.h"

namespace n2c::test {

/// What the referrers API answers where it is not what the spec wants. It asks for no login.
std::optional<registry::Reply> refuse_referrers(const Personality& personality,
                                                const registry::Request& request);

/// Where the tag sha256-HEX is read as the digest sha256:HEX, the target that is meant.
std::string meant_target(const Personality& personality, const registry::Request& request);

}  // namespace n2c::test
