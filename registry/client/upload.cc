#include "registry/client/upload.h"

#include <chrono>

#include "base/deadline.h"
#include "base/retry.h"
#include "base/text.h"
#include "registry/client/failure.h"
#include "registry/client/retry_waits.h"
#include "registry/client/upload_body.h"
#include "registry/client/upload_plan.h"

namespace n2c::registry {

namespace {

using std::chrono::seconds;

/// A closing PUT makes some registries copy the whole blob before they answer.
constexpr seconds closing_patience{600};
constexpr seconds cancel_limit{2};
/// A kept connection that takes so much was open.
constexpr std::uint64_t stale_at_most = 1 << 20;

class Upload {
 public:
  Upload(Host& host, const Scope& scope, const UploadTask& task, std::stop_token stop)
      : host_(host),
        scope_(scope),
        task_(task),
        stop_(std::move(stop)),
        counted_before_(task.sent.load()),
        body_(task.source, task.known.has_value()),
        plan_(host.profile(), size_of(task), text_of_session(task),
              task.may_mount && task.known.has_value()) {}

  Uploaded run() {
    try {
      while (!plan_.ended()) perform_next();
    } catch (...) {
      abandon();
      throw;
    }
    if (std::holds_alternative<UploadPlan::GiveUp>(plan_.next())) {
      abandon();
      throw give_up_error();
    }
    host_.learn(plan_.profile());
    return result();
  }

 private:
  static std::optional<std::uint64_t> size_of(const UploadTask& task) {
    return task.known ? std::optional(task.known->size) : std::nullopt;
  }
  static std::optional<std::string> text_of_session(const UploadTask& task) {
    return task.session ? std::optional(task.session->str()) : std::nullopt;
  }

  void perform_next() {
    const UploadPlan::Step step = plan_.next();
    std::visit([this](const auto& one) { perform(one); }, step);
    host_.learn({.chunk = plan_.profile().chunk, .fresh_bodies = plan_.profile().fresh_bodies});
  }

  void perform(const UploadPlan::Open& open) {
    if (open.pause) pause();
    task_.sent.store(counted_before_);
    HostCall call{.request = http::Request{.method = http::Method::post,
                                           .url = host_.url(scope_.repository + "/blobs/uploads/")},
                  .scopes = {scope_},
                  .retry = open.is_plain(),
                  .optional = !open.is_plain()};
    http::Request& request = call.request;
    if (open.mount) request.url = request.url.with_query("mount", digest().str());
    if (open.whole) {
      request.url = request.url.with_query("digest", digest().str());
      request.headers.set("Content-Type", "application/octet-stream");
      request.body = body_.body_of({.count = task_.known->size, .closes = true});
      request.reply_patience = closing_patience;
      request.sent = &task_.sent;
    }
    exchange(call);
  }

  void perform(const UploadPlan::Send& send) {
    http::Request request{.method = send.closes ? http::Method::put : http::Method::patch,
                          .url = url_of(send.to)};
    if (send.closes) request.url = request.url.with_query("digest", digest().str());
    request.body = body_.body_of(send);
    if (send.closes) request.reply_patience = closing_patience;
    request.headers.set("Content-Type", "application/octet-stream");
    if (send.ranged) {
      const std::uint64_t count = *request.body.length;
      // The stream ended where the last chunk did: nothing is left to send.
      if (count == 0) return plan_.on_reply({.status = 202, .at_end = true});
      // Without "bytes" and total (distribution-spec, "Pushing a blob in chunks"; ACR insists:
      // sdk-container-builds#258).
      request.headers.set("Content-Range", cat(send.first, "-", send.first + count - 1));
    }
    request.sent = &task_.sent;
    task_.sent.store(counted_before_ + send.first);
    exchange({.request = request, .scopes = {scope_}, .retry = false}, send.first);
  }

  void perform(const UploadPlan::Close& close) {
    if (close.pause) pause();
    http::Request request{.method = http::Method::put,
                          .url = url_of(close.to).with_query("digest", digest().str())};
    request.headers.set("Content-Type", "application/octet-stream");
    request.reply_patience = closing_patience;
    exchange({.request = request, .scopes = {scope_}, .retry = false});
  }

  void perform(const UploadPlan::Ask& ask) {
    exchange({.request = http::Request{.method = http::Method::get, .url = url_of(ask.to)},
              .scopes = {scope_},
              .retry = false});
  }

  void perform(const UploadPlan::Check&) {
    plan_.on_checked(probe_blob(host_, scope_, digest(), stop_));
  }

  void perform(const UploadPlan::Cancel& cancel) {
    cancel_session(host_, scope_, url_of(cancel.to));
    plan_.on_cancelled();
  }

  void perform(const UploadPlan::Done&) {}
  void perform(const UploadPlan::GiveUp&) {}

  /// Sends the request and tells the plan what came of it. `first` is where the body begins in the
  /// blob.
  void exchange(HostCall call, std::uint64_t first = 0) {
    bool went_stale = false;
    if (!call.retry) {
      call.request.went_stale = &went_stale;
      call.request.fresh_connection = host_.profile().fresh_bodies;
    }
    const std::uint64_t from = counted_before_ + first;
    const auto sent = [&] { return std::max(task_.sent.load(), from) - from; };
    try {
      const HostReply reply = host_.send(call, stop_);
      tell(call.request, reply);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network || error.is_lasting()) throw;
      last_ = error;
      last_counts_tries_ = false;
      retry_after_.reset();
      note_progress(sent());
      if (went_stale) host_.learn({.fresh_bodies = true});
      const bool is_early = went_stale && sent() < stale_at_most;
      plan_.on_lost(call.request.sent == nullptr ? 0 : sent(), error.message(),
                    is_early ? UploadPlan::Loss::stale : UploadPlan::Loss::broken);
    }
  }

  void tell(const http::Request& request, const HostReply& from_host) {
    const http::Response& response = from_host.response;
    UploadReply reply{.status = response.status};
    // The Location in the reply to a closing PUT is the blob's own, and so is that in the 201 to a
    // POST. They are not followed.
    const auto location = response.headers.find("Location");
    const bool names_blob = request.method == http::Method::put ||
                            (request.method == http::Method::post && response.status == 201);
    if (location && !names_blob && response.status < 300) {
      reply.location = host_.session_url(request, response, *location).str();
    }
    if (const auto range = response.headers.find("Range")) {
      reply.received = parse_session_range(*range);
    }
    if (const auto least = response.headers.find("OCI-Chunk-Min-Length")) {
      reply.min_chunk = parse_number(trim(*least));
    }
    reply.sent = request.body.length.value_or(response.sent);
    reply.at_end = request.body.source != nullptr && body_.at_end();
    if (response.status >= 400) {
      const auto errors = parse_errors(response.body);
      reply.digest_refused = has_code(errors, "DIGEST_INVALID") || has_code(errors, "SIZE_INVALID");
      reply.session_unknown =
          has_code(errors, "BLOB_UPLOAD_UNKNOWN") || has_code(errors, "BLOB_UPLOAD_INVALID");
      last_ = host_.failure(request, from_host, scope_);
      last_counts_tries_ = !from_host.remark.empty();
      if (reply.digest_refused) {
        last_ = last_->as(ErrorKind::integrity,
                          "something between here and the registry alters what is sent");
      }
      retry_after_ = retry_after(response);
    }
    plan_.on_reply(reply);
  }

  /// A try that got far begins the count of failures anew.
  void note_progress(std::uint64_t sent) {
    if (sent >= plan_.profile().continue_from) pauses_ = 0;
  }

  void pause() {
    if (pauses_ == 0) failing_since_ = host_.clock().now();
    if (!last_) return;
    host_.wait_to_retry(++pauses_, failing_since_, *last_, retry_after_, stop_);
  }

  /// Cancels the session that is open, if there is one. Failures are ignored.
  void abandon() {
    if (plan_.session()) cancel_session(host_, scope_, url_of(*plan_.session()));
    task_.sent.store(counted_before_);
  }

  Error give_up_error() const {
    const auto& why = std::get<UploadPlan::GiveUp>(plan_.next()).why;
    if (!last_) {
      return {ErrorKind::registry, cat("uploading to ", host_.host(), ": ", why),
              cat("does a registry answer at ", host_.host(),
                  "? check the address, the port, and what stands before it")};
    }
    return pauses_ == 0 || last_counts_tries_
               ? *last_
               : last_->with_remark(cat("; given up after ", pauses_ + 1, " tries"));
  }

  http::Url url_of(const std::string& text) const {
    return or_throw(http::Url::parse(text), ErrorKind::registry, "upload session");
  }
  oci::Digest digest() const { return task_.known ? task_.known->digest : body_.sum().digest; }
  Uploaded result() const {
    const std::uint64_t size = task_.known ? task_.known->size : body_.sum().size;
    task_.sent.store(counted_before_ + size);
    return {
        .blob = oci::Descriptor{.media_type = task_.media_type, .digest = digest(), .size = size},
        .mounted = plan_.mounted()};
  }

  Host& host_;
  const Scope& scope_;
  const UploadTask& task_;
  const std::stop_token stop_;
  const std::uint64_t counted_before_;
  UploadBody body_;
  UploadPlan plan_;
  std::optional<Error> last_;
  bool last_counts_tries_ = false;  // its message does
  std::optional<std::chrono::milliseconds> retry_after_;
  int pauses_ = 0;
  Clock::TimePoint failing_since_{};
};

}  // namespace

Uploaded upload_blob(Host& host, const Scope& scope, const UploadTask& task, std::stop_token stop) {
  return Upload(host, scope, task, std::move(stop)).run();
}

bool cancel_session(Host& host, const Scope& scope, const http::Url& session) {
  // A stop of its own, since the caller's may have been requested already.
  const Deadline limit(cancel_limit);
  try {
    host.send({.request = http::Request{.method = http::Method::delete_, .url = session},
               .scopes = {scope},
               .retry = false},
              limit.token());
  } catch (const Error&) {
    // The registry forgets sessions by itself after a while.
  }
  return !limit.token().stop_requested();
}

bool probe_blob(Host& host, const Scope& scope, const oci::Digest& digest, std::stop_token stop) {
  const HostCall call{
      .request = http::Request{.method = http::Method::head,
                               .url = host.url(cat(scope.repository, "/blobs/", digest.str()))},
      .scopes = {scope},
      .verified = true};
  const HostReply reply = host.send(call, std::move(stop));
  if (reply.response.status == 200) return !is_page(reply.response);
  if (is_passing_status(reply.response.status)) throw host.failure(call.request, reply, scope);
  // The registry led elsewhere, so it has the blob; storage that is signed for GET refuses HEAD
  // (distribution#2296, oras#923).
  return reply.elsewhere && reply.response.status != 404 && reply.response.status < 500;
}

std::optional<std::uint64_t> parse_session_range(std::string_view range) {
  range = trim(range);
  if (range.starts_with("bytes=")) range.remove_prefix(6);
  const auto ends = cut(range, '-');
  if (!ends || ends->first != "0") return std::nullopt;
  const auto last = parse_number(ends->second);
  if (!last || *last == UINT64_MAX) return std::nullopt;
  return *last + 1;
}

}  // namespace n2c::registry
