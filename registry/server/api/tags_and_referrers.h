#pragma once
/// Tags, catalogue and referrers (distribution-spec, end-8, end-12; the catalogue is Docker's).

#include "registry/server/api/call.h"

namespace n2c::registry {

Reply serve_tags(Call& call);       // /v2/NAME/tags/list
Reply serve_catalog(Call& call);    // /v2/_catalog
Reply serve_referrers(Call& call);  // /v2/NAME/referrers/DIGEST

}  // namespace n2c::registry
