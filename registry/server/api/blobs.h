#pragma once
/// Pulling and deleting blobs (distribution-spec, end-2, end-10).

#include "registry/server/api/call.h"

namespace n2c::registry {

Reply serve_blob(Call& call);  // /v2/NAME/blobs/DIGEST

}  // namespace n2c::registry
