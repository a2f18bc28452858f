#include "http/library.h"

#include <curl/curl.h>

#include <algorithm>

#include "base/text.h"

namespace n2c::http {

std::string library() {
  const auto* info = curl_version_info(CURLVERSION_NOW);
  std::string tls = info->ssl_version == nullptr ? "no TLS" : info->ssl_version;
  std::ranges::replace(tls, '/', ' ');
  return cat("curl ", info->version, ", ", tls);
}

}  // namespace n2c::http
