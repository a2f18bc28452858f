#include "registry/server/api/api_error.h"

#include "go/encoding_json.h"

namespace n2c::registry {

namespace {

struct CodeRow {
  const char* text;
  int status;
};

CodeRow row_of(ProblemCode code) {
  switch (code) {
    case ProblemCode::blob_unknown: return {"BLOB_UNKNOWN", 404};
    case ProblemCode::blob_upload_invalid: return {"BLOB_UPLOAD_INVALID", 400};
    case ProblemCode::blob_upload_unknown: return {"BLOB_UPLOAD_UNKNOWN", 404};
    case ProblemCode::digest_invalid: return {"DIGEST_INVALID", 400};
    case ProblemCode::manifest_blob_unknown: return {"MANIFEST_BLOB_UNKNOWN", 404};
    case ProblemCode::manifest_invalid: return {"MANIFEST_INVALID", 400};
    case ProblemCode::manifest_unknown: return {"MANIFEST_UNKNOWN", 404};
    case ProblemCode::name_invalid: return {"NAME_INVALID", 400};
    case ProblemCode::name_unknown: return {"NAME_UNKNOWN", 404};
    case ProblemCode::size_invalid: return {"SIZE_INVALID", 400};
    case ProblemCode::unauthorized: return {"UNAUTHORIZED", 401};
    case ProblemCode::denied: return {"DENIED", 403};
    case ProblemCode::unsupported: return {"UNSUPPORTED", 405};
    case ProblemCode::too_many_requests: return {"TOOMANYREQUESTS", 429};
    case ProblemCode::pagination_number_invalid: return {"PAGINATION_NUMBER_INVALID", 400};
    case ProblemCode::unknown: return {"UNKNOWN", 500};
  }
  return {"UNKNOWN", 500};
}

go::Json error_json(const CodeRow& row, const Problem& problem) {
  go::Json error{go::Json::Object{}};
  error.set("code", row.text).set("message", problem.message);
  return error;
}

}  // namespace

Reply reply_to(const Problem& problem) {
  const CodeRow row = row_of(problem.code);
  go::Json errors{go::Json::Array{}};
  for (const std::string& detail : problem.details) {
    errors.push(error_json(row, problem).set("detail", detail));
  }
  if (problem.details.empty()) errors.push(error_json(row, problem));
  go::Json body{go::Json::Object{}};
  body.set("errors", std::move(errors));
  return {.status = problem.status == 0 ? row.status : problem.status,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.compact()};
}

Reply method_refused(std::string allowed) {
  Reply reply = reply_to({ProblemCode::unsupported, "the method is not allowed here"});
  reply.headers.add("Allow", std::move(allowed));
  return reply;
}

Reply busy_reply() {
  Reply reply =
      reply_to({ProblemCode::too_many_requests, "the registry has no memory free", {}, 503});
  reply.headers.add("Retry-After", "1");
  return reply;
}

}  // namespace n2c::registry
