#include "registry/server/server.h"

#include <algorithm>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "registry/server/api.h"
#include "registry/server/crew.h"
#include "registry/server/problem.h"
#include "registry/server/reply_writer.h"
#include "registry/server/socket.h"

namespace n2c::registry {

namespace {

namespace http = boost::beast::http;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using RequestParser = http::request_parser<http::buffer_body>;

/// What is left of a body that was not read, and read away to keep the connection.
constexpr std::uint64_t worth_reading_away = 64 << 10;
/// How long a client that still sends is listened to, so that it can read our reply.
constexpr milliseconds linger_time{2'000};

/// What connections share.
struct Shared {
  Handler handler;
  ServerOptions options;
  Interceptor interceptor;
  StopFlag draining;  ///< no further request
  StopFlag cut;       ///< every wait ends
  std::optional<TlsContext> tls{};
};

/// The connection is over; there is nothing to answer. Stays within this file.
struct ConnectionOver {};

/// Bytes received and not yet understood.
class Inbox {
 public:
  explicit Inbox(std::size_t capacity) : bytes_(capacity) {}

  ByteView unread() const { return ByteView(bytes_).subspan(begin_, end_ - begin_); }
  void consume(std::size_t count) { begin_ += count; }
  /// Room for more, after what is unread.
  ByteSpan room() {
    if (begin_ != 0) {
      std::copy(bytes_.begin() + offset(begin_), bytes_.begin() + offset(end_), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    return ByteSpan(bytes_).subspan(end_);
  }
  void received(std::size_t count) { end_ += count; }

 private:
  static std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0, end_ = 0;
};

/// One request's body as it comes out of the socket.
class BodyReader final : public Reader {
 public:
  BodyReader(Socket& socket, Inbox& inbox, RequestParser& parser, const ServerOptions& options)
      : socket_(socket), inbox_(inbox), parser_(parser), options_(options) {
    if (parser.content_length()) left_ = *parser.content_length();
    expects_continue_ = parser.get().version() >= 11 &&
                        lower_ascii(parser.get()[http::field::expect]) == "100-continue";
  }

  std::size_t read(ByteSpan into) override {
    if (finished() || into.empty()) return 0;
    if (cut_after_ && count_ >= *cut_after_) throw ConnectionOver{};
    if (cut_after_) into = into.first(std::min<std::uint64_t>(into.size(), *cut_after_ - count_));
    send_continue();
    const std::size_t count = parser_.chunked() ? read_chunked(into) : read_plain(into);
    count_ += count;
    return count;
  }

  bool finished() const { return parser_.chunked() ? parser_.is_done() : left_ == 0; }
  std::uint64_t count() const { return count_; }
  bool timed_out() const { return timed_out_; }
  /// The client left, or what it sends is no body: nothing can be read behind it.
  bool broken() const { return broken_; }
  void cut_after(std::optional<std::uint64_t> bytes) { cut_after_ = bytes; }

  /// Makes the connection ready for the next request if that is little work.
  bool read_away() {
    if (finished()) return true;
    if (timed_out_ || broken_) return false;
    if (expects_continue_ || parser_.chunked() || left_ > worth_reading_away) return false;
    std::vector<std::byte> block(static_cast<std::size_t>(left_));
    while (read(block) != 0) {
    }
    return true;
  }

 private:
  void send_continue() {
    if (!expects_continue_) return;
    expects_continue_ = false;
    if (!inbox_.unread().empty()) return;
    ByteView text = bytes_of("HTTP/1.1 100 Continue\r\n\r\n");
    while (!text.empty()) {
      const Transfer sent = socket_.write(text, steady_clock::now() + options_.idle_time);
      if (sent.end != Transfer::End::none) throw ConnectionOver{};
      text = text.subspan(sent.count);
    }
  }

  std::size_t receive(ByteSpan into) {
    const auto before = socket_.waited();
    const Transfer got = socket_.read(into, steady_clock::now() + options_.idle_time);
    waited_ += socket_.waited() - before;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited_).count();
    const bool crawls = waited_ > options_.idle_time &&
                        count_ < static_cast<std::uint64_t>(seconds) * options_.min_rate;
    timed_out_ = got.end == Transfer::End::timed_out || crawls;
    if (timed_out_) throw Error(ErrorKind::network, "the client sends too slowly");
    if (got.end != Transfer::End::none) {
      broken_ = true;
      throw Error(ErrorKind::network, "the client left in the middle of a body");
    }
    return got.count;
  }

  std::size_t read_plain(ByteSpan into) {
    into = into.first(std::min<std::uint64_t>(into.size(), left_));
    std::size_t count = std::min(into.size(), inbox_.unread().size());
    if (count != 0) {
      std::copy_n(inbox_.unread().begin(), count, into.begin());
      inbox_.consume(count);
    } else {
      count = receive(into);
    }
    left_ -= count;
    return count;
  }

  std::size_t read_chunked(ByteSpan into) {
    auto& body = parser_.get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    while (!parser_.is_done() && body.size == into.size()) {
      boost::beast::error_code failed;
      const ByteView bytes = inbox_.unread();
      const std::size_t used = parser_.put(boost::asio::buffer(bytes.data(), bytes.size()), failed);
      inbox_.consume(used);
      if (failed == http::error::need_buffer) failed = {};
      if (failed && failed != http::error::need_more) {
        broken_ = true;
        throw Error(ErrorKind::network, "the body's chunks are ill-formed");
      }
      const bool stuck = failed == http::error::need_more || used == 0;
      if (stuck && !parser_.is_done() && body.size == into.size()) refill();
    }
    return into.size() - body.size;
  }

  void refill() {
    const ByteSpan room = inbox_.room();
    if (room.empty()) throw Error(ErrorKind::network, "a chunk's header is too long");
    inbox_.received(receive(room));
  }

  Socket& socket_;
  Inbox& inbox_;
  RequestParser& parser_;
  const ServerOptions& options_;
  std::uint64_t left_ = 0;   // of a body with a length
  std::uint64_t count_ = 0;  // given to the handler
  std::chrono::nanoseconds waited_{};
  std::optional<std::uint64_t> cut_after_;
  bool expects_continue_ = false;
  bool timed_out_ = false;
  bool broken_ = false;
};

Verb verb_of(http::verb verb) {
  if (verb == http::verb::get) return Verb::get;
  if (verb == http::verb::head) return Verb::head;
  if (verb == http::verb::post) return Verb::post;
  if (verb == http::verb::put) return Verb::put;
  if (verb == http::verb::patch) return Verb::patch;
  if (verb == http::verb::delete_) return Verb::del;
  return Verb::other;
}

/// One client, from its first request to its last.
class Connection {
 public:
  Connection(Shared& shared, Listener::Accepted accepted)
      : shared_(shared),
        peer_(std::move(accepted.peer)),
        socket_(std::move(accepted.fd), shared.cut),
        inbox_(shared.options.max_header_bytes + 4096) {}

  /// The root of a thread: whatever fails ends this connection and nothing else.
  void run() noexcept {
    try {
      const auto deadline = steady_clock::now() + shared_.options.header_time;
      if (shared_.tls && !socket_.accept_tls(*shared_.tls, deadline)) return;
      auto next = Next::request;
      while (next == Next::request) next = serve_one();
      if (next == Next::farewell) linger();
    } catch (...) {
      return;  // out of memory, most likely: the socket closes
    }
  }

  /// Says that there are too many, without waiting.
  void turn_away() {
    if (shared_.tls) return;  // not worth a handshake
    Reply reply = reply_to({ProblemCode::too_many_requests, "too many connections", {}, 503});
    reply.headers.add("Retry-After", "1");
    send_reply(socket_, shared_.options, std::move(reply), {.close = true});
    socket_.finish_writing();
  }

 private:
  enum class Next {
    request,   ///< the connection can be used again
    farewell,  ///< we said that it ends
    gone,      ///< there is no one to say anything to
  };

  Next serve_one() {
    RequestParser parser;
    parser.header_limit(static_cast<std::uint32_t>(shared_.options.max_header_bytes));
    parser.body_limit(boost::none);
    const auto refusal = read_header(parser);
    if (!refusal) return answer(parser);
    if (refusal->status == 0) return Next::gone;
    refuse(*refusal);
    return Next::farewell;
  }

  /// Reads up to the empty line. Nothing when it is there; else what is wrong (status 0: the
  /// client left, or sent nothing).
  std::optional<Problem> read_header(RequestParser& parser) {
    bool begun = !inbox_.unread().empty();
    auto deadline =
        steady_clock::now() + (begun ? shared_.options.header_time : shared_.options.idle_time);
    while (true) {
      if (begun) {
        const auto problem = parse_header(parser);
        if (problem || parser.is_header_done()) return problem;
      }
      // A request that has begun is in flight: draining waits for it.
      const Transfer got =
          socket_.read(inbox_.room(), deadline, begun ? nullptr : &shared_.draining);
      if (got.end == Transfer::End::timed_out && begun) {
        return Problem{ProblemCode::unsupported, "the header did not come in time", {}, 408};
      }
      if (got.end != Transfer::End::none) return Problem{ProblemCode::unknown, ""};
      inbox_.received(got.count);
      if (!begun) deadline = steady_clock::now() + shared_.options.header_time;
      begun = true;
    }
  }

  std::optional<Problem> parse_header(RequestParser& parser) {
    boost::beast::error_code failed;
    const ByteView bytes = inbox_.unread();
    inbox_.consume(parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failed));
    if (parser.is_header_done()) return {};
    if (failed == http::error::header_limit || inbox_.room().empty()) {
      return Problem{ProblemCode::size_invalid, "the header is too large", {}, 431};
    }
    if (failed && failed != http::error::need_more) {
      return Problem{ProblemCode::unsupported, "no valid HTTP/1.1 request", {}, 400};
    }
    return {};
  }

  /// A reply to what is no request.
  void refuse(const Problem& problem) {
    const Sent sent = send_reply(socket_, shared_.options, reply_to(problem), {.close = true});
    log({.peer = peer_, .method = "?", .target = "?", .status = sent.status});
  }

  Next answer(RequestParser& parser) {
    const auto begun = steady_clock::now();
    const auto& request = parser.get();
    BodyReader body(socket_, inbox_, parser, shared_.options);
    Exchange exchange{.verb = verb_of(request.method()),
                      .target = std::string(request.target()),
                      .headers = {},
                      .body = body};
    for (const auto& field : request) {
      exchange.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    if (!parser.chunked()) exchange.body_size = parser.content_length().value_or(0);
    AccessRecord record{.peer = peer_,
                        .method = std::string(request.method_string()),
                        .target = exchange.target,
                        .user_agent = std::string(exchange.headers.get("User-Agent"))};
    const auto [next, sent] = reply_to_one(exchange, body, parser.keep_alive());
    record.status = sent.status;
    record.bytes_in = body.count();
    record.bytes_out = sent.body_bytes;
    record.elapsed = steady_clock::now() - begun;
    log(record);
    return next;
  }

  std::pair<Next, Sent> reply_to_one(Exchange& exchange, BodyReader& body, bool keep) {
    try {
      std::optional<Verdict> verdict;
      if (shared_.interceptor) verdict = shared_.interceptor(exchange);
      Reply reply = handle(exchange, body, verdict);
      if (verdict && verdict->amend) verdict->amend(reply);
      if (verdict && verdict->cut_reply) return {Next::gone, {}};
      keep = keep && body.read_away() && !shared_.draining.raised();
      const SendOptions how{.head_only = exchange.verb == Verb::head,
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

  Reply handle(Exchange& exchange, BodyReader& body, std::optional<Verdict>& verdict) {
    if (verdict) {
      if (verdict->delay.count() > 0) wait_for(shared_.cut, verdict->delay);
      body.cut_after(verdict->cut_request_after);
      if (verdict->answer) return std::move(*verdict->answer);
    }
    try {
      return shared_.handler(exchange);
    } catch (const Error& error) {
      if (body.timed_out()) return reply_to({ProblemCode::unsupported, error.message(), {}, 408});
      if (body.broken()) throw ConnectionOver{};
      tell(error.what());
    } catch (const std::exception& error) {
      tell(error.what());
    }
    return reply_to({ProblemCode::unknown, "the server failed"});
  }

  /// Reads on for a moment after the last reply: closing with unread bytes would reset the
  /// connection, and the client might never see what we said.
  void linger() {
    socket_.finish_writing();
    const auto deadline = steady_clock::now() + linger_time;
    std::vector<std::byte> block(4 << 10);
    while (socket_.read(block, deadline).end == Transfer::End::none) {
    }
  }

  void tell(std::string_view failure) const {
    if (shared_.options.on_failure) shared_.options.on_failure(failure);
  }

  void log(const AccessRecord& record) const {
    if (shared_.options.on_access) shared_.options.on_access(record);
  }

  Shared& shared_;
  std::string peer_;
  Socket socket_;
  Inbox inbox_;
};

}  // namespace

void serve_connection(FileDescriptor client, const Handler& handler, const ServerOptions& options) {
  Shared shared{handler, options, {}, {}, {}};
  Connection(shared, {std::move(client), "test"}).run();
}

struct Server::Impl {
  Impl(Handler handler, ServerOptions options, Interceptor interceptor)
      : shared{std::move(handler), std::move(options), std::move(interceptor), {}, {}},
        listener(make_listener(shared.options)) {
    if (shared.options.tls) shared.tls.emplace(*shared.options.tls);
    crew.emplace(
        *listener, shared.options.max_connections,
        [this](Listener::Accepted accepted) { Connection(shared, std::move(accepted)).run(); },
        [this](Listener::Accepted accepted) {
          Connection(shared, std::move(accepted)).turn_away();
        });
  }

  static std::unique_ptr<Listener> make_listener(const ServerOptions& options) {
    if (!options.unix_socket.empty()) return std::make_unique<Listener>(options.unix_socket);
    return std::make_unique<Listener>(options.address, options.port);
  }

  Shared shared;
  std::unique_ptr<Listener> listener;
  std::optional<Crew> crew;
};

Server::Server(Handler handler, ServerOptions options, Interceptor interceptor)
    : impl_(
          std::make_unique<Impl>(std::move(handler), std::move(options), std::move(interceptor))) {}

Server::Server(Api& api, ServerOptions options, Interceptor interceptor)
    : Server([&api](Exchange& exchange) { return api.handle(exchange); }, std::move(options),
             std::move(interceptor)) {}

Server::~Server() { drain(milliseconds(0)); }

std::uint16_t Server::port() const { return impl_->listener->port(); }

std::size_t Server::connection_count() const { return impl_->crew->count(); }

void Server::drain(milliseconds grace) {
  impl_->crew->stop_accepting();
  impl_->listener->close();
  impl_->shared.draining.raise();
  if (impl_->crew->wait_for_none(grace)) return;
  impl_->shared.cut.raise();
  impl_->crew->wait_for_none(std::chrono::hours(24));
}

}  // namespace n2c::registry
