#include "test/support/referrer_habits.h"

#include "base/text.h"

namespace n2c::test {

using registry::Method;
using registry::Reply;

std::optional<Reply> refuse_referrers(const Personality& personality,
                                      const registry::Request& request) {
  const bool asks = request.target.find("/referrers/") != std::string::npos;
  if (!asks || personality.referrers == ReferrersApi::works) return std::nullopt;
  if (personality.referrers == ReferrersApi::absent) {
    return Reply{.status = 404, .headers = {{"Content-Type", "text/plain"}}, .body = "not found"};
  }
  return Reply{.status = 303, .headers = {{"Location", "/-/v2/packages/container/package"}}};
}

std::string meant_target(const Personality& personality, const registry::Request& request) {
  constexpr std::string_view dashed = "/manifests/sha256-";
  constexpr std::size_t digits = 64;
  const std::size_t at = request.target.find(dashed);
  const bool reads = request.method == Method::get || request.method == Method::head;
  const bool is_digest =
      at != std::string::npos && request.target.size() == at + dashed.size() + digits;
  if (!personality.dashed_digests || !reads || !is_digest) return request.target;
  return cat(request.target.substr(0, at),
             "/manifests/sha256:", request.target.substr(at + dashed.size()));
}

}  // namespace n2c::test
