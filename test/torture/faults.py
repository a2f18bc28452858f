"""Calls that fail: the library of failing_calls.c, what it is told and what it counted."""
import contextlib
import errno
import os
import pathlib
import struct
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).with_name('failing_calls.c')
RECORD = struct.Struct('24sQ')
ROOM = 64 * RECORD.size
HALF = 0  # in an error number's place: half of the bytes are moved
EAI_AGAIN = -3  # netdb.h: the name server does not answer now

# What each kind of call says in life when it fails: machine out of something, disk full or broken, peer gone.
FAULTS = {
    'accept': [errno.EMFILE, errno.EINVAL, errno.ECONNABORTED], 'bind': [errno.EADDRINUSE], 'calloc': [errno.ENOMEM], 'close': [errno.EIO],
    'connect': [errno.ECONNREFUSED, errno.ENETUNREACH], 'eventfd': [errno.EMFILE], 'fchmod': [errno.EPERM], 'fchown': [errno.EPERM],
    'fdopendir': [errno.EMFILE], 'flock': [errno.ENOLCK], 'fstat': [errno.EIO], 'fsync': [errno.EIO],
    'ftruncate': [errno.EIO], 'getaddrinfo': [EAI_AGAIN], 'getentropy': [errno.ENOSYS], 'getnameinfo': [EAI_AGAIN],
    'link': [errno.EIO], 'listen': [errno.EADDRINUSE], 'lseek': [errno.EIO], 'malloc': [errno.ENOMEM], 'memalign': [errno.ENOMEM],
    'mkdir': [errno.ENOSPC], 'mkdtemp': [errno.ENOSPC], 'mmap': [errno.ENOMEM], 'open': [errno.EMFILE, errno.EACCES],
    'openat': [errno.EMFILE], 'pipe': [errno.EMFILE], 'poll': [errno.ENOMEM, errno.EINTR], 'posix_spawn': [errno.EAGAIN],
    'pread': [errno.EIO, HALF], 'pthread_create': [errno.EAGAIN], 'pwrite': [errno.ENOSPC, HALF], 'read': [errno.EIO, HALF],
    'readdir': [errno.EIO], 'readlink': [errno.EIO], 'realloc': [errno.ENOMEM], 'recv': [errno.ECONNRESET, HALF],
    'rename': [errno.EIO], 'send': [errno.EPIPE, HALF], 'setsockopt': [errno.ENOBUFS], 'socket': [errno.EMFILE],
    'socketpair': [errno.EMFILE], 'stat': [errno.EACCES], 'unlink': [errno.EIO], 'waitid': [errno.EINTR],
    'waitpid': [errno.EINTR], 'write': [errno.ENOSPC, HALF], 'writev': [errno.ENOSPC],
}
PASSING = {errno.EINTR, errno.ECONNABORTED}  # a signal comes, a client goes: not each time from there on
# They fail when their arguments are wrong and not otherwise, or never.
CANNOT_FAIL = ['clock_gettime', 'fcntl (flags of what is open)', 'getpid', 'getsockname', 'getsockopt', 'madvise (only advice)', 'munmap', 'pthread_mutex_lock',
               'pthread_sigmask', 'sched_getaffinity', 'shutdown', 'sigwait']
MEMORY = {'malloc', 'calloc', 'realloc', 'memalign'}


def name_of(number):
    return {HALF: 'half', EAI_AGAIN: 'EAI_AGAIN'}.get(number) or errno.errorcode[number]


def make_library(folder):
    """Compiles it. Throws CalledProcessError."""
    library = folder / 'failing_calls.so'
    subprocess.run(['cc', '-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library, SOURCE], check=True)
    return library


class Fault:
    """One fault for one process, or none with a kind of None; the environment that brings it there, and its counts."""

    def __init__(self, library, folder, kind=None, number=0, nth=0, goes_on=False):
        self.kind, self.number, self.nth, self.goes_on = kind, number, nth, goes_on
        handle, self.file = tempfile.mkstemp(dir=folder, prefix='calls.')
        os.ftruncate(handle, ROOM)
        os.close(handle)
        self.environment = {'LD_PRELOAD': str(library), 'N2C_CALLS': self.file}
        if kind:
            self.environment['N2C_FAIL'] = f'{kind}:{number}:{nth}' + (':on' if goes_on else '')

    def __str__(self):
        return f'{self.kind}: {name_of(self.number)} at call {self.nth}' + (' and from there on' if self.goes_on else '')

    def counts(self):
        """{kind: calls}; 'failed' is how many were made to fail."""
        found = {}
        for name, count in RECORD.iter_unpack(pathlib.Path(self.file).read_bytes()):
            if name.rstrip(b'\0'):
                found[name.rstrip(b'\0').decode()] = count
        return found

    def forget(self):
        with contextlib.suppress(OSError):
            os.unlink(self.file)
