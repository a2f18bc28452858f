#include "base/system.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/text.h"

#ifdef __APPLE__
#include <crt_externs.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <linux/sockios.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#endif

/// Whether Linux's own calls are used; the other branches are for all systems.
#if defined(__linux__) && !defined(N2C_PORTABLE)
#define N2C_LINUX_CALLS 1
#else
#define N2C_LINUX_CALLS 0
#endif

namespace n2c {

namespace {

#if !N2C_LINUX_CALLS
/// Sets or clears the flags that descriptors are not made with here. On BSD an accepted socket has
/// its listener's flags, so both are needed.
FileDescriptor with_flags(FileDescriptor made, Blocking blocking) {
  if (!made) return made;
  const int flags = ::fcntl(made.get(), F_GETFL) & ~O_NONBLOCK;
  ::fcntl(made.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(made.get(), F_SETFL, flags | (blocking == Blocking::no ? O_NONBLOCK : 0));
#ifdef SO_NOSIGPIPE
  const int on = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return made;
}
#else
int socket_flags(Blocking blocking) {
  return SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0);
}
#endif

/// Whether one of them came within `limit_ms`, -1 for however long: not when a signal
/// did. A descriptor of -1 is none.
bool wait_for_input(std::array<int, 2> descriptors, int limit_ms) {
  const int highest = std::ranges::max(descriptors);
  int ready = 0;
  if (!N2C_LINUX_CALLS && highest < FD_SETSIZE) {
    fd_set watched;
    FD_ZERO(&watched);
    for (const int fd : descriptors) {
      if (fd >= 0) FD_SET(fd, &watched);
    }
    timeval time{.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000};
    ready = ::select(highest + 1, &watched, nullptr, nullptr, limit_ms < 0 ? nullptr : &time);
  } else {
    std::array<pollfd, 2> watched{pollfd{descriptors[0], POLLIN, 0},
                                  pollfd{descriptors[1], POLLIN, 0}};
    ready = ::poll(watched.data(), watched.size(), limit_ms);
  }
  if (ready < 0 && errno != EINTR) throw_errno("wait for a descriptor");
  return ready > 0;
}

/// Whether a write would take something within that time. A Mac does not poll() terminals.
bool wait_for_output(int fd, int limit_ms) {
  int ready = 0;
  if (!N2C_LINUX_CALLS && fd < FD_SETSIZE) {
    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(fd, &watched);
    timeval time{.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000};
    ready = ::select(fd + 1, nullptr, &watched, nullptr, &time);
  } else {
    pollfd watched{fd, POLLOUT, 0};
    ready = ::poll(&watched, 1, limit_ms);
  }
  if (ready < 0 && errno != EINTR && errno != EAGAIN) throw_errno("wait for a descriptor");
  return ready > 0;
}

/// What fits into an empty pipe; at least what always fits where there is room at all.
std::size_t room_in_pipe([[maybe_unused]] int fd) {
  std::size_t room = PIPE_BUF;
#if N2C_LINUX_CALLS
  int held = 0;
  const int all = ::fcntl(fd, F_GETPIPE_SZ);
  if (all > PIPE_BUF && ::ioctl(fd, FIONREAD, &held) == 0 && held == 0) {
    room = static_cast<std::size_t>(all);
  }
#endif
  return room;
}

}  // namespace

PipeEnds make_pipe() {
  std::array<int, 2> ends{};
#if N2C_LINUX_CALLS
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("make a pipe");
#else
  if (::pipe(ends.data()) != 0) throw_errno("make a pipe");
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

WakeUp::WakeUp() {
#if N2C_LINUX_CALLS
  readable_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!readable_) throw_errno("make an eventfd");
#else
  PipeEnds ends = make_pipe();
  ::fcntl(ends.write.get(), F_SETFL, O_NONBLOCK);
  readable_ = std::move(ends.read);
  written_ = std::move(ends.write);
#endif
}

void WakeUp::signal() const noexcept {
  const std::uint64_t one = 1;
  const int fd = written_ ? written_.get() : readable_.get();
  // The write fails only when the pipe is full, and then it is readable already.
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

void wait_readable(int one, int other) {
  while (!wait_for_input({one, other}, -1)) {
  }
}

std::size_t room_for_output(int fd, int milliseconds) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return SIZE_MAX;
  if (!wait_for_output(fd, milliseconds)) return 0;
  return S_ISFIFO(status.st_mode) ? room_in_pipe(fd) : PIPE_BUF;
}

FileDescriptor open_pipe_anew([[maybe_unused]] int fd) {
#if N2C_LINUX_CALLS
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return {};
  const std::string name = cat("/proc/self/fd/", fd);
  return FileDescriptor(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
#else
  return {};
#endif
}

bool is_readable_within(int fd, int milliseconds) { return wait_for_input({fd, -1}, milliseconds); }

FileDescriptor open_socket(int family, Blocking blocking) {
#if N2C_LINUX_CALLS
  return FileDescriptor(::socket(family, SOCK_STREAM | socket_flags(blocking), 0));
#else
  return with_flags(FileDescriptor(::socket(family, SOCK_STREAM, 0)), blocking);
#endif
}

FileDescriptor accept_socket(int listener, Blocking blocking, sockaddr* address, socklen_t* size) {
#if N2C_LINUX_CALLS
  return FileDescriptor(::accept4(listener, address, size, socket_flags(blocking)));
#else
  return with_flags(FileDescriptor(::accept(listener, address, size)), blocking);
#endif
}

ssize_t send_bytes(int socket, ByteView bytes, [[maybe_unused]] bool more) {
  int flags = 0;
#ifdef __linux__  // elsewhere the socket has SO_NOSIGPIPE
  flags |= MSG_NOSIGNAL;
#endif
#if N2C_LINUX_CALLS
  if (more) flags |= MSG_MORE;
#endif
  return ::send(socket, bytes.data(), bytes.size(), flags);
}

std::uint64_t bytes_on_the_way(int socket) {
  int count = 0;
#if defined(SIOCOUTQ)
  if (::ioctl(socket, SIOCOUTQ, &count) != 0) return 0;
#elif defined(SO_NWRITE)
  socklen_t size = sizeof count;
  if (::getsockopt(socket, SOL_SOCKET, SO_NWRITE, &count, &size) != 0) return 0;
#endif
  return static_cast<std::uint64_t>(count);
}

int keep_from_child([[maybe_unused]] posix_spawn_file_actions_t& actions,
                    [[maybe_unused]] short& flags) {
#if defined(__APPLE__)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
  for (int stream = 0; stream <= 2; ++stream) {
    const int error = posix_spawn_file_actions_addinherit_np(&actions, stream);
    if (error != 0) return error;
  }
#elif defined(__GLIBC__) && !N2C_LINUX_CALLS
  return posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
  return 0;
}

char** environment_block() {
#ifdef __APPLE__  // a shared library has no other
  return *_NSGetEnviron();
#else
  return ::environ;
#endif
}

FileDescriptor open_nameless([[maybe_unused]] const std::filesystem::path& folder,
                             [[maybe_unused]] unsigned mode) {
#if N2C_LINUX_CALLS
  if (::access("/proc/self/fd", X_OK) != 0) return {};
  return FileDescriptor(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
#else
  return {};
#endif
}

bool give_name(const FileDescriptor& nameless, const std::filesystem::path& name) {
  const std::string from = cat("/proc/self/fd/", nameless.get());
  return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

FileDescriptor open_place(const std::filesystem::path& folder) {
#if N2C_LINUX_CALLS
  constexpr int access = O_PATH;
#else
  constexpr int access = O_RDONLY;
#endif
  return FileDescriptor(::open(folder.c_str(), access | O_DIRECTORY | O_CLOEXEC));
}

bool sync_to_disk(const FileDescriptor& file) {
#ifdef F_FULLFSYNC  // some file systems have none
  if (::fcntl(file.get(), F_FULLFSYNC) == 0) return true;
#endif
  return ::fsync(file.get()) == 0;
}

void throw_no_thread(int error) {
  std::string limits;
  const auto add = [&](auto which, std::string_view words, std::string_view command) {
    rlimit limit{};
    if (::getrlimit(which, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    limits += cat(limits.empty() ? "" : ", ", words, " ", limit.rlim_cur, " (", command, ")");
  };
  add(RLIMIT_NPROC, "processes and threads of this user", "ulimit -u");
  add(RLIMIT_AS, "bytes of memory", "ulimit -v");
  throw Error(ErrorKind::local, cat("start a thread: ", std::generic_category().message(error)),
              cat("the system allows ", limits.empty() ? "no more threads" : limits,
                  "; a container may have a limit of its own (pids.max, docker run --pids-limit)"));
}

std::size_t allow_many_files() noexcept {
  constexpr rlim_t enough = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::min(limit.rlim_max, enough);
  if (limit.rlim_cur >= wanted) return static_cast<std::size_t>(std::min(limit.rlim_cur, enough));
  const rlimit more{wanted, limit.rlim_max};
  return static_cast<std::size_t>(::setrlimit(RLIMIT_NOFILE, &more) == 0 ? wanted : limit.rlim_cur);
}

std::size_t processor_count() {
#if N2C_LINUX_CALLS  // which may be fewer than there are
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  }
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

void let_others_first() noexcept {
#ifdef __linux__  // where it is of the calling thread alone: setpriority(2)
  constexpr int last_but_for_idle_work = 15;
  ::setpriority(PRIO_PROCESS, 0, last_but_for_idle_work);
#elif defined(PRIO_DARWIN_THREAD)
  ::setpriority(PRIO_DARWIN_THREAD, 0, PRIO_DARWIN_BG);
#endif
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getentropy(&bits, sizeof bits) != 0) throw_errno("get random bits");
  return bits;
}

void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) {
#if N2C_LINUX_CALLS
  ::madvise(memory, size, MADV_HUGEPAGE);  // refused, it works too
#endif
}

void keep_little_memory() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

std::string linux_release() {
  utsname names{};
  if (::uname(&names) != 0 || std::string_view(names.sysname) != "Linux") return {};
  return names.release;
}

bool has_case_hack() {
#ifdef __APPLE__
  return true;
#else
  return false;
#endif
}

}  // namespace n2c
