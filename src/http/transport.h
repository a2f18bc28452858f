#pragma once
/// One HTTP exchange, seen from the thread that wants it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/printable.h"
#include "base/stream.h"
#include "http/headers.h"
#include "http/proxy.h"
#include "http/url.h"

namespace n2c::http {

enum class Method { get, head, post, put, patch, delete_ };
std::string_view name_of(Method method);  // "GET"

struct Response {
  int status = 0;
  Headers headers{};
  std::string body{};
  Url url;                 ///< what answered: redirects are not followed here
  std::uint64_t sent = 0;  ///< body bytes that left
  std::string proxy{};     ///< the address of the proxy that passed it on and could read it; or ""
};

/// What a request carries. source unset: no body (a POST or PUT then says Content-Length: 0).
struct Body {
  /// Opened anew by each send(). Must outlive the call.
  const ByteSource* source = nullptr;
  std::uint64_t offset = 0;
  /// Content-Length; when unset the body goes chunked until the source ends.
  std::optional<std::uint64_t> length{};
};

struct Request {
  Method method = Method::get;
  Url url;
  Headers headers{};
  Body body{};
  /// A reply body longer than this ends in Error{registry}. What goes to reply_sink does not count.
  std::size_t max_reply_bytes = 4 << 20;
  /// Where the body of a 2xx reply goes instead of Response::body. Called on the calling thread.
  Writer* reply_sink = nullptr;
  /// Whether a reply's body goes to reply_sink, by its status and headers. Unset: any 2xx. A
  /// resumed download wants a 206 alone: a server that ignores Range answers 200. Called on the
  /// network thread.
  std::function<bool(const Response& head)> is_for_sink = {};
  /// Counts body bytes as they leave, for progress. The caller sets it back when the request
  /// failed.
  std::atomic<std::uint64_t>* sent = nullptr;
  /// Added to the stall time-out while only the reply is waited for. A closing PUT makes some
  /// registries copy the whole blob before they answer.
  std::chrono::seconds reply_patience{0};
  /// Sent over a connection of its own.
  bool fresh_connection = false;
  /// A server may have closed a kept connection when a request is sent over it; what arrived is not
  /// known then. A request without a body is sent again, over a fresh connection, and so is one
  /// whose body may arrive twice.
  bool body_may_repeat = false;
  /// Set: nothing is sent again then. This becomes true, and send() throws.
  bool* went_stale = nullptr;
  /// Told the address that was reached ("10.0.0.5", "::1") before anything of the request leaves.
  /// What it throws ends the exchange. It is called on the network thread, and not at all where a
  /// proxy or a unix socket was reached.
  std::function<void(std::string_view address)> on_connected = {};
};

/// "PUT https://ghcr.io/v2/…?digest=…", without what a query says.
std::string request_line(const Request& request);

/// Sends requests and waits for replies. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;
  /// One HTTP exchange. Any status is a Response. Redirects are never followed here (see
  /// registry/client/redirect). Throws Error{network} when no whole reply came (is_lasting():
  /// trying again will not help, as with an unknown CA), Error{auth} when a proxy wants a login,
  /// Error{registry} when the reply is past max_reply_bytes, Error{cancelled} when asked to stop,
  /// and whatever the body's reader or the sink threw. Blocks the calling thread.
  virtual Response send(const Request& request, std::stop_token stop) = 0;
};

/// How connections to one host are secured; paths may be empty.
struct TlsFiles {
  std::vector<std::string> ca_files;  ///< PEM roots, beside the system's
  std::string client_cert_file;       ///< PEM
  std::string client_key_file;
  bool verify = true;
};

struct TransportOptions {
  std::string user_agent;
  std::chrono::milliseconds connect_timeout{15'000};
  /// When nothing moved in either direction for this long, the exchange ends in Error{network}.
  std::chrono::milliseconds stall_timeout{60'000};
  /// The least rate, in bytes a second, of a reply that has begun. Below it over any stretch of
  /// stall_timeout the exchange ends in Error{network}. Stretches in which n2c itself did not take
  /// what came do not count. 0: no least rate.
  std::uint64_t min_rate = 1024;
  std::size_t pipe_bytes = 1 << 20;  ///< held for each upload between its producer and the network
  std::string unix_socket;           ///< connect here, whatever the URL's host
  /// Asked once for each host (authority()) that a request goes to.
  std::function<TlsFiles(std::string_view authority)> tls = {};
  /// Unset: from the environment.
  std::optional<ProxyRules> proxies{};
  /// Told each request and reply line and its headers, secrets masked (--debug). Called on the
  /// network thread. Empty: off.
  std::function<void(const Printable& line)> trace = {};
  /// Tells when something moved. What it waits for, it does by real time.
  std::shared_ptr<Clock> clock = std::make_shared<SystemClock>();
};

/// libcurl's multi interface on one network thread. Speaks HTTP/1.1 only (uploads over HTTP/2
/// are slower and break more: ggcr#799, buildkit#1420), keeps connections, keeps no cookies
/// (they upset Harbor: dotnet/sdk#33019). A request that has an Expect header waits up to 1 s
/// for the server's opinion before the body leaves. Outlives its send() calls.
std::unique_ptr<Transport> make_curl_transport(TransportOptions options);

}  // namespace n2c::http
