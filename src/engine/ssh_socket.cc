#include "engine/ssh_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

#include "base/error.h"
#include "base/terminal.h"
#include "base/text.h"
#include "base/thread.h"

namespace n2c {

namespace {

/// How often it is looked whether a program has ended.
constexpr int look_apart_ms = 100;
/// How many pieces of what programs say are read before anything else is looked at: a full pipe.
constexpr int most_pieces = 16;

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
    : command_(ssh_command(host)), listener_(listen_on(path())), words_(make_pipe()) {
  if (!find_program(command_.front())) {
    throw Error(ErrorKind::local, cat(host.str(), ": there is no ssh program in $PATH"));
  }
  ::fcntl(words_.read.get(), F_SETFL, ::fcntl(words_.read.get(), F_GETFL) | O_NONBLOCK);
  thread_ = start_thread([this] { run(); });
}

SshSocket::~SshSocket() {
  ended_.signal();
  thread_.join();
}

std::filesystem::path SshSocket::path() const { return folder_.path() / "docker.sock"; }

void SshSocket::run() noexcept {
  try {
    pass_on();
  } catch (const std::exception&) {
    // No memory for a line of ssh's. Connections close, and whoever waits on them reports that.
    listener_ = FileDescriptor();
    programs_.clear();
  }
}

void SshSocket::pass_on() {
  // A shutdown of the listener wakes accept() on Linux alone.
  std::array<pollfd, 3> watched{
      {{listener_.get(), POLLIN, 0}, {ended_.fd(), POLLIN, 0}, {words_.read.get(), POLLIN, 0}}};
  while (watched[1].revents == 0) {
    const int limit = programs_.empty() ? -1 : look_apart_ms;
    if (poll(watched.data(), watched.size(), limit) < 0 && errno != EINTR) break;
    if (watched[2].revents != 0) say_words(false);
    end_connections();
    if (watched[0].revents != 0 && !accept_one()) break;
  }
  programs_.clear();
  say_words(true);
}

/// False when no more can be accepted.
bool SshSocket::accept_one() {
  // The socket is blocking, as programs expect of their standard streams.
  FileDescriptor connection = accept_socket(listener_.get(), Blocking::yes);
  if (!connection) return errno == EINTR || errno == EAGAIN || errno == ECONNABORTED;
  try {
    auto program =
        std::make_unique<BackgroundProgram>(command_, connection.get(), words_.write.get());
    programs_.push_back({.connection = std::move(connection), .program = std::move(program)});
  } catch (const std::exception&) {
    // The connection closes. Whoever waits on it reports that no reply came.
  }
  return true;
}

/// A process that ssh leaves behind may hold a connection open. Who waits on it hears that ssh has
/// ended, after what ssh has written to it.
void SshSocket::end_connections() {
  std::erase_if(programs_, [](const Bridged& one) {
    if (!one.program->is_over()) return false;
    ::shutdown(one.connection.get(), SHUT_RDWR);
    return true;
  });
}

/// What is there now; `last`: nothing follows. A process that ssh leaves behind may hold the pipe
/// open, so its end is not waited for. Who writes faster than we read holds nothing up.
void SshSocket::say_words(bool last) {
  std::array<char, 4096> piece{};
  for (int pieces = 0; pieces < most_pieces; ++pieces) {
    const ssize_t count = ::read(words_.read.get(), piece.data(), piece.size());
    if (count <= 0) break;
    for (const char c : std::string_view(piece.data(), static_cast<std::size_t>(count))) {
      if (c != '\n' && c != '\r') line_ += c;  // ssh ends its lines by both
      if (c == '\n' || line_.size() == Printable::longest) terminal::say(std::exchange(line_, {}));
    }
  }
  if (last && !line_.empty()) terminal::say(std::exchange(line_, {}));
}

}  // namespace n2c
