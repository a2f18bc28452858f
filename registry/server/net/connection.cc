#include "registry/server/net/connection.h"

#include <vector>

#include "base/error.h"
#include "base/system.h"
#include "registry/server/api/api_error.h"

namespace n2c::registry {

namespace {

using std::chrono::steady_clock;

/// How long a client that still sends is listened to, so that it can read our reply.
constexpr std::chrono::milliseconds linger_time{2'000};

Method method_of(std::string_view text) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del}) {
    if (text == method_text(method)) return method;
  }
  return Method::other;
}

}  // namespace

Connection::Connection(Shared& shared, Listener::Accepted accepted, ConnectionTable::Place& place)
    : shared_(shared),
      place_(place),
      peer_(std::move(accepted.peer)),
      socket_(std::move(accepted.fd), shared.cut, place.activity()),
      inbox_(socket_, shared.options.max_header_bytes + 4096, shared.options.read_at_most) {}

void Connection::run() noexcept {
  try {
    const auto deadline = steady_clock::now() + shared_.options.header_time;
    const auto tls = shared_.tls_now();
    if (tls && !socket_.begins_tls(deadline)) {
      if (refuse_plain() == Next::farewell) linger();
      return;
    }
    if (tls && !socket_.accept_tls(*tls, deadline)) return;
    auto next = Next::request;
    while (next == Next::request) next = serve_one();
    if (next == Next::farewell) linger();
  } catch (...) {
    return;  // out of memory, most likely: the socket closes
  }
}

Connection::Next Connection::serve_one() {
  HeadScanner scanner(shared_.options.max_header_bytes);
  const bool came_early = !inbox_.unread().empty();  // behind the one before: at first it is empty
  const auto error = read_head(scanner);
  if (error && error->status == 0) return Next::gone;
  if (!place_.begin_request()) return Next::gone;
  if (haste_.is_too_great(steady_clock::now(), came_early)) let_others_first();
  if (error) return refuse(*error);
  auto head = parse_head(text_of(inbox_.unread().first(scanner.size())));
  inbox_.consume(scanner.size());
  if (!head) return refuse(head.error());
  const Next next = answer(*std::move(head));
  if (next == Next::request) place_.end_request();
  return next;
}

/// Reads up to the empty line. Returns nothing when it is there, else what is wrong. Status 0: the
/// client left, or sent nothing.
std::optional<ApiError> Connection::read_head(HeadScanner& scanner) {
  bool begun = !inbox_.unread().empty();
  auto deadline =
      steady_clock::now() + (begun ? shared_.options.header_time : shared_.options.idle_time);
  while (true) {
    auto error = scanner.look(text_of(inbox_.unread()));
    if (error || scanner.whole()) return error;
    // A request that has begun is in flight: draining waits for it.
    const Transfer got = inbox_.refill(deadline, begun ? nullptr : &shared_.draining);
    if (got.end == Transfer::End::timed_out && begun) {
      return ApiError{ApiErrorCode::unsupported, "the header did not come in time", {}, 408};
    }
    if (got.end != Transfer::End::none) return ApiError{ApiErrorCode::unknown, ""};
    if (!begun) deadline = steady_clock::now() + shared_.options.header_time;
    begun = true;
  }
}

/// Replies to what is not a request.
Connection::Next Connection::refuse(const ApiError& error) {
  const Sent sent = send_reply(socket_, shared_.options, reply_to(error), {.close = true});
  log({.peer = peer_, .method = "?", .target = "?", .status = sent.status});
  return Next::farewell;
}

/// Told in the clear, as it was asked.
Connection::Next Connection::refuse_plain() {
  if (!place_.begin_request()) return Next::gone;
  return refuse({ApiErrorCode::unsupported, "an HTTP request to an HTTPS server", {}, 400});
}

Connection::Next Connection::answer(RequestHead head) {
  const auto begun = steady_clock::now();
  BodyReader body(inbox_, head, shared_.options);
  Request request{.method = method_of(head.method),
                  .target = std::move(head.target),
                  .headers = std::move(head.fields),
                  .body = body,
                  .peer = peer_};
  if (!head.is_chunked) request.body_size = head.length.value_or(0);
  AccessRecord record{.peer = peer_,
                      .method = std::move(head.method),
                      .target = request.target,
                      .user_agent = std::string(request.headers.get("User-Agent"))};
  const auto [next, sent] = reply_to_one(request, body, head.keeps_alive);
  record.status = sent.status;
  record.bytes_in = body.count();
  record.bytes_out = sent.body_bytes;
  record.elapsed = steady_clock::now() - begun;
  log(record);
  return next;
}

std::pair<Connection::Next, Sent> Connection::reply_to_one(Request& request, BodyReader& body,
                                                           bool keep) {
  try {
    std::optional<Verdict> verdict;
    if (shared_.interceptor) verdict = shared_.interceptor(request);
    Reply reply = handle(request, body, verdict);
    if (verdict && verdict->amend) verdict->amend(reply);
    if (verdict && verdict->cut_reply) return {Next::gone, {}};
    keep = keep && body.read_away() && !shared_.draining.raised();
    const SendOptions how{.head_only = request.method == Method::head,
                          .close = !keep,
                          .cut_after = verdict ? verdict->cut_reply_after : std::nullopt};
    const Sent sent = send_reply(socket_, shared_.options, std::move(reply), how);
    if (!sent.whole) return {Next::gone, sent};
    return {keep ? Next::request : Next::farewell, sent};
  } catch (const ConnectionOver&) {
    return {Next::gone, {}};
  } catch (const Error&) {  // the client left while the rest of its body was read away
    return {Next::gone, {}};
  }
}

Reply Connection::handle(Request& request, BodyReader& body, std::optional<Verdict>& verdict) {
  if (verdict) {
    if (verdict->delay.count() > 0) wait_for(shared_.cut, verdict->delay);
    body.cut_after(verdict->cut_request_after);
    if (verdict->answer) return std::move(*verdict->answer);
  }
  try {
    return shared_.handler(request);
  } catch (const Error& error) {
    if (body.timed_out()) return reply_to({ApiErrorCode::unsupported, error.message(), {}, 408});
    if (const auto refusal = body.refusal()) return reply_to(*refusal);
    if (body.broken()) throw ConnectionOver{};
    tell(error.what());
  } catch (const std::exception& error) {
    tell(error.what());
  }
  return reply_to({ApiErrorCode::unknown, "the server failed"});
}

/// Reads on for a moment after the last reply. Closing with unread bytes would reset the
/// connection, and the client might never see the reply.
void Connection::linger() {
  place_.say_farewell();
  socket_.finish_writing();
  const auto deadline = steady_clock::now() + linger_time;
  std::vector<std::byte> block(4 << 10);
  while (socket_.read(block, deadline).end == Transfer::End::none) {
  }
}

void Connection::tell(std::string_view failure) const {
  if (shared_.options.on_failure) shared_.options.on_failure(failure);
}

void Connection::log(const AccessRecord& record) const {
  if (shared_.options.on_access) shared_.options.on_access(record);
}

void turn_away(Shared& shared, Listener::Accepted accepted) {
  if (shared.tls_now()) return;  // not worth a handshake
  Activity activity;
  Socket socket(std::move(accepted.fd), shared.cut, activity);
  Reply reply = reply_to({ApiErrorCode::too_many_requests, "too many connections", {}, 503});
  reply.headers.add("Retry-After", "1");
  send_reply(socket, shared.options, std::move(reply), {.close = true});
  socket.finish_writing();
}

}  // namespace n2c::registry
