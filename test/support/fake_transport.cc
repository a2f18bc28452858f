#include "test/support/fake_transport.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace n2c::test {

FakeTransport& FakeTransport::when(std::string method, std::string part, http::Response answer,
                                   int times) {
  return when(
      std::move(method), std::move(part),
      [answer = std::move(answer)](const SeenRequest&) { return answer; }, times);
}

FakeTransport& FakeTransport::when(std::string method, std::string part, Answer answer, int times) {
  state_.with([&](State& state) {
    state.rules.push_back({.method = std::move(method),
                           .part = std::move(part),
                           .answer = std::move(answer),
                           .left = times});
  });
  return *this;
}

FakeTransport& FakeTransport::lose(std::string method, std::string part, std::uint64_t bytes,
                                   int times) {
  state_.with([&](State& state) {
    state.rules.push_back({.method = std::move(method),
                           .part = std::move(part),
                           .answer = {},
                           .lost_after = bytes,
                           .left = times});
  });
  return *this;
}

FakeTransport& FakeTransport::resolve(std::string host, std::string address) {
  state_.with([&](State& state) { state.addresses.insert_or_assign(host, address); });
  return *this;
}

std::optional<FakeTransport::Rule> FakeTransport::take_rule(const SeenRequest& request) {
  return state_.with([&](State& state) -> std::optional<Rule> {
    for (Rule& rule : state.rules) {
      if (rule.left == 0 || !request.line.starts_with(rule.method + " ") ||
          request.line.find(rule.part) == std::string::npos) {
        continue;
      }
      --rule.left;
      return rule;
    }
    return std::nullopt;
  });
}

http::Response FakeTransport::send(const http::Request& request, std::stop_token stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
  const auto address =
      state_.with([&](State& state) { return state.addresses[request.url.host()]; });
  if (!address.empty() && request.on_connected) request.on_connected(address);
  SeenRequest seen{.line = cat(http::name_of(request.method), " ", request.url.str()),
                   .headers = request.headers,
                   .body = {}};
  const auto rule = take_rule(seen);
  // A base URL that nobody wrote a rule for has nothing to say.
  if (!rule && request.method == http::Method::get && request.url.path() == "/v2/") {
    return {.status = 200, .url = request.url};
  }
  const std::uint64_t limit = rule ? rule->lost_after : 0;
  if (request.body.source != nullptr) {
    const auto reader = request.body.source->open(request.body.offset);
    const std::uint64_t length = request.body.length.value_or(std::uint64_t{1} << 30);
    seen.body.resize(std::min({length, limit, std::uint64_t{1} << 30}));
    seen.body.resize(read_full(*reader, std::as_writable_bytes(std::span(seen.body))));
    if (!request.body.length && limit > seen.body.size()) {
      std::byte beyond{};
      CHECK(reader->read({&beyond, 1}) == 0);
    }
  }
  if (request.sent != nullptr) request.sent->fetch_add(seen.body.size());
  state_.with([&](State& state) { state.seen.push_back(seen); });
  CHECK_MESSAGE(rule.has_value(), "no rule for ", seen.line);
  if (!rule || !rule->answer) {
    throw Error(ErrorKind::network, cat(seen.line.substr(0, seen.line.find('?')), ": cut"));
  }
  http::Response response = rule->answer(seen);
  response.url = request.url;
  response.sent = seen.body.size();
  const bool for_sink =
      request.reply_sink != nullptr &&
      (request.is_for_sink ? request.is_for_sink(response) : response.status / 100 == 2);
  if (for_sink) request.reply_sink->write(bytes_of(std::exchange(response.body, {})));
  return response;
}

std::vector<SeenRequest> FakeTransport::requests() const {
  return state_.with([](const State& state) { return state.seen; });
}

std::vector<std::string> FakeTransport::lines() const {
  std::vector<std::string> lines;
  for (const SeenRequest& request : requests()) {
    const std::size_t space = request.line.find(' ');
    const std::size_t path = request.line.find('/', request.line.find("://") + 3);
    lines.push_back(request.line.substr(0, space + 1) + request.line.substr(path));
  }
  return lines;
}

std::size_t FakeTransport::count(std::string_view line_start) const {
  const auto all = lines();
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const std::string& line) { return line.starts_with(line_start); }));
}

http::Response refusal(int status, std::string code, std::string message, std::string detail_json) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = cat(R"({"errors":[{"code":")", code, R"(","message":")", message,
                      R"(","detail":)", detail_json, "}]}")};
}

}  // namespace n2c::test
