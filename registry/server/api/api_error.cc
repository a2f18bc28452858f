#include "registry/server/api/api_error.h"

#include "go/encoding_json.h"

namespace n2c::registry {

namespace {

struct CodeRow {
  const char* text;
  int status;
};

CodeRow row_of(ApiErrorCode code) {
  switch (code) {
    case ApiErrorCode::blob_unknown: return {"BLOB_UNKNOWN", 404};
    case ApiErrorCode::blob_upload_invalid: return {"BLOB_UPLOAD_INVALID", 400};
    case ApiErrorCode::blob_upload_unknown: return {"BLOB_UPLOAD_UNKNOWN", 404};
    case ApiErrorCode::digest_invalid: return {"DIGEST_INVALID", 400};
    case ApiErrorCode::manifest_blob_unknown: return {"MANIFEST_BLOB_UNKNOWN", 404};
    case ApiErrorCode::manifest_invalid: return {"MANIFEST_INVALID", 400};
    case ApiErrorCode::manifest_unknown: return {"MANIFEST_UNKNOWN", 404};
    case ApiErrorCode::name_invalid: return {"NAME_INVALID", 400};
    case ApiErrorCode::name_unknown: return {"NAME_UNKNOWN", 404};
    case ApiErrorCode::size_invalid: return {"SIZE_INVALID", 400};
    case ApiErrorCode::unauthorized: return {"UNAUTHORIZED", 401};
    case ApiErrorCode::denied: return {"DENIED", 403};
    case ApiErrorCode::unsupported: return {"UNSUPPORTED", 405};
    case ApiErrorCode::too_many_requests: return {"TOOMANYREQUESTS", 429};
    case ApiErrorCode::pagination_number_invalid: return {"PAGINATION_NUMBER_INVALID", 400};
    case ApiErrorCode::unknown: return {"UNKNOWN", 500};
  }
  return {"UNKNOWN", 500};
}

go::Json error_json(const CodeRow& row, const ApiError& error) {
  go::Json entry{go::Json::Object{}};
  entry.set("code", row.text).set("message", error.message);
  return entry;
}

}  // namespace

Reply reply_to(const ApiError& error) {
  const CodeRow row = row_of(error.code);
  go::Json errors{go::Json::Array{}};
  for (const std::string& detail : error.details) {
    errors.push(error_json(row, error).set("detail", detail));
  }
  if (error.details.empty()) errors.push(error_json(row, error));
  go::Json body{go::Json::Object{}};
  body.set("errors", std::move(errors));
  return {.status = error.status == 0 ? row.status : error.status,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.compact()};
}

Reply method_refused(std::string allowed) {
  Reply reply = reply_to({ApiErrorCode::unsupported, "the method is not allowed here"});
  reply.headers.add("Allow", std::move(allowed));
  return reply;
}

Reply busy_reply() {
  Reply reply =
      reply_to({ApiErrorCode::too_many_requests, "the registry has no memory free", {}, 503});
  reply.headers.add("Retry-After", "1");
  return reply;
}

}  // namespace n2c::registry
