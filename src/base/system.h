#pragma once
/// Where systems differ, each difference once: Linux has calls that others lack. system.cc alone
/// asks which system it is compiled for (test/arch/includes.py says so). Built with
/// -Dportable=true it does on Linux what it does on a Mac, so that this is tested.
/// All functions may be called by any thread.

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

/// Ends a wait for descriptors: once signalled, its descriptor is readable for good.
class WakeUp {
 public:
  /// Throws Error{local}.
  WakeUp();
  /// Any thread, any number of times.
  void signal() const noexcept;
  int fd() const { return readable_.get(); }

 private:
  FileDescriptor readable_, written_;  // the second is none where one descriptor does both
};

/// Waits until either can be read or is at its end. One of them may be a terminal, which macOS
/// does not poll() (poll(2), "Bugs"). Throws Error{local}.
void wait_readable(int one, int other);

/// What a call does that cannot be done at once.
enum class Blocking { yes, no };

/// A stream socket, close-on-exec, whose writing raises no SIGPIPE. Nothing, with errno, when
/// there is none.
FileDescriptor open_socket(int family, Blocking blocking);
/// The same of a connection that waits at `listener`; `address` and `size` are accept()'s.
FileDescriptor accept_socket(int listener, Blocking blocking, sockaddr* address = nullptr,
                             socklen_t* size = nullptr);
/// send(), with no SIGPIPE. `more`: others follow at once, so that a short packet may wait for
/// them, where the system can do that.
ssize_t send_bytes(int socket, ByteView bytes, Blocking blocking, bool more = false);

/// Bytes that were given to a socket and have not reached the other side; 0 where that is not
/// known.
std::uint64_t bytes_on_the_way(int socket);

/// To be called once all redirections of a child are among `actions`: it has its standard streams
/// and no other descriptor of ours, also those that another thread is about to make close-on-exec.
/// `flags` are for posix_spawnattr_setflags().
void keep_from_child(posix_spawn_file_actions_t& actions, short& flags);
/// This process's environment (environ(7)), ended by a null pointer.
char** environment_block();

/// A file in `folder` that has no name, open for writing; nothing where there are none.
FileDescriptor open_nameless(const std::filesystem::path& folder, unsigned mode);
/// Gives it one. False, with errno, when that cannot be: EEXIST, as it replaces nothing.
bool give_name(const FileDescriptor& nameless, const std::filesystem::path& name);
/// A folder to be named in openat() and its like. Nothing, with errno, when it cannot be opened.
FileDescriptor open_place(const std::filesystem::path& folder);
/// Waits until a file or folder is on the disk itself, not in the disk's own memory, which is all
/// that fsync() promises on macOS (fsync(2)). False, with errno, when that failed.
bool sync_to_disk(const FileDescriptor& file);

/// How many threads suit CPU work here: the processors this process may use, at least 1.
std::size_t processor_count();
/// A wish that this memory, aligned to 2 MiB, lies in large pages.
void prefer_large_pages(void* memory, std::size_t size);
/// Gives memory that was freed back to the system soon. Memory that a thread freed is otherwise
/// kept for that thread, and blocks once given back are kept from then on: with a few megabytes
/// in each of many threads that is more than n2c uses. To be called before there are threads.
void keep_little_memory();

/// The release of the Linux that this runs on (uname -r). Empty elsewhere: an engine for containers
/// is then in a virtual machine, with a kernel and a network of its own.
std::string linux_release();
/// Whether Nix on this system tells files whose names differ in case alone apart by "~nix~case~
/// hack~1" behind the names in the store, where names do not tell them apart
/// (nix.conf: use-case-hack; default on macOS).
bool has_case_hack();

}  // namespace n2c
