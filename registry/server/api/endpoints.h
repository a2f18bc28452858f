#pragma once
/// The API's resources, one function each. What they share is a Call.

#include "registry/server/api/api.h"
#include "registry/server/api/route.h"
#include "registry/server/api/sessions.h"

namespace n2c::registry {

/// One request on its way through the API.
struct Call {
  Exchange& exchange;
  const Route& route;
  Store& store;
  WritableStore* writable;  ///< null when nothing may be changed
  const ApiOptions& options;
  Sessions& sessions;

  Verb verb() const { return exchange.verb; }
  bool reads() const { return verb() == Verb::get || verb() == Verb::head; }
};

/// What a document of JSON takes while it is understood, or nearly so: some of it becomes many
/// small values.
constexpr std::uint64_t memory_of_json(std::uint64_t bytes) { return 12 * bytes; }

Reply serve_blob(Call& call);       // /v2/NAME/blobs/DIGEST
Reply serve_uploads(Call& call);    // /v2/NAME/blobs/uploads/
Reply serve_session(Call& call);    // /v2/NAME/blobs/uploads/ID
Reply serve_manifest(Call& call);   // /v2/NAME/manifests/REFERENCE
Reply serve_tags(Call& call);       // /v2/NAME/tags/list
Reply serve_catalog(Call& call);    // /v2/_catalog
Reply serve_referrers(Call& call);  // /v2/NAME/referrers/DIGEST

}  // namespace n2c::registry
