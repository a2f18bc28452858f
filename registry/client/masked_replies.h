#pragma once
/// A login or token that a reply repeats, as some servers do where they refuse it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/secrets.h"
#include "http/transport.h"
#include "registry/client/auth/base64.h"
#include "registry/client/failure.h"

namespace n2c::registry {

/// Hides what a request's Authorization carried in the parts of its reply that people are shown:
/// the body of a refusal or a web page, warnings, and the request's id. Thread-safe.
class MaskedReplies final : public http::Transport {
 public:
  explicit MaskedReplies(http::Transport& next) : next_(next) {}

  http::Response send(const http::Request& request, std::stop_token stop) override {
    http::Response response = next_.send(request, std::move(stop));
    const std::vector<std::string> secrets = with_password(http::secrets_of(request.headers));
    if (secrets.empty()) return response;
    if (response.status != 200 || is_page(response)) http::hide(response.body, secrets);
    http::Headers headers;
    for (auto [name, value] : response.headers.lines()) {
      if (is_shown(name)) http::hide(value, secrets);
      headers.add(std::move(name), std::move(value));
    }
    response.headers = std::move(headers);
    return response;
  }

 private:
  /// Those that failure.cc and Warnings pass on.
  static bool is_shown(std::string_view name) {
    const std::string lower = lower_ascii(name);
    return lower == "warning" || lower == "cf-ray" || lower.ends_with("id");
  }

  /// A shorter password might be a word of any message.
  static std::vector<std::string> with_password(std::vector<std::string> secrets) {
    constexpr std::size_t least_bytes = 6;
    for (std::size_t i = 0, count = secrets.size(); i < count; ++i) {
      const auto login = base64_decode(secrets[i]);
      const auto parts = login ? cut(*login, ':') : std::nullopt;
      if (parts && parts->second.size() >= least_bytes) secrets.emplace_back(parts->second);
    }
    return secrets;
  }

  http::Transport& next_;
};

}  // namespace n2c::registry
