#pragma once
/// What a registry has to say to its users.

#include <string>
#include <utility>

#include "base/text.h"
#include "http/transport.h"
#include "registry/client/notes.h"

namespace n2c::registry {

/// Passes on each `Warning: 299 - "text"` once (distribution-spec, "Warnings"). Thread-safe.
class Warnings final : public http::Transport {
 public:
  /// `host` as in a reference.
  Warnings(http::Transport& next, std::string host, Notes& notes)
      : next_(next), host_(std::move(host)), notes_(notes) {}

  http::Response send(const http::Request& request, std::stop_token stop) override {
    http::Response response = next_.send(request, std::move(stop));
    for (const std::string& warning : response.headers.find_all("Warning")) {
      const std::size_t open = warning.find('"');
      const std::size_t close = warning.rfind('"');
      if (!warning.starts_with("299") || open == close) continue;
      const auto words = printable(warning.substr(open + 1, close - open - 1), 500);
      notes_.say_once(cat(host_, " says: ", words));
    }
    return response;
  }

 private:
  http::Transport& next_;
  const std::string host_;
  Notes& notes_;
};

}  // namespace n2c::registry
