#include "registry/server/net/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <thread>

#include "base/error.h"
#include "base/openssl.h"
#include "base/system.h"
#include "base/text.h"
#include "registry/server/net/server_options.h"

namespace n2c::registry {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds failed_poll_pause{10};

int milliseconds_until(Socket::TimePoint deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

/// poll(). Where it fails, for want of memory, it has waited a little. Whoever tries then what was
/// to be waited for neither spins nor depends on a poll() that works.
int poll_or_pause(std::span<pollfd> watched, int milliseconds) {
  const int ready = ::poll(watched.data(), static_cast<nfds_t>(watched.size()), milliseconds);
  if (ready < 0 && errno != EINTR) {
    for (pollfd& one : watched) one.revents = 0;
    std::this_thread::sleep_for(failed_poll_pause);
  }
  return ready;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

[[noreturn]] void throw_tls(const std::string& what) {
  std::array<char, 256> why{};
  ERR_error_string_n(ERR_get_error(), why.data(), why.size());
  ERR_clear_error();
  throw Error(ErrorKind::input, cat(what, ": ", why.data()));
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio bio_of(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

Certificate next_certificate(BIO* bio) {
  return Certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

void use_chain(SSL_CTX* context, std::string_view pem) {
  const Bio bio = bio_of(pem);
  const Certificate first = next_certificate(bio.get());
  if (!first || SSL_CTX_use_certificate(context, first.get()) != 1) {
    throw_tls("the TLS certificate");
  }
  while (const Certificate next = next_certificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) throw_tls("the TLS chain");
  }
  ERR_clear_error();  // the end of the text is an error to OpenSSL
}

void use_key(SSL_CTX* context, std::string_view pem) {
  const Bio bio = bio_of(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  const bool used = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  if (!used || SSL_CTX_check_private_key(context) != 1) throw_tls("the TLS key");
}

void require_client_certificates(SSL_CTX* context, std::string_view pem) {
  const Bio bio = bio_of(pem);
  X509_STORE* trusted = SSL_CTX_get_cert_store(context);
  while (const Certificate authority = next_certificate(bio.get())) {
    if (X509_STORE_add_cert(trusted, authority.get()) != 1) throw_tls("the TLS client authorities");
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

std::string peer_text(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (address.ss_family == AF_UNIX) return "unix";
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                    port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  if (address.ss_family == AF_INET6) return cat('[', host.data(), "]:", port.data());
  return cat(host.data(), ':', port.data());
}

FileDescriptor listen_tcp(const addrinfo& where) {
  FileDescriptor fd = open_socket(where.ai_family, Blocking::no);
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), where.ai_addr, where.ai_addrlen) != 0 || ::listen(fd.get(), 512) != 0) {
    return {};
  }
  return fd;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw_errno("get the port that is listened on");
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

void StopFlag::raise() {
  raised_ = true;
  wake_.signal();
}

void wait_for(const StopFlag& stop, std::chrono::milliseconds time) {
  pollfd watched{stop.fd(), POLLIN, 0};
  const auto deadline = steady_clock::now() + time;
  while (poll_or_pause({&watched, 1}, milliseconds_until(deadline)) < 0) {
    if (stop.raised() || steady_clock::now() >= deadline) return;
  }
}

TlsContext::Handle TlsContext::new_handle() {
  begin_openssl();
  return Handle(SSL_CTX_new(TLS_server_method()));
}

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(const TlsIdentity& identity) : context_(new_handle()) {
  if (!context_) throw_tls("TLS");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  use_chain(context_.get(), identity.certificate_chain);
  use_key(context_.get(), identity.key);
  if (!identity.client_authorities.empty()) {
    require_client_certificates(context_.get(), identity.client_authorities);
  }
}

void Socket::Free::operator()(ssl_st* tls) const { SSL_free(tls); }

Socket::Socket(FileDescriptor fd, const StopFlag& cut, Activity& activity)
    : fd_(std::move(fd)), cut_(cut), activity_(activity) {
  const int on = 1;
  // Fails on unix sockets, which need no such thing.
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::~Socket() = default;

std::optional<Transfer::End> Socket::wait(short events, TimePoint deadline, const StopFlag* also) {
  std::array<pollfd, 3> watched{{{fd_.get(), events, 0},
                                 {cut_.fd(), POLLIN, 0},
                                 {also != nullptr ? also->fd() : -1, POLLIN, 0}}};
  const auto is_raised = [&] { return cut_.raised() || (also != nullptr && also->raised()); };
  activity_.begin_wait();
  const int ready = poll_or_pause(watched, milliseconds_until(deadline));
  activity_.end_wait();
  if (is_raised()) return Transfer::End::stopped;
  if (ready == 0 || (ready < 0 && steady_clock::now() >= deadline)) return Transfer::End::timed_out;
  return {};
}

Transfer Socket::read(ByteSpan into, TimePoint deadline, const StopFlag* also) {
  const Transfer got = tls_ ? read_tls(into, deadline, also) : read_plain(into, deadline, also);
  activity_.moved(got.count);
  return got;
}

Transfer Socket::read_plain(ByteSpan into, TimePoint deadline, const StopFlag* also) {
  while (true) {
    const ssize_t count = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (count > 0) return {static_cast<std::size_t>(count)};
    if (count == 0 || (!would_block(errno) && errno != EINTR)) return {0, Transfer::End::closed};
    if (const auto end = wait(POLLIN, deadline, also)) return {0, *end};
  }
}

Transfer Socket::write(ByteView bytes, TimePoint deadline, bool more) {
  const Transfer sent = tls_ ? write_tls(bytes, deadline) : write_plain(bytes, deadline, more);
  activity_.moved(sent.count);
  return sent;
}

Transfer Socket::write_plain(ByteView bytes, TimePoint deadline, bool more) {
  while (true) {
    const ssize_t count = send_bytes(fd_.get(), bytes, more);
    if (count >= 0) return {static_cast<std::size_t>(count)};
    if (!would_block(errno) && errno != EINTR) return {0, Transfer::End::closed};
    if (const auto end = wait(POLLOUT, deadline, nullptr)) return {0, *end};
  }
}

void Socket::finish_writing() {
  if (tls_) SSL_shutdown(tls_.get());
  ::shutdown(fd_.get(), SHUT_WR);
}

bool Socket::accept_tls(const TlsContext& context, TimePoint deadline) {
  tls_.reset(SSL_new(context.get()));
  if (!tls_ || SSL_set_fd(tls_.get(), fd_.get()) != 1) return false;
  while (true) {
    const int result = SSL_accept(tls_.get());
    if (result == 1) return true;
    if (wait_tls(result, deadline, nullptr)) return false;
  }
}

bool Socket::begins_tls(TimePoint deadline) {
  constexpr unsigned char handshake = 22;  // RFC 8446 §5.1, ContentType
  while (true) {
    unsigned char first = 0;
    const ssize_t count = ::recv(fd_.get(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0) return first == handshake;
    if (count == 0 || (!would_block(errno) && errno != EINTR)) return true;
    if (wait(POLLIN, deadline, nullptr)) return true;
  }
}

std::optional<Transfer::End> Socket::wait_tls(int result, TimePoint deadline,
                                              const StopFlag* also) {
  const int wanted = SSL_get_error(tls_.get(), result);
  ERR_clear_error();
  if (wanted == SSL_ERROR_WANT_READ) return wait(POLLIN, deadline, also);
  if (wanted == SSL_ERROR_WANT_WRITE) return wait(POLLOUT, deadline, also);
  return Transfer::End::closed;
}

Transfer Socket::read_tls(ByteSpan into, TimePoint deadline, const StopFlag* also) {
  while (true) {
    std::size_t count = 0;
    const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &count);
    if (result == 1) return {count};
    if (const auto end = wait_tls(result, deadline, also)) return {0, *end};
  }
}

Transfer Socket::write_tls(ByteView bytes, TimePoint deadline) {
  while (true) {
    std::size_t count = 0;
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count);
    if (result == 1) return {count};
    if (const auto end = wait_tls(result, deadline, nullptr)) return {0, *end};
  }
}

Listener::Listener(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string doing = cat("listen on ", address, ':', port);
  if (const int failed = ::getaddrinfo(address.c_str(), cat(port).c_str(), &hints, &found)) {
    throw Error(ErrorKind::local, cat(doing, ": ", ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  fd_ = listen_tcp(*found);
  if (!fd_ && errno == EADDRINUSE) {
    throw Error(ErrorKind::local, cat(doing, ": another program has that port"),
                "end it, or take a free port: --listen 127.0.0.1:0 says which it is");
  }
  if (!fd_ && errno == EACCES && port < 1024) {
    throw Error(ErrorKind::local, cat(doing, ": ports below 1024 are root's"),
                "take a higher one, such as --listen 127.0.0.1:5000");
  }
  if (!fd_) throw_errno(doing);
  port_ = bound_port(fd_.get());
}

Listener::Listener(std::filesystem::path unix_socket) : unix_socket_(std::move(unix_socket)) {
  const std::string doing = "listen on " + unix_socket_.string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (unix_socket_.native().size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::local, doing + ": the path is too long for a socket");
  }
  std::strcpy(address.sun_path, unix_socket_.c_str());
  fd_ = open_socket(AF_UNIX, Blocking::no);
  if (!fd_ || ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd_.get(), 512) != 0) {
    throw_errno(doing);
  }
}

Listener::~Listener() { close(); }

void Listener::close() {
  if (!unix_socket_.empty() && fd_) ::unlink(unix_socket_.c_str());
  fd_ = FileDescriptor();
}

std::expected<Listener::Accepted, int> Listener::accept(
    const StopFlag& stop, std::optional<std::chrono::milliseconds> time) {
  std::array<pollfd, 2> watched{{{fd_.get(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  const int ready = poll_or_pause(watched, time ? static_cast<int>(time->count()) : -1);
  if (stop.raised() || ready == 0) return std::unexpected(EAGAIN);
  // Where poll() fails, it is tried whether there is one.
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  FileDescriptor fd =
      accept_socket(fd_.get(), Blocking::no, reinterpret_cast<sockaddr*>(&address), &size);
  if (!fd) return std::unexpected(errno);
  return Accepted{std::move(fd), peer_text(address, size)};
}

}  // namespace n2c::registry
