#include "push/ssh_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace n2c {

namespace {

FileDescriptor listen_on(const std::filesystem::path& path) {
  FileDescriptor socket = open_socket(AF_UNIX, Blocking::no);
  if (!socket) throw_errno("make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::local, cat(text, ": too long for a socket"),
                "set TMPDIR to a shorter path");
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket.get(), 8) != 0) {
    throw_errno(cat("listen on ", text));
  }
  return socket;
}

/// Quoted for the shell that ssh runs on the other side.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::vector<std::string> ssh_command(const DockerHost& host) {
  std::vector<std::string> command{"ssh", "-T", "-o", "ConnectTimeout=30"};
  const auto add = [&](std::initializer_list<std::string> words) {
    command.insert(command.end(), words);
  };
  if (!host.ssh_port.empty()) add({"-p", host.ssh_port});
  add({"--", host.authority, "docker"});
  if (!host.path.empty()) add({"--host", shell_quoted("unix://" + host.path)});
  add({"system", "dial-stdio"});
  return command;
}

SshSocket::SshSocket(const DockerHost& host)
    : command_(ssh_command(host)), listener_(listen_on(path())) {
  if (!find_program(command_.front())) {
    throw Error(ErrorKind::local, cat(host.str(), ": there is no ssh program in $PATH"));
  }
  thread_ = std::jthread([this] { accept_all(); });
}

SshSocket::~SshSocket() {
  ended_.signal();
  thread_.join();
}

std::filesystem::path SshSocket::path() const { return folder_.path() / "docker.sock"; }

void SshSocket::accept_all() {
  // A shutdown of the listener wakes accept() on Linux alone.
  std::array<pollfd, 2> watched{{{listener_.get(), POLLIN, 0}, {ended_.fd(), POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    // The socket is blocking, as programs expect of their standard streams.
    const FileDescriptor connection = accept_socket(listener_.get(), Blocking::yes);
    if (!connection && errno != EINTR && errno != EAGAIN && errno != ECONNABORTED) return;
    if (!connection) continue;
    try {
      programs_.push_back(std::make_unique<BackgroundProgram>(command_, connection.get()));
    } catch (const Error&) {
      // The connection closes. Whoever waits on it reports that no reply came.
    }
  }
}

}  // namespace n2c
