#pragma once
/// The steps of an upload's plan as words, such as "PATCH s1 0+4 ranged".

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/text.h"
#include "registry/client/upload_plan.h"

namespace n2c::test {

inline constexpr std::uint64_t mib = 1 << 20;

inline std::string text(const registry::UploadPlan::Open& open) {
  return cat(open.pause ? "wait, " : "", "open", open.mount ? " by mount" : "",
             open.whole ? " whole" : "");
}
inline std::string text(const registry::UploadPlan::Send& send) {
  return cat(send.closes ? "PUT " : "PATCH ", send.to, " ", send.first, "+",
             send.count ? std::to_string(*send.count) : "rest", send.ranged ? " ranged" : "");
}
inline std::string text(const registry::UploadPlan::Close& close) {
  return cat(close.pause ? "wait, close " : "close ", close.to);
}
inline std::string text(const registry::UploadPlan::Ask& ask) { return "ask " + ask.to; }
inline std::string text(const registry::UploadPlan::Check&) { return "check"; }
inline std::string text(const registry::UploadPlan::Cancel& cancel) {
  return "cancel " + cancel.to;
}
inline std::string text(const registry::UploadPlan::Done&) { return "done"; }
inline std::string text(const registry::UploadPlan::GiveUp&) { return "give up"; }

inline std::string next(const registry::UploadPlan& plan) {
  return std::visit([](const auto& step) { return text(step); }, plan.next());
}

/// A plan whose session "s1" is open.
inline registry::UploadPlan opened(registry::HostProfile profile, std::optional<std::uint64_t> size,
                                   std::optional<std::uint64_t> min_chunk = {}) {
  registry::UploadPlan plan(profile, size);
  REQUIRE(next(plan) == "open");
  plan.on_reply({.status = 202, .location = "s1", .min_chunk = min_chunk});
  return plan;
}

}  // namespace n2c::test
