#include "registry/client/retrier.h"

#include "base/text.h"
#include "registry/client/failure.h"

namespace n2c::registry {

HostReply Retrier::send(const HostCall& call, std::stop_token stop) {
  if (!call.retry) return next_.send(call, std::move(stop));
  const auto since = waits_.clock().now();
  for (int attempt = 1;; ++attempt) {
    try {
      HostReply reply = next_.send(call, stop);
      is_reached_ = true;
      if (!is_passing_status(reply.response.status)) return reply;
      const std::string why = cat(http::request_line(call.request), ": ", reply.response.status);
      const Setback setback{.attempt = attempt,
                            .since = since,
                            .why = why,
                            .retry_after = retry_after(reply.response)};
      if (auto remark = waits_.wait(setback, stop)) {
        reply.remark = *std::move(remark);
        return reply;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network || error.is_lasting()) throw;
      if (!error.is_unreached()) is_reached_ = true;
      Setback setback{.attempt = attempt, .since = since, .why = error.message()};
      if (!is_reached_) setback.max_time = first_contact;
      if (const auto remark = waits_.wait(setback, stop)) {
        throw explain_(error, call.request).with_remark(*remark).lasting();
      }
    }
  }
}

}  // namespace n2c::registry
