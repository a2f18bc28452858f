#pragma once
/// Pulling, pushing and deleting manifests and tags (distribution-spec, end-3, end-7, end-9).

#include "registry/server/api/call.h"

namespace n2c::registry {

Reply serve_manifest(Call& call);  // /v2/NAME/manifests/REFERENCE

}  // namespace n2c::registry
