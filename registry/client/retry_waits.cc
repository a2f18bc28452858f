#include "registry/client/retry_waits.h"

#include <algorithm>

#include "base/error.h"
#include "base/system.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The host and the reason, without the request that it was told of and the request's id.
std::string kind_of(std::string_view why) {
  std::string host;
  const std::size_t url = why.find("://");
  const std::size_t end = url == why.npos ? why.npos : why.find(": ", url);
  if (end != why.npos) {
    const std::string_view place = why.substr(url + 3, end - url - 3);
    host = cat(place.substr(0, place.find_first_of("/?")), ": ");
    why.remove_prefix(end + 2);
  }
  return host + std::string(why.substr(0, why.find(" (request ")));
}

}  // namespace

RetryWaits::RetryWaits(RetryPolicy policy, Clock& clock, std::optional<std::uint64_t> seed,
                       Notes& notes)
    : policy_(policy),
      clock_(clock),
      notes_(notes),
      random_(std::mt19937_64(seed ? *seed : random_bits())) {}

std::optional<std::string> RetryWaits::wait(const Setback& setback, std::stop_token stop) {
  const auto elapsed = duration_cast<milliseconds>(clock_.now() - setback.since);
  RetryPolicy policy = policy_;
  if (setback.max_time) policy.max_time = std::min(policy.max_time, *setback.max_time);
  const auto delay = random_.with([&](std::mt19937_64& generator) {
    return policy.delay(setback.attempt, elapsed, setback.retry_after, generator);
  });
  if (!delay) return farewell(setback, elapsed);
  if (!setback.max_time) say(setback, *delay);
  if (!clock_.wait(*delay, std::move(stop))) {
    throw Error(ErrorKind::cancelled, "stopped on request");
  }
  return std::nullopt;
}

void RetryWaits::say(const Setback& setback, milliseconds delay) {
  const auto now = clock_.now();
  const std::string kind = kind_of(setback.why);
  const bool is_new = said_.with([&](auto& said) {
    auto& until = said[{kind, setback.attempt}];
    const bool over = now >= until;
    if (over) until = now + delay;
    return over;
  });
  notes_.retry({.why = std::string(setback.why),
                .kind = kind,
                .next = cat("trying again in ", brief_duration(delay), " (try ",
                            setback.attempt + 1, " of ", policy_.attempts, ")")},
               is_new);
}

std::string RetryWaits::farewell(const Setback& setback, milliseconds elapsed) const {
  std::string words;
  const auto asked = setback.retry_after.value_or(milliseconds(0));
  if (asked > milliseconds(0) && elapsed + asked > policy_.max_time) {
    words = cat("; it asks to be left alone for ", duration_cast<seconds>(asked).count(),
                " s (Retry-After), and the limit is ", policy_.max_time.count(),
                " s (--retry-max-time)");
  }
  if (setback.attempt > 1) words += cat("; given up after ", setback.attempt, " tries");
  return words;
}

std::optional<milliseconds> retry_after(const http::Response& response) {
  const auto value = response.headers.find("Retry-After");
  if (!value) return std::nullopt;
  return parse_retry_after(*value, std::chrono::system_clock::now());
}

}  // namespace n2c::registry
