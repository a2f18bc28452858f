#pragma once
/// Calls a registry::Api as a function, the way a client would over HTTP.

#include <string>
#include <string_view>

#include "base/stream.h"
#include "oci/digest.h"
#include "registry/server/api/api.h"

namespace n2c::test {

/// A reply read whole.
struct Answer {
  int status = 0;
  registry::HeaderMap headers;
  std::string body;
  std::string header(std::string_view field) const { return std::string(headers.get(field)); }
};

class ApiCaller {
 public:
  explicit ApiCaller(registry::Api& api) : api_(api) {}

  Answer call(registry::Method method, std::string target, registry::HeaderMap headers = {},
              std::string body = {}) {
    const std::uint64_t size = body.size();
    const auto reader = MemorySource(std::move(body)).open();
    registry::Request request{method, std::move(target), std::move(headers), *reader, size};
    auto reply = api_.handle(request);
    Answer answer{reply.status, reply.headers, {}};
    if (auto* text = std::get_if<std::string>(&reply.body)) {
      answer.body = *text;
    } else {
      answer.body = read_all(*std::get<std::unique_ptr<Reader>>(reply.body), 1 << 30);
    }
    return answer;
  }

  Answer get(std::string target, registry::HeaderMap headers = {}) {
    return call(registry::Method::get, std::move(target), std::move(headers));
  }
  Answer head(std::string target) { return call(registry::Method::head, std::move(target)); }
  Answer post(std::string target, std::string body = {}) {
    return call(registry::Method::post, std::move(target), {}, std::move(body));
  }
  Answer put(std::string target, std::string body = {}, registry::HeaderMap headers = {}) {
    return call(registry::Method::put, std::move(target), std::move(headers), std::move(body));
  }
  Answer patch(std::string target, std::string body, registry::HeaderMap headers = {}) {
    return call(registry::Method::patch, std::move(target), std::move(headers), std::move(body));
  }
  Answer del(std::string target) { return call(registry::Method::del, std::move(target)); }

  /// Pushes a blob in one request; returns its digest.
  std::string push_blob(const std::string& repository, const std::string& bytes) {
    const std::string digest = oci::Digest::of(bytes).str();
    post("/v2/" + repository + "/blobs/uploads/?digest=" + digest, bytes);
    return digest;
  }

 private:
  registry::Api& api_;
};

}  // namespace n2c::test
