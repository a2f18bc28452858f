#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/system.h"
#include "base/text.h"

namespace n2c {

namespace {

constexpr std::size_t max_messages = 64 << 10;
/// How often it is looked whether a program has ended that still has its output open.
constexpr int look_apart_ms = 100;

void set_nonblocking(const FileDescriptor& end) {
  fcntl(end.get(), F_SETFL, fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

/// Which of our descriptors becomes which of the child's.
using Redirections = std::vector<std::pair<int, int>>;

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> lines;
  for (char** line = environment_block(); *line != nullptr; ++line) {
    const std::string_view text = *line;
    const bool replaced = std::ranges::any_of(
        changes, [&](const auto& change) { return text.starts_with(change.first + "="); });
    if (!replaced) lines.emplace_back(text);
  }
  for (const auto& [variable, value] : changes) lines.push_back(cat(variable, "=", value));
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// For a call that gives its error back, as posix_spawn's do.
void require_success(int error, std::string_view doing) {
  if (error == 0) return;
  errno = error;
  throw_errno(doing);
}

/// What posix_spawn does in the child and how: both take memory.
struct SpawnPlan {
  SpawnPlan() {
    require_success(posix_spawn_file_actions_init(&actions), "start a program");
    const int error = posix_spawnattr_init(&attributes);
    if (error != 0) posix_spawn_file_actions_destroy(&actions);
    require_success(error, "start a program");
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

enum class Session { ours, own };

pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment,
            const Redirections& redirections, Session session = Session::ours) {
  const auto program = find_program(arguments.front());
  if (!program) {
    throw Error(ErrorKind::local, cat("run ", arguments.front(), ": no such program in $PATH"));
  }
  const std::string doing = cat("run ", program->string());
  SpawnPlan plan;
  for (const auto& [from, to] : redirections) {
    require_success(posix_spawn_file_actions_adddup2(&plan.actions, from, to), doing);
  }
  // Our threads block the signals that end us, and ignore these two; a child must not.
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  sigaddset(&ignored, SIGXFSZ);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &ignored);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (session == Session::own) flags |= POSIX_SPAWN_SETSID;
  require_success(keep_from_child(plan.actions, flags), doing);
  posix_spawnattr_setflags(&plan.attributes, flags);
  pid_t pid = -1;
  require_success(posix_spawn(&pid, program->c_str(), &plan.actions, &plan.attributes,
                              pointers_to(arguments).data(), pointers_to(environment).data()),
                  doing);
  return pid;
}

/// Waits, and returns the status as waitpid() has it.
int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    // ECHILD where SIGCHLD is ignored: how the child ended is lost.
    if (errno != EINTR) return 255 << 8;
  }
  return status;
}

/// Whether it has ended; it can still be waited for then.
bool has_ended(pid_t pid) {
  siginfo_t ended{};
  return waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         ended.si_pid != 0;
}

/// SIGTERM, and SIGKILL when that was not enough for two seconds. Of a session of its own all that
/// is in it; what outlives the program itself is killed at once.
void end_program(pid_t pid, Session session = Session::ours) {
  const pid_t whom = session == Session::own ? -pid : pid;
  kill(whom, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (!has_ended(pid) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (session == Session::own || !has_ended(pid)) kill(whom, SIGKILL);
  wait_for(pid);
}

/// A started program and our ends of its pipes. One thread at a time.
class Conversation {
 public:
  explicit Conversation(const Program& program) : program_(program) {
    PipeEnds in = make_pipe(), out = make_pipe(), err = make_pipe();
    pid_ = start(program.arguments, environment_with(program.environment),
                 {{in.read.get(), 0}, {out.write.get(), 1}, {err.write.get(), 2}}, session());
    if (program.input != nullptr) in_ = std::move(in.write);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    for (const FileDescriptor* end : {&in_, &out_, &err_}) {
      if (*end) set_nonblocking(*end);
    }
  }
  ~Conversation() {
    if (pid_ > 0) end_program(pid_, session());
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  ProgramEnd hold(std::stop_token stop) {
    const WakeUp wake;
    const std::stop_callback on_stop(stop, [&] { wake.signal(); });
    Ending ending;
    while ((out_ || err_) && !ending.is_drained) {
      fill();
      std::array<pollfd, 4> waits{pollfd{wake.fd(), POLLIN, 0}, pollfd{out_.get(), POLLIN, 0},
                                  pollfd{err_.get(), POLLIN, 0}, pollfd{in_.get(), POLLOUT, 0}};
      const int ready = poll(waits.data(), waits.size(), look_apart_ms);
      if (ready < 0 && errno != EINTR) throw_errno("poll");
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "cancelled");
      if (waits[1].revents != 0) take(out_, end_.output);
      if (waits[2].revents != 0) take_messages();
      if (waits[3].revents != 0) give();
      trim_texts();
      look_for_end(ending, ready == 0);
    }
    end_.took_all_input = program_.input == nullptr || (at_end_ && given_ == filled_ && !in_);
    await_exit(wake, stop);
    // Before it is waited for: until then nobody else gets its number.
    if (program_.own_session) kill(-pid_, SIGKILL);
    const int status = wait_for(std::exchange(pid_, -1));
    end_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end_.exit_code = end_.signal != 0 ? 128 + end_.signal : WEXITSTATUS(status);
    return std::move(end_);
  }

 private:
  Session session() const { return program_.own_session ? Session::own : Session::ours; }

  /// A program may leave a child behind that holds its output open. Once the program has ended and
  /// nothing more has come for look_apart_ms, what that child says is not waited for.
  struct Ending {
    bool has_ended = false, is_drained = false;
    std::chrono::steady_clock::time_point next_look{}, latest{};
  };
  void look_for_end(Ending& ending, bool is_quiet) const {
    const auto now = std::chrono::steady_clock::now();
    if (ending.has_ended) {
      ending.is_drained = is_quiet || now >= ending.latest;
    } else if (now >= ending.next_look) {
      ending.next_look = now + std::chrono::milliseconds(look_apart_ms);
      ending.has_ended = has_ended(pid_);
      ending.latest = now + std::chrono::seconds(1);
    }
  }

  /// Returns when the program has ended; it may have closed its output before.
  void await_exit(const WakeUp& wake, const std::stop_token& stop) const {
    for (int pause = 0; !has_ended(pid_); pause = std::min(pause + 1, 50)) {
      pollfd wait{wake.fd(), POLLIN, 0};
      if (poll(&wait, 1, pause) < 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause));
      if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "cancelled");
    }
  }

  void fill() {
    if (!in_ || given_ < filled_ || at_end_) return;
    given_ = 0;
    filled_ = program_.input->read(buffer_);
    if (filled_ != 0) return;
    at_end_ = true;
    in_ = FileDescriptor();
  }

  void give() {
    const ssize_t count = ::write(in_.get(), buffer_.data() + given_, filled_ - given_);
    if (count >= 0) {
      given_ += static_cast<std::size_t>(count);
    } else if (errno != EAGAIN && errno != EINTR) {
      in_ = FileDescriptor();  // it reads no more; its exit code tells why
    }
  }

  static void take(FileDescriptor& from, std::string& into) {
    std::array<char, 16384> piece{};
    const ssize_t count = ::read(from.get(), piece.data(), piece.size());
    if (count > 0) {
      into.append(piece.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      from = FileDescriptor();
    }
  }

  void take_messages() {
    const std::size_t before = end_.messages.size();
    take(err_, end_.messages);
    const std::string_view all = end_.messages;
    if (program_.on_messages && all.size() > before) program_.on_messages(all.substr(before));
  }

  void trim_texts() {
    if (end_.output.size() > program_.max_output) {
      throw Error(ErrorKind::local, cat(program_.arguments.front(), " wrote more than ",
                                        brief_bytes(program_.max_output)));
    }
    if (end_.messages.size() > 2 * max_messages) {
      end_.messages.erase(0, end_.messages.size() - max_messages);
    }
  }

  const Program& program_;
  pid_t pid_ = -1;
  FileDescriptor in_, out_, err_;
  ProgramEnd end_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
  std::size_t filled_ = 0, given_ = 0;
  bool at_end_ = false;
};

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view program) {
  const auto runs = [](const std::filesystem::path& path) {
    return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
  };
  if (program.find('/') != program.npos) {
    if (runs(program)) return program;
    return {};
  }
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    std::filesystem::path candidate = std::filesystem::path(folder) / program;
    if (!folder.empty() && runs(candidate)) return candidate;
  }
  return {};
}

ProgramEnd run_program(const Program& program, std::stop_token stop) {
  return Conversation(program).hold(std::move(stop));
}

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& arguments, int channel,
                                     int messages)
    : pid_(start(arguments, environment_with({}), {{channel, 0}, {channel, 1}, {messages, 2}})) {}

BackgroundProgram::~BackgroundProgram() { end_program(pid_); }

bool BackgroundProgram::is_over() const { return has_ended(pid_); }

}  // namespace n2c
