#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "base/environment.h"
#include "base/locked.h"
#include "base/openssl.h"
#include "http/curl_loop.h"
#include "http/failure.h"
#include "http/proxy.h"
#include "http/secrets.h"
#include "http/tls_roots.h"
#include "http/trace.h"
#include "http/transport.h"

namespace n2c::http {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_block = 128 << 10;
/// Load balancers close idle connections after about a minute. Older connections are not used
/// again, which avoids a race with them.
constexpr long longest_idle_seconds = 30;

/// RFC 8996: nothing older is to be used. Which is the newest, both sides find out.
constexpr long oldest_tls = CURL_SSLVERSION_TLSv1_2;

/// curl_global_init counts its calls, and is thread-safe.
class CurlLibrary {
 public:
  CurlLibrary() {
    begin_openssl();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  }
  ~CurlLibrary() { curl_global_cleanup(); }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;

  static std::string compiled_in_roots() {
    const auto* info = curl_version_info(CURLVERSION_NOW);
    return info->cainfo != nullptr ? info->cainfo : "";
  }
};

/// What secures connections to one host.
struct HostSecurity {
  TlsFiles files;
  RootBundle roots;
};

/// The system would take megabytes that have not left yet, which would be counted as sent.
constexpr int most_unsent = 512 << 10;

int hold_little(void*, curl_socket_t socket, curlsocktype) {
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
  return CURL_SOCKOPT_OK;
}

/// Stores what arrives for the sink, and sends what the source gives, on the calling thread.
void send_body(Transfer& transfer, const Body& body, Reader& reader) {
  std::uint64_t left = body.length.value_or(UINT64_MAX);
  std::vector<std::byte> block(std::min<std::uint64_t>(left, body_block));
  while (left != 0) {
    const std::size_t most = std::min<std::uint64_t>(left, block.size());
    const std::size_t count = reader.read(ByteSpan(block).first(most));
    if (count == 0) break;
    if (!transfer.write(ByteView(block).first(count))) return;
    left -= count;
  }
  if (body.length && left != 0) {
    throw Error(ErrorKind::integrity, cat("the bytes to send ended ", left, " before their end"));
  }
  transfer.finish_body();
}

void take_reply(Transfer& transfer, Writer& sink) {
  std::string bytes;
  while (transfer.wait_for_reply(bytes)) sink.write(bytes_of(bytes));
}

/// Whether a kept connection turned out to be closed, before anything of a reply came.
bool met_closed_connection(const Transfer& transfer) {
  const CURLcode code = transfer.code();
  // libcurl tries again by itself, and gives up where the body would have to be read anew.
  if (code == CURLE_SEND_FAIL_REWIND) return true;
  const bool is_lost =
      code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
  return is_lost && !transfer.has_reply_begun() &&
         transfer.handle().number(CURLINFO_NUM_CONNECTS) == 0;
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(TransportOptions options)
      : options_(std::move(options)),
        proxies_(options_.proxies ? *options_.proxies : ProxyRules(process_environment())),
        system_roots_(find_system_roots(process_environment(), CurlLibrary::compiled_in_roots())),
        loop_(std::clamp<std::chrono::milliseconds>(options_.stall_timeout / 10, 10ms, 250ms),
              *options_.clock) {}

  Response send(const Request& request, std::stop_token stop) override;

 private:
  std::optional<Response> exchange(const Request& request, const std::optional<Proxy>& proxy,
                                   std::stop_token stop);
  void configure(CurlHandle& handle, const Request& request, const std::optional<Proxy>& proxy);
  void secure(CurlHandle& handle, const Url& url);
  std::shared_ptr<const HostSecurity> security_of(const std::string& authority);
  void trace(Transfer& transfer, const Headers& sent, std::uint64_t id);
  std::optional<Response> outcome(Transfer& transfer, const Request& request,
                                  const std::optional<Proxy>& proxy);

  CurlLibrary library_;
  TransportOptions options_;
  ProxyRules proxies_;
  SystemRoots system_roots_;
  Locked<std::map<std::string, std::shared_ptr<const HostSecurity>, std::less<>>> security_;
  CurlLoop loop_;
};

Response CurlTransport::send(const Request& request, std::stop_token stop) {
  const auto proxy = options_.unix_socket.empty() ? proxies_.find(request.url) : std::nullopt;
  const std::uint64_t counted = request.sent == nullptr ? 0 : request.sent->load();
  if (auto response = exchange(request, proxy, stop)) return *std::move(response);
  if (request.sent != nullptr) request.sent->store(counted);
  Request again = request;
  again.fresh_connection = true;
  return exchange(again, proxy, std::move(stop)).value();
}

/// Returns nothing when the request is to be sent again over a fresh connection.
std::optional<Response> CurlTransport::exchange(const Request& request,
                                                const std::optional<Proxy>& proxy,
                                                std::stop_token stop) {
  const auto reader =
      request.body.source != nullptr ? request.body.source->open(request.body.offset) : nullptr;
  const std::uint64_t id = loop_.next_id();
  const auto transfer =
      std::make_shared<Transfer>(request,
                                 TransferLimits{.stall_timeout = options_.stall_timeout,
                                                .min_rate = options_.min_rate,
                                                .pipe_bytes = options_.pipe_bytes,
                                                .is_direct = !proxy && options_.unix_socket.empty(),
                                                .clock = options_.clock.get()},
                                 [this] { loop_.wake(); });
  configure(transfer->handle(), request, proxy);
  trace(*transfer, request.headers, id);
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
  loop_.start(id, transfer);
  {
    const std::stop_callback on_stop(stop, [&] { transfer->abort(); });
    try {
      if (reader) send_body(*transfer, request.body, *reader);
      if (request.reply_sink != nullptr) take_reply(*transfer, *request.reply_sink);
    } catch (...) {
      transfer->abort();
      transfer->wait_for_end();
      throw;
    }
    transfer->wait_for_end();
  }
  // Taken out, so that the exception is destroyed on this thread too.
  if (auto failure = transfer->take_failure()) std::rethrow_exception(std::move(failure));
  if (transfer->code() == CURLE_ABORTED_BY_CALLBACK && stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, "stopped on request");
  }
  return outcome(*transfer, request, proxy);
}

std::optional<Response> CurlTransport::outcome(Transfer& transfer, const Request& request,
                                               const std::optional<Proxy>& proxy) {
  Response response = transfer.take_response();
  if (!request.fresh_connection && met_closed_connection(transfer)) {
    const bool may_repeat = request.body.source == nullptr || request.body_may_repeat;
    if (request.went_stale != nullptr) {
      *request.went_stale = true;
    } else if (may_repeat) {
      return std::nullopt;
    }
  }
  if (transfer.code() != CURLE_OK || response.status == 0) {
    const auto& handle = transfer.handle();
    throw describe_failure(
        request,
        {.code = transfer.code() != CURLE_OK ? transfer.code() : CURLE_WEIRD_SERVER_REPLY,
         .explanation = transfer.explanation(),
         .os_error = static_cast<int>(handle.number(CURLINFO_OS_ERRNO)),
         .proxy_status = handle.number(CURLINFO_HTTP_CONNECTCODE),
         .given_up = transfer.given_up(),
         .sent = response.sent,
         .proxy = proxy,
         .roots = system_roots_.named},
        options_);
  }
  if (response.status == 407 && proxy) throw proxy_login_wanted(request, *proxy);
  if (proxy && !request.url.is_https()) response.proxy = proxy->address;
  return response;
}

void CurlTransport::configure(CurlHandle& handle, const Request& request,
                              const std::optional<Proxy>& proxy) {
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server that is silent
  handle.set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  handle.set(CURLOPT_FOLLOWLOCATION, 0L);
  handle.set(CURLOPT_PATH_AS_IS, 1L);
  handle.set(CURLOPT_USERAGENT, options_.user_agent);
  handle.set(CURLOPT_TCP_KEEPALIVE, 1L);
  handle.set(CURLOPT_SOCKOPTFUNCTION, hold_little);
  handle.set(CURLOPT_MAXAGE_CONN, longest_idle_seconds);
  if (request.fresh_connection) handle.set(CURLOPT_FRESH_CONNECT, 1L);
  handle.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout / 1ms));
  handle.set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // no login to the proxy
  handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  handle.set(CURLOPT_NOPROXY, "*");
  handle.set(CURLOPT_PROXY, "");
  if (proxy) {
    handle.set(CURLOPT_NOPROXY, "");
    handle.set(CURLOPT_PROXY, proxy->address);
    handle.set(CURLOPT_PROXY_SSLVERSION, oldest_tls);
    if (!proxy->user.empty()) {
      handle.set(CURLOPT_PROXYUSERNAME, proxy->user);
      handle.set(CURLOPT_PROXYPASSWORD, proxy->password);
    }
  }
  if (!options_.unix_socket.empty()) handle.set(CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket);
  if (request.url.is_https()) secure(handle, request.url);
}

void CurlTransport::secure(CurlHandle& handle, const Url& url) {
  const auto security = security_of(url.authority());
  const TlsFiles& files = security->files;
  handle.set(CURLOPT_SSLVERSION, oldest_tls);
  handle.set(CURLOPT_SSL_VERIFYPEER, files.verify ? 1L : 0L);
  handle.set(CURLOPT_SSL_VERIFYHOST, files.verify ? 2L : 0L);
  // A folder beside the bundle keeps libcurl from parsing the bundle only once.
  if (system_roots_.hashed_folder.empty()) {
    handle.set(CURLOPT_CAPATH, static_cast<void*>(nullptr));
  } else {
    handle.set(CURLOPT_CAPATH, system_roots_.hashed_folder);
  }
  if (!security->roots.pem().empty()) {
    handle.set_memory(CURLOPT_CAINFO_BLOB, security->roots.pem());
  } else if (!security->roots.path().empty()) {
    handle.set(CURLOPT_CAINFO, security->roots.path());
  }
  if (!files.client_cert_file.empty()) handle.set(CURLOPT_SSLCERT, files.client_cert_file);
  if (!files.client_key_file.empty()) handle.set(CURLOPT_SSLKEY, files.client_key_file);
}

std::shared_ptr<const HostSecurity> CurlTransport::security_of(const std::string& authority) {
  return security_.with([&](auto& known) {
    auto found = known.find(authority);
    if (found == known.end()) {
      TlsFiles files = options_.tls ? options_.tls(authority) : TlsFiles{};
      refuse_fifo(files.client_cert_file);
      refuse_fifo(files.client_key_file);
      RootBundle roots(system_roots_, files.ca_files);
      found = known
                  .emplace(authority,
                           std::make_shared<const HostSecurity>(std::move(files), std::move(roots)))
                  .first;
    }
    return found->second;
  });
}

void CurlTransport::trace(Transfer& transfer, const Headers& sent, std::uint64_t id) {
  if (!options_.trace) return;
  transfer.trace_to([this, secrets = secrets_of(sent), id](std::string_view text, bool is_request) {
    std::string block(text);
    if (!is_request) hide(block, secrets);
    for (const auto& line : masked_lines(block)) {
      options_.trace(cat('#', id, is_request ? " > " : " < ", line));
    }
  });
}

}  // namespace

std::unique_ptr<Transport> make_curl_transport(TransportOptions options) {
  return std::make_unique<CurlTransport>(std::move(options));
}

}  // namespace n2c::http
