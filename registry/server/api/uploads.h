#pragma once
/// Pushing blobs: whole, streamed, in chunks, mounted (distribution-spec, end-4 to end-6,
/// end-11, end-13, end-14).

#include "registry/server/api/call.h"

namespace n2c::registry {

Reply serve_uploads(Call& call);  // /v2/NAME/blobs/uploads/
Reply serve_session(Call& call);  // /v2/NAME/blobs/uploads/ID

}  // namespace n2c::registry
