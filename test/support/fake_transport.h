#pragma once
/// A Transport with a script instead of a network. It records every request.

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/locked.h"
#include "http/transport.h"

namespace n2c::test {

/// A request as it would have left.
struct SeenRequest {
  std::string line;  ///< "PUT https://host/path?query"
  http::Headers headers;
  std::string body;
  std::string authorization() const { return headers.find("Authorization").value_or(""); }
};

/// Rules are looked at in the order they were made; the first that fits and is not used up
/// answers. A request that no rule fits fails the test, but for GET /v2/, which is 200 then and not
/// recorded. Thread-safe.
class FakeTransport final : public http::Transport {
 public:
  using Answer = std::function<http::Response(const SeenRequest&)>;

  /// Requests of that method whose URL contains `part`, so many times.
  FakeTransport& when(std::string method, std::string part, http::Response answer, int times = 1);
  FakeTransport& when(std::string method, std::string part, Answer answer, int times = 1);
  FakeTransport& always(std::string method, std::string part, http::Response answer) {
    return when(std::move(method), std::move(part), std::move(answer),
                std::numeric_limits<int>::max());
  }
  /// The connection breaks after `bytes` of the body.
  FakeTransport& lose(std::string method, std::string part, std::uint64_t bytes = 0, int times = 1);

  /// The host's name leads to that address.
  FakeTransport& resolve(std::string host, std::string address);

  http::Response send(const http::Request& request, std::stop_token stop) override;

  std::vector<SeenRequest> requests() const;
  /// Their lines, without scheme and host: "PUT /v2/app/blobs/uploads/1?digest=…".
  std::vector<std::string> lines() const;
  /// How many lines begin so.
  std::size_t count(std::string_view line_start) const;

 private:
  struct Rule {
    std::string method, part;
    Answer answer;
    std::uint64_t lost_after = std::numeric_limits<std::uint64_t>::max();
    int left = 1;
  };
  struct State {
    std::vector<Rule> rules;
    std::map<std::string, std::string> addresses;
    std::vector<SeenRequest> seen;
  };
  std::optional<Rule> take_rule(const SeenRequest& request);
  Locked<State> state_;
};

/// An error body as the distribution-spec has it.
http::Response refusal(int status, std::string code, std::string message = {},
                       std::string detail_json = "null");

}  // namespace n2c::test
