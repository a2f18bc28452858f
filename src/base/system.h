#pragma once
/// What differs between systems, each difference once. system.cc alone asks which system it is
/// compiled for (test/arch/includes.py checks it). With -Dportable=true it does on Linux what it
/// does on a Mac, so that this is tested. All functions may be called by any thread.

#include <spawn.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/stream.h"

namespace n2c {

struct PipeEnds {
  FileDescriptor read, write;
};
/// Close-on-exec, both. Throws Error{local}.
PipeEnds make_pipe();

/// Ends a wait for descriptors. Once signalled, its own descriptor stays readable.
class WakeUp {
 public:
  /// Throws Error{local}.
  WakeUp();
  /// May be called from any thread, any number of times.
  void signal() const noexcept;
  int fd() const { return readable_.get(); }

 private:
  FileDescriptor readable_, written_;  // written_ is empty where one descriptor does both
};

/// Waits until either can be read or is at its end. One of them may be a terminal, which macOS
/// does not poll() (poll(2), "Bugs"). Throws Error{local}.
void wait_readable(int one, int other);
/// The same for one, for so many milliseconds or, by -1, however long: false when that was not
/// enough or a signal came.
bool is_readable_within(int fd, int milliseconds);

/// How many bytes a write takes without waiting, once it takes any: 0 when it took none within so
/// many milliseconds. A pipe takes 4 KiB (PIPE_BUF) or more, a file whatever comes. Throws
/// Error{local}.
std::size_t room_for_output(int fd, int milliseconds);
/// The pipe that `fd` writes into, opened anew: writing to this one takes what fits and never
/// waits, and nothing changes for others that have `fd`. None where that is no pipe, nobody has its
/// other end, or the system has no way.
FileDescriptor open_pipe_anew(int fd);

/// What a socket's calls do when they cannot be done at once. This is said when the socket is made
/// and not with each call, since macOS heeds MSG_DONTWAIT in recv() alone.
enum class Blocking { yes, no };

/// A stream socket, close-on-exec, whose writing raises no SIGPIPE. Nothing, with errno, when
/// there is none.
FileDescriptor open_socket(int family, Blocking blocking);
/// Accepts a connection that waits at `listener` as such a socket. `address` and `size` are as for
/// accept().
FileDescriptor accept_socket(int listener, Blocking blocking, sockaddr* address = nullptr,
                             socklen_t* size = nullptr);
/// send() without SIGPIPE, by one of the sockets above. `more` says that further bytes follow at
/// once, so a short packet may wait for them where the system can do that.
ssize_t send_bytes(int socket, ByteView bytes, bool more = false);

/// How many bytes given to a socket have not reached the other side. 0 where that is not known.
std::uint64_t bytes_on_the_way(int socket);

/// To be called when all redirections of a child are in `actions`. The child then has its standard
/// streams and no other descriptor of ours, not even one that another thread is about to make
/// close-on-exec. `flags` are for posix_spawnattr_setflags(). Returns 0 or an errno.
int keep_from_child(posix_spawn_file_actions_t& actions, short& flags);
/// This process's environment (environ(7)), ended by a null pointer.
char** environment_block();

/// A file in `folder` that has no name, open for writing. Nothing where the system has no such
/// files.
FileDescriptor open_nameless(const std::filesystem::path& folder, unsigned mode);
/// Gives that file a name. Returns false, with errno, when it cannot: EEXIST, for it replaces
/// nothing.
bool give_name(const FileDescriptor& nameless, const std::filesystem::path& name);
/// A folder for openat() and its like. Nothing, with errno, when it cannot be opened.
FileDescriptor open_place(const std::filesystem::path& folder);
/// Waits until a file or folder is on the disk itself. fsync() promises less on macOS: the disk may
/// still have it in its own memory (fsync(2)). Returns false, with errno, when that failed.
bool sync_to_disk(const FileDescriptor& file);

/// For a thread that could not be made, by that errno. Throws Error{local} and names the limits
/// that this process has.
[[noreturn]] void throw_no_thread(int error);
/// How many threads suit CPU work here: the processors this process may use, at least 1.
std::size_t processor_count();
/// Lets all other threads, of this process and of others, go before the calling one for the rest of
/// its life. Where the system has no such thing nothing changes.
void let_others_first() noexcept;
/// Lets this process open as many files as the system allows it, at most 65 536. Returns how many
/// that are.
std::size_t allow_many_files() noexcept;
/// Bits that nobody can foretell, of the system itself: no file, such as /dev/urandom, need be
/// there. Throws Error{local}.
std::uint64_t random_bits();
/// Asks the system to put this memory, aligned to 2 MiB, into large pages.
void prefer_large_pages(void* memory, std::size_t size);
/// Has freed memory given back to the system soon. Otherwise the allocator keeps for each thread
/// what that thread freed: with a few megabytes in each of many threads that is more than n2c uses.
/// To be called before there are threads.
void keep_little_memory();

/// The release of the Linux that this runs on (uname -r). Empty on other systems, where a container
/// engine is in a virtual machine with a kernel and a network of its own.
std::string linux_release();
/// Whether Nix on this system appends "~nix~case~hack~1" to names in the store that differ from
/// others in case alone (nix.conf: use-case-hack, the default on macOS).
bool has_case_hack();

}  // namespace n2c
