#pragma once
/// What a registry has to say to its users.

#include <set>
#include <string>
#include <utility>

#include "base/locked.h"
#include "base/text.h"
#include "http/transport.h"
#include "registry/client/notes.h"

namespace n2c::registry {

/// Passes on each `Warning: 299 - "text"` once (distribution-spec, "Warnings"), and twenty in all:
/// a registry can make up as many as it answers requests. Thread-safe.
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
      tell(cat(host_, " says: ", words));
    }
    return response;
  }

 private:
  static constexpr std::size_t most_told = 20;

  void tell(const std::string& words) {
    const bool is_told = told_.with([&](auto& told) {
      return told.contains(words) || (told.size() < most_told && told.insert(words).second);
    });
    notes_.say_once(is_told ? words : cat(host_, " says more than that, which is not shown"));
  }

  http::Transport& next_;
  const std::string host_;
  Notes& notes_;
  Locked<std::set<std::string>> told_;
};

}  // namespace n2c::registry
