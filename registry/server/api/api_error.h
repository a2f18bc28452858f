#pragma once
/// The errors of the distribution API (distribution-spec 1.1, "Error Codes").

#include <string>
#include <vector>

#include "registry/server/api/request.h"

namespace n2c::registry {

enum class ApiErrorCode {
  blob_unknown,
  blob_upload_invalid,
  blob_upload_unknown,
  digest_invalid,
  manifest_blob_unknown,
  manifest_invalid,
  manifest_unknown,
  name_invalid,
  name_unknown,
  size_invalid,
  unauthorized,
  denied,
  unsupported,
  too_many_requests,
  pagination_number_invalid,  ///< docker's: `n` is no number
  unknown,                    ///< docker's: the registry itself failed
};

/// What is wrong with a request, as its sender is told.
struct ApiError {
  ApiErrorCode code;
  std::string message;
  std::vector<std::string> details{};  ///< one error each, for example one missing digest each
  int status = 0;                      ///< 0: the code's usual one
};

/// {"errors":[{"code":…,"message":…,"detail":…}]} with the code's status.
Reply reply_to(const ApiError& error);

/// 405 that names the methods a resource has ("GET, HEAD").
Reply method_refused(std::string allowed);

/// 503: the memory that the request needs is not free.
Reply busy_reply();

}  // namespace n2c::registry
