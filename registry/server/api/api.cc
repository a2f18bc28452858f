#include "registry/server/api/api.h"

#include "base/text.h"
#include "registry/server/api/blobs.h"
#include "registry/server/api/call.h"
#include "registry/server/api/manifests.h"
#include "registry/server/api/tags_and_referrers.h"
#include "registry/server/api/uploads.h"

namespace n2c::registry {

namespace {

Reply serve_base(Call& call) {
  if (!call.reads()) return method_refused("GET, HEAD");
  return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = "{}"};
}

Reply dispatch(Call& call) {
  switch (call.route.resource) {
    case Route::Resource::base: return serve_base(call);
    case Route::Resource::catalog: return serve_catalog(call);
    case Route::Resource::tags: return serve_tags(call);
    case Route::Resource::referrers: return serve_referrers(call);
    case Route::Resource::manifest: return serve_manifest(call);
    case Route::Resource::blob: return serve_blob(call);
    case Route::Resource::uploads: return serve_uploads(call);
    case Route::Resource::session: return serve_session(call);
  }
  return reply_to({ApiErrorCode::unknown, "no such resource"});
}

Reply answer(Call& call) {
  try {
    return dispatch(call);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::network || error.kind() == ErrorKind::cancelled) throw;
    if (call.options.on_failure) {
      call.options.on_failure(cat(method_text(call.method()), ' ', printable(call.request.target),
                                  ": ", error.message()));
    }
    return reply_to({ApiErrorCode::unknown, "the registry cannot do that now"});
  } catch (const StoreFull& full) {
    if (call.options.on_failure) {
      call.options.on_failure(
          cat(method_text(call.method()), ' ', printable(call.request.target), ": ", full.what()));
    }
    return reply_to({ApiErrorCode::unknown, cat(full.what(), " (--memory-limit)"), {}, 507});
  }
}

}  // namespace

Api::Api(Store& store, ApiOptions options)
    : store_(store),
      options_(std::move(options)),
      sessions_(std::make_unique<Sessions>(options_.max_sessions, options_.session_idle,
                                           options_.random)),
      heavy_work_(std::make_unique<Turnstile>()) {}

Api::~Api() = default;

Reply Api::handle(Request& request) {
  const auto route = parse_route(request.target);
  Reply reply;
  if (!route) {
    reply = reply_to(route.error());
  } else {
    WritableStore* writable = options_.read_only ? nullptr : store_.writable();
    if (writable != nullptr && !writable->takes_pushes(route->repository)) writable = nullptr;
    Call call{request, *route, store_, writable, options_, *sessions_, *heavy_work_};
    reply = answer(call);
  }
  if (const auto* text = std::get_if<std::string>(&reply.body)) {
    if (reply.status != 204 && !reply.headers.find("Content-Length")) {
      reply.headers.add("Content-Length", cat(text->size()));
    }
  }
  reply.headers.add("Docker-Distribution-API-Version", "registry/2.0");
  return reply;
}

std::size_t Api::session_count() const { return sessions_->count(); }

}  // namespace n2c::registry
