/* To be preloaded: makes the Nth call of one kind fail in a process that is named n2c.
 *
 *   N2C_FAIL=KIND:ERROR:N      the Nth call fails with this errno; 0: it takes or gives half of what it could
 *   N2C_FAIL=KIND:ERROR:N:on   it and all later ones do
 *   N2C_CALLS=FILE             counts, in memory that is shared with who reads FILE: records of a name (24 bytes) and
 *                              a count (8 bytes); the first is "failed", how many calls were made to fail
 *
 * Counted is from main() on: what comes before it is the loader's, and no program can answer for that. All threads
 * count together. Programs that n2c starts have other names and are let alone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A kind is what a person would call the call; some have several names in the C library. */
#define KINDS(K)                                                                                        \
  K(failed) K(accept) K(bind) K(calloc) K(close) K(connect) K(eventfd) K(fchmod) K(fchown) K(fcntl)      \
  K(fdopendir) K(flock) K(fstat) K(fsync) K(ftruncate) K(getaddrinfo) K(getentropy) K(getnameinfo)       \
  K(getsockname) K(getsockopt) K(link) K(listen) K(lseek) K(malloc) K(memalign) K(mkdir) K(mkdtemp)      \
  K(mmap) K(open) K(openat) K(pipe) K(poll) K(posix_spawn) K(pread) K(pthread_create) K(pwrite) K(read)  \
  K(readdir) K(readlink) K(realloc) K(recv) K(rename) K(send) K(setsockopt) K(socket) K(socketpair)      \
  K(stat) K(unlink) K(waitid) K(waitpid) K(write) K(writev)

enum kind {
#define K(name) kind_##name,
  KINDS(K)
#undef K
  kinds
};

static const char *const names[kinds] = {
#define K(name) #name,
    KINDS(K)
#undef K
};

struct record {
  char name[24];
  _Atomic unsigned long count;
};

static struct record *records;
static int chosen = -1, error_number, goes_on;
static unsigned long nth;
static _Atomic int armed;

static int fails(enum kind which) {
  if (!armed) return 0;
  const unsigned long number = atomic_fetch_add(&records[which].count, 1) + 1;
  if ((int)which != chosen || number < nth || (number > nth && !goes_on)) return 0;
  atomic_fetch_add(&records[kind_failed].count, 1);
  return 1;
}

/* Descriptors by which a program wakes itself up, eventfds and pairs of sockets: what goes through them cannot fail while
 * they are open. */
static _Atomic char wakes[4096];

static int is_wake(int fd) { return fd >= 0 && fd < (int)sizeof wakes && wakes[fd] != 0; }
static void set_wake(int fd, char is_one) {
  if (fd >= 0 && fd < (int)sizeof wakes) wakes[fd] = is_one;
}

static void choose(const char *text) {
  char kind[32] = "", on[8] = "";
  if (sscanf(text, "%31[^:]:%d:%lu:%7s", kind, &error_number, &nth, on) < 3) return;
  for (int i = 0; i < kinds; ++i) {
    if (strcmp(kind, names[i]) == 0) chosen = i;
  }
  goes_on = strcmp(on, "on") == 0;
}

static void begin(void) {
  const char *file = getenv("N2C_CALLS"), *fault = getenv("N2C_FAIL");
  if (file == NULL || strcmp(program_invocation_short_name, "n2c") != 0) return;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *const shared = (void *)syscall(SYS_mmap, NULL, kinds * sizeof(struct record), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
  syscall(SYS_close, fd);
  if (shared == MAP_FAILED) return;
  records = shared;
  for (int i = 0; i < kinds; ++i) strcpy(records[i].name, names[i]);
  if (fault != NULL) choose(fault);
  armed = 1;
}

static int (*real_main)(int, char **, char **);

static int main_of_ours(int argc, char **argv, char **environment) {
  begin();
  return real_main(argc, argv, environment);
}

int __libc_start_main(int (*its_main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end) {
  int (*const next)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
      (int (*)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *))dlsym(
          RTLD_NEXT, "__libc_start_main");
  real_main = its_main;
  return next(main_of_ours, argc, argv, init, fini, loader_fini, stack_end);
}

/* --- the calls: NEXT is the C library's own */

#define NEXT(name)                  \
  static __typeof__(&name) next;    \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAIL(kind, returned)   \
  if (fails(kind_##kind)) {    \
    errno = error_number;      \
    return returned;           \
  }
/* Of what moves bytes: half of them where that is asked for, at least one. */
#define FAIL_OR_HALVE(kind, size)            \
  if (!is_wake(fd) && fails(kind_##kind)) {  \
    if (error_number != 0) {                 \
      errno = error_number;                  \
      return -1;                             \
    }                                        \
    size = (size + 1) / 2;                   \
  }
#define CALL(type, name, kind, returned, parameters, arguments) \
  type name parameters {                                        \
    NEXT(name);                                                 \
    FAIL(kind, returned)                                        \
    return next arguments;                                      \
  }
#define OPEN(name, kind, parameters, arguments)        \
  int name parameters {                                \
    NEXT(name);                                        \
    mode_t mode = 0;                                   \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {        \
      va_list more;                                    \
      va_start(more, flags);                           \
      mode = va_arg(more, mode_t);                     \
      va_end(more);                                    \
    }                                                  \
    FAIL(kind, -1)                                     \
    return next arguments;                             \
  }

OPEN(open, open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPEN(openat64, openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))

ssize_t read(int fd, void *bytes, size_t size) {
  NEXT(read);
  FAIL_OR_HALVE(read, size)
  return next(fd, bytes, size);
}
ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) {
  NEXT(pread64);
  FAIL_OR_HALVE(pread, size)
  return next(fd, bytes, size, at);
}
ssize_t write(int fd, const void *bytes, size_t size) {
  NEXT(write);
  FAIL_OR_HALVE(write, size)
  return next(fd, bytes, size);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  NEXT(pwrite64);
  FAIL_OR_HALVE(pwrite, size)
  return next(fd, bytes, size, at);
}
ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  NEXT(send);
  FAIL_OR_HALVE(send, size)
  return next(fd, bytes, size, flags);
}
ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  NEXT(sendto);
  FAIL_OR_HALVE(send, size)
  return next(fd, bytes, size, flags, to, length);
}
ssize_t recv(int fd, void *bytes, size_t size, int flags) {
  NEXT(recv);
  FAIL_OR_HALVE(recv, size)
  return next(fd, bytes, size, flags);
}
ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *length) {
  NEXT(recvfrom);
  FAIL_OR_HALVE(recv, size)
  return next(fd, bytes, size, flags, from, length);
}
int close(int fd) { /* as Linux does: it is closed, and what was written may be lost */
  NEXT(close);
  set_wake(fd, 0);
  const int done = next(fd);
  FAIL(close, -1)
  return done;
}

CALL(ssize_t, writev, writev, -1, (int fd, const struct iovec *all, int count), (fd, all, count))
CALL(ssize_t, sendmsg, send, -1, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
CALL(ssize_t, recvmsg, recv, -1, (int fd, struct msghdr *message, int flags), (fd, message, flags))
CALL(int, fsync, fsync, -1, (int fd), (fd))
CALL(int, fdatasync, fsync, -1, (int fd), (fd))
CALL(int, rename, rename, -1, (const char *from, const char *to), (from, to))
CALL(int, renameat, rename, -1, (int a, const char *from, int b, const char *to), (a, from, b, to))
CALL(int, link, link, -1, (const char *from, const char *to), (from, to))
CALL(int, linkat, link, -1, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
CALL(int, unlink, unlink, -1, (const char *path), (path))
CALL(int, unlinkat, unlink, -1, (int at, const char *path, int flags), (at, path, flags))
CALL(int, remove, unlink, -1, (const char *path), (path))
CALL(int, mkdir, mkdir, -1, (const char *path, mode_t mode), (path, mode))
CALL(int, mkdirat, mkdir, -1, (int at, const char *path, mode_t mode), (at, path, mode))
CALL(char *, mkdtemp, mkdtemp, NULL, (char *path), (path))
CALL(void *, mmap, mmap, MAP_FAILED, (void *at, size_t size, int may, int flags, int fd, off_t from), (at, size, may, flags, fd, from))
CALL(void *, mmap64, mmap, MAP_FAILED, (void *at, size_t size, int may, int flags, int fd, off64_t from), (at, size, may, flags, fd, from))
CALL(int, ftruncate, ftruncate, -1, (int fd, off_t size), (fd, size))
CALL(int, ftruncate64, ftruncate, -1, (int fd, off64_t size), (fd, size))
CALL(int, stat, stat, -1, (const char *path, struct stat *found), (path, found))
CALL(int, stat64, stat, -1, (const char *path, struct stat64 *found), (path, found))
CALL(int, lstat, stat, -1, (const char *path, struct stat *found), (path, found))
CALL(int, lstat64, stat, -1, (const char *path, struct stat64 *found), (path, found))
CALL(int, fstatat, stat, -1, (int at, const char *path, struct stat *found, int flags), (at, path, found, flags))
CALL(int, fstatat64, stat, -1, (int at, const char *path, struct stat64 *found, int flags), (at, path, found, flags))
CALL(int, fstat, fstat, -1, (int fd, struct stat *found), (fd, found))
CALL(int, fstat64, fstat, -1, (int fd, struct stat64 *found), (fd, found))
CALL(int, flock, flock, -1, (int fd, int how), (fd, how))
CALL(int, fchmod, fchmod, -1, (int fd, mode_t mode), (fd, mode))
CALL(int, fchown, fchown, -1, (int fd, uid_t user, gid_t group), (fd, user, group))
CALL(off_t, lseek, lseek, -1, (int fd, off_t to, int from), (fd, to, from))
CALL(off64_t, lseek64, lseek, -1, (int fd, off64_t to, int from), (fd, to, from))
CALL(DIR *, opendir, fdopendir, NULL, (const char *path), (path))
CALL(DIR *, fdopendir, fdopendir, NULL, (int fd), (fd))
CALL(struct dirent *, readdir, readdir, NULL, (DIR * folder), (folder))
CALL(struct dirent64 *, readdir64, readdir, NULL, (DIR * folder), (folder))
CALL(ssize_t, readlink, readlink, -1, (const char *path, char *text, size_t size), (path, text, size))
CALL(ssize_t, readlinkat, readlink, -1, (int at, const char *path, char *text, size_t size), (at, path, text, size))
CALL(int, socket, socket, -1, (int family, int type, int protocol), (family, type, protocol))
CALL(int, connect, connect, -1, (int fd, const struct sockaddr *to, socklen_t length), (fd, to, length))
CALL(int, bind, bind, -1, (int fd, const struct sockaddr *to, socklen_t length), (fd, to, length))
CALL(int, listen, listen, -1, (int fd, int waiting), (fd, waiting))
CALL(int, accept, accept, -1, (int fd, struct sockaddr *from, socklen_t *length), (fd, from, length))
CALL(int, accept4, accept, -1, (int fd, struct sockaddr *from, socklen_t *length, int flags), (fd, from, length, flags))
CALL(int, setsockopt, setsockopt, -1, (int fd, int level, int option, const void *value, socklen_t size), (fd, level, option, value, size))
CALL(int, getsockopt, getsockopt, -1, (int fd, int level, int option, void *value, socklen_t *size), (fd, level, option, value, size))
CALL(int, getsockname, getsockname, -1, (int fd, struct sockaddr *name, socklen_t *length), (fd, name, length))
CALL(int, poll, poll, -1, (struct pollfd *all, nfds_t count, int limit), (all, count, limit))
CALL(int, pipe, pipe, -1, (int ends[2]), (ends))
CALL(int, pipe2, pipe, -1, (int ends[2], int flags), (ends, flags))
CALL(int, getentropy, getentropy, -1, (void *bytes, size_t size), (bytes, size))
CALL(pid_t, waitpid, waitpid, -1, (pid_t which, int *status, int flags), (which, status, flags))
CALL(int, waitid, waitid, -1, (idtype_t type, id_t which, siginfo_t *found, int flags), (type, which, found, flags))
int eventfd(unsigned value, int flags) {
  NEXT(eventfd);
  FAIL(eventfd, -1)
  const int made = next(value, flags);
  set_wake(made, 1);
  return made;
}
int socketpair(int family, int type, int protocol, int ends[2]) {
  NEXT(socketpair);
  FAIL(socketpair, -1)
  const int done = next(family, type, protocol, ends);
  if (done == 0) {
    set_wake(ends[0], 1);
    set_wake(ends[1], 1);
  }
  return done;
}
/* These return the error itself. */
CALL(int, getaddrinfo, getaddrinfo, error_number,
     (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found), (host, service, hints, found))
CALL(int, getnameinfo, getnameinfo, error_number,
     (const struct sockaddr *of, socklen_t length, char *host, socklen_t host_size, char *service, socklen_t service_size, int flags),
     (of, length, host, host_size, service, service_size, flags))
CALL(int, posix_spawn, posix_spawn, error_number,
     (pid_t * child, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
      char *const arguments[], char *const environment[]),
     (child, path, actions, attributes, arguments, environment))
CALL(int, posix_spawnp, posix_spawn, error_number,
     (pid_t * child, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
      char *const arguments[], char *const environment[]),
     (child, path, actions, attributes, arguments, environment))
CALL(int, pthread_create, pthread_create, error_number,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument), (thread, attributes, body, argument))

#define FCNTL(name)                              \
  int name(int fd, int command, ...) {           \
    NEXT(name);                                  \
    va_list more;                                \
    va_start(more, command);                     \
    void *const argument = va_arg(more, void *); \
    va_end(more);                                \
    FAIL(fcntl, -1)                              \
    return next(fd, command, argument);          \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

/* Memory: glibc's own names, for dlsym() itself may want some. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  FAIL(malloc, NULL)
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  FAIL(calloc, NULL)
  return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
  FAIL(realloc, NULL)
  return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  FAIL(memalign, NULL)
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
  FAIL(memalign, ENOMEM)
  *memory = __libc_memalign(alignment, size);
  return *memory == NULL ? ENOMEM : 0;
}
