#include "registry/client/upload_plan.h"

#include <algorithm>
#include <utility>

#include "base/retry.h"
#include "base/text.h"

namespace n2c::registry {

namespace {

/// The size of chunks after a 413, and where a least one is named. GHCR takes 4 MiB (ocx#237,
/// rust-oci-client#37).
constexpr std::uint64_t usual_chunk = 4 << 20;
/// Chunks do not become smaller than this.
constexpr std::uint64_t smallest_chunk = 64 << 10;
/// The largest OCI-Chunk-Min-Length that is honoured: a chunk is held in memory (ocm#3642).
constexpr std::uint64_t largest_min_chunk = 128 << 20;
/// How often a closing PUT without bytes is repeated in one session.
constexpr int most_closes = 4;
/// So many mounts from anywhere that gave a session, and none that took place, are enough.
constexpr int enough_not_mounted = 3;
/// The largest blob that goes with the POST that opens: proxies often let through one MiB. Until a
/// registry has taken one, less is risked.
constexpr std::uint64_t largest_whole_post = 1 << 20;
constexpr std::uint64_t largest_first_whole_post = 64 << 10;

bool accepted(int status) { return status >= 200 && status <= 204; }

/// Whether the session is gone, or has another state than we think (docs/field-guide.md 2.1).
bool session_lost(const UploadReply& reply) {
  return reply.status == 404 || reply.status == 416 || reply.session_unknown;
}

}  // namespace

UploadPlan::UploadPlan(HostProfile profile, std::optional<std::uint64_t> size,
                       std::optional<std::string> session, bool shortcuts)
    : profile_(profile), size_(size), step_(Open{}), session_(std::move(session)) {
  profile_.not_mounted = 0;  // what this upload adds
  if (session_) {
    send_from(0);
  } else if (shortcuts) {
    step_ = shortest_open(profile.not_mounted);
  }
}

/// A mount costs no request of its own. A POST with the bytes spares one, so it comes first where
/// mounts do not take place.
UploadPlan::Open UploadPlan::shortest_open(int not_mounted) const {
  const std::uint64_t largest = profile_.whole_post ? largest_whole_post : largest_first_whole_post;
  const bool fits = size_.value() <= std::min(largest, profile_.chunk.value_or(largest));
  const bool whole = fits && profile_.whole_put && profile_.whole_post.value_or(true);
  const bool mounts = profile_.mounted || not_mounted < enough_not_mounted;
  if (profile_.mount_anywhere && (mounts || !whole)) return {.mount = true};
  return {.whole = whole};
}

bool UploadPlan::ended() const {
  return std::holds_alternative<Done>(step_) || std::holds_alternative<GiveUp>(step_);
}

void UploadPlan::on_reply(const UploadReply& reply) {
  // A Location on any reply of a session is where the next request goes (distribution-spec#415).
  if (const auto* send = std::get_if<Send>(&step_)) {
    on_send_reply(Send(*send), reply);
  } else if (const auto* open = std::get_if<Open>(&step_)) {
    on_open_reply(Open(*open), reply);
  } else if (std::holds_alternative<Close>(step_)) {
    on_close_reply(reply);
  } else if (std::holds_alternative<Ask>(step_)) {
    on_ask_reply(reply);
  }
}

void UploadPlan::on_open_reply(const Open& open, const UploadReply& reply) {
  // 201 is a mount that took place, or the blob; 202 the session, also when more was asked
  // (spec#204).
  if (reply.status == 201) {
    mounted_ = open.mount;
    profile_.mounted = profile_.mounted || open.mount;
    if (open.whole) profile_.whole_post = true;
    step_ = Done{};
    return;
  }
  const bool opens = accepted(reply.status) && reply.location.has_value();
  if (!opens && !open.is_plain()) return open_plainly(open, reply.status);
  if (open.whole) profile_.whole_post = false;
  if (open.mount) ++profile_.not_mounted;
  if (!accepted(reply.status)) return give_up(cat("status ", reply.status));
  if (!reply.location)
    return give_up("the reply that opens a session names no Location, as no registry answers");
  session_ = reply.location;
  // ECR refuses parts below its minimum (sdk-container-builds#424).
  if (reply.min_chunk && *reply.min_chunk > 0) {
    const std::uint64_t least = std::min(*reply.min_chunk, largest_min_chunk);
    if (limited_ && least > profile_.chunk.value_or(least)) {
      return give_up("the registry's least chunk is more than what lies before it lets through");
    }
    profile_.chunk = std::max(profile_.chunk.value_or(usual_chunk), least);
  }
  send_from(0);
}

/// Not every registry knows the parameter: quay.io wants from beside mount. A fault that passes
/// says nothing of that, but 500, which some answer to what they do not know.
void UploadPlan::open_plainly(const Open& open, int status) {
  const bool passes = is_passing_status(status);
  if (!passes || status == 500) {
    if (open.mount) profile_.mount_anywhere = false;
    if (open.whole) profile_.whole_post = false;
  }
  why_ = cat("status ", status);
  step_ = Open{.pause = passes};
}

/// Sends the next bytes of this session, or closes it when all are there.
void UploadPlan::send_from(std::uint64_t first) {
  acknowledged_ = first;
  if (first > 0 && size_ && first >= *size_) {
    step_ = Close{*session_};
    return;
  }
  const std::optional<std::uint64_t> rest =
      size_ ? std::optional(*size_ - std::min(first, *size_)) : std::nullopt;
  const bool in_chunks = profile_.chunk && (first > 0 || !rest || *rest > *profile_.chunk);
  if (in_chunks) {
    const std::uint64_t count = rest ? std::min(*rest, *profile_.chunk) : *profile_.chunk;
    step_ = Send{.to = *session_, .first = first, .count = count, .ranged = true};
  } else if (first > 0) {  // a continued session: the rest, by PATCH
    step_ = Send{.to = *session_, .first = first, .count = rest, .ranged = rest.has_value()};
  } else {
    const bool closes = rest.has_value() && profile_.whole_put;
    step_ = Send{.to = *session_, .count = rest, .closes = closes};
  }
}

void UploadPlan::on_send_reply(const Send& send, const UploadReply& reply) {
  if (accepted(reply.status)) return on_accepted(send, reply);
  why_ = cat("status ", reply.status);
  // 411: nginx wants a length (docker-archive/docker-registry#143), and chunks have one.
  if (reply.status == 413 || (reply.status == 411 && !send.count)) return on_too_large(send);
  // On 416 the registry's Range is believed, if it says that part of this chunk arrived;
  // "First byte … 0" is the session of a body that was sent twice (apple/containerization#790,
  // acr#866): only a new one is safe.
  if (reply.status == 416 && send.ranged && !continued_ && reply.received &&
      *reply.received > send.first && *reply.received <= send.first + reply.sent) {
    continued_ = true;
    return send_from(*reply.received);
  }
  if (is_passing_status(reply.status) && send.closes) {
    // The PUT may have succeeded all the same (build-push-action#634): HEAD before sending again.
    doubt_ = {};
    pause_ = true;
    step_ = Check{};
    return;
  }
  if (is_passing_status(reply.status)) return restart(true, why_);
  if (fall_back(send, reply)) return restart(false, why_);
  if (session_lost(reply)) return restart(false, why_);
  if (reply.digest_refused && continued_) return restart(false, why_);
  give_up(why_);
}

void UploadPlan::on_accepted(const Send& send, const UploadReply& reply) {
  if (send.closes) {
    step_ = Done{};
    return;
  }
  if (reply.location) session_ = reply.location;
  // The reply's Range is not used. ECR repeats the first chunk's for ever
  // (containers-roadmap#2831); Aliyun counts each chunk by itself (regclient#627).
  const std::uint64_t now = send.first + reply.sent;
  if (reply.at_end || (size_ && now >= *size_)) {
    acknowledged_ = now;
    step_ = Close{*session_};
  } else {
    send_from(now);
  }
}

/// Meets the body limit of the registry, or of a proxy before it (docker-gitlab#2819, harbor#3270).
void UploadPlan::on_too_large(const Send& send) {
  std::uint64_t next = profile_.chunk ? std::min(*profile_.chunk / 2, usual_chunk) : usual_chunk;
  if (send.count) {
    while (next >= *send.count && next > smallest_chunk) next /= 2;
  }
  if (next < smallest_chunk || (send.count && next >= *send.count)) {
    return give_up("a body of the smallest size worth trying is too large");
  }
  profile_.chunk = next;
  limited_ = true;
  --sessions_;  // chunks only shrink: this ends by itself
  restart(false, "status 413");
}

/// Tries another way to send, once. The registry may have ignored the body of the whole PUT (old
/// Artifactory: containerd#3533, buildkit#1130), or may not know chunks (tart#159, regclient#75).
bool UploadPlan::fall_back(const Send& send, const UploadReply& reply) {
  const bool refused = reply.status == 400 || reply.status == 404 || reply.status == 405 ||
                       reply.status == 415 || reply.status == 501;
  if (!refused || reply.session_unknown || fell_back_ || continued_) return false;
  if (send.closes) {
    profile_.whole_put = false;
  } else if (send.ranged && send.first == 0 && size_) {
    profile_.chunk.reset();
  } else {
    return false;
  }
  fell_back_ = true;
  return true;
}

void UploadPlan::on_close_reply(const UploadReply& reply) {
  if (accepted(reply.status)) {
    step_ = Done{};
    return;
  }
  why_ = cat("status ", reply.status);
  if (is_passing_status(reply.status)) {
    doubt_ = {.close_again = true};
    pause_ = true;
    step_ = Check{};
  } else if (session_lost(reply) || (reply.digest_refused && continued_)) {
    restart(false, why_);
  } else {
    give_up(why_);
  }
}

void UploadPlan::on_lost(std::uint64_t sent, std::string_view why, Loss loss) {
  why_ = why;
  pause_ = loss == Loss::broken;
  // What comes next goes over a connection of its own, so this ends by itself.
  if (loss == Loss::stale) {
    profile_.fresh_bodies = true;
    if (std::holds_alternative<Send>(step_)) --sessions_;
  }
  if (const auto* send = std::get_if<Send>(&step_)) {
    acknowledged_ = send->first + sent;  // at most so much
    const bool may_continue = acknowledged_ >= profile_.continue_from && !continued_;
    doubt_ = {.may_continue = may_continue};
    if (send->closes) {
      step_ = Check{};
    } else if (may_continue) {
      step_ = Ask{*session_};
    } else {
      // Bytes are never replayed into a session whose state is unknown: the blob would hold
      // them twice (jib#4526, #3994).
      restart(pause_, why_);
    }
  } else if (std::holds_alternative<Close>(step_)) {
    doubt_ = {.close_again = true};
    step_ = Check{};
  } else if (const auto* open = std::get_if<Open>(&step_)) {
    if (open->whole) {
      doubt_ = {};
      step_ = Check{};  // it may have arrived
    } else if (open->mount) {
      step_ = Open{.pause = pause_};
    } else {
      give_up(why_);  // opening was tried as often as the policy allows
    }
  } else {
    restart(pause_, why_);
  }
}

void UploadPlan::on_checked(bool present) {
  if (present) {
    step_ = Done{};
  } else if (doubt_.close_again && closes_ < most_closes) {
    ++closes_;
    step_ = Close{.to = *session_, .pause = pause_};
  } else if (doubt_.may_continue) {
    step_ = Ask{*session_};
  } else {
    restart(pause_, why_);
  }
}

/// Continues where the session says it stands, if that can be true. Once for each session.
void UploadPlan::on_ask_reply(const UploadReply& reply) {
  // An empty session says "Range: 0-0" too. ECR Public does not know a session's status: 404
  // (dotnet/sdk#33019).
  if (accepted(reply.status) && reply.received && *reply.received > 1 &&
      *reply.received <= acknowledged_) {
    continued_ = true;
    if (reply.location) session_ = reply.location;
    return send_from(*reply.received);
  }
  restart(true, why_);
}

void UploadPlan::restart(bool pause, std::string why) {
  why_ = std::move(why);
  pause_ = pause;
  if (++sessions_ > profile_.sessions) return give_up(why_);
  if (!session_) return on_cancelled();  // a POST with the bytes opened none
  step_ = Cancel{*session_};
}

void UploadPlan::on_cancelled() {
  session_.reset();
  acknowledged_ = 0;
  closes_ = 0;
  continued_ = false;
  doubt_ = {};
  step_ = Open{.pause = pause_};
}

void UploadPlan::give_up(std::string why) { step_ = GiveUp{std::move(why)}; }

}  // namespace n2c::registry
