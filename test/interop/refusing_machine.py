#!/usr/bin/env python3
"""What n2c does where the machine refuses it something (#23): a lock, a reader of its output, a descriptor, a
thread, room in a file, one poll(). It ends with success or an Error, and `serve` goes on serving.

usage: refusing_machine.py N2C
"""
import contextlib
import fcntl
import http.client
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import random_image  # noqa: E402
import signals  # noqa: E402

N2C = os.path.realpath(sys.argv[1])
WORK = tempfile.TemporaryDirectory()
PLACE = pathlib.Path(WORK.name)
F_SETPIPE_SZ = 1031
FAULT = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
static int calls;
int poll(struct pollfd *all, nfds_t count, int time) {
  static int (*next)(struct pollfd *, nfds_t, int);
  if (!next) next = dlsym(RTLD_NEXT, "poll");
  const char *nth = getenv("FAILING_POLL");
  if (nth && __sync_add_and_fetch(&calls, 1) == atoi(nth)) { errno = ENOMEM; return -1; }
  return next(all, count, time);
}
'''
wrong = 0


def check(what, holds, seen=''):
    global wrong
    print(('ok: ' if holds else 'FAILED: ') + what + ('' if holds else f': {seen}'))
    wrong += not holds


def environment(**more):
    home = tempfile.mkdtemp(dir=WORK.name)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(('DOCKER', 'REGISTRY', 'XDG')) and 'proxy' not in k.lower()}
    return keep | {'HOME': home, 'XDG_CACHE_HOME': home} | more


def run(*words, limit=None, user=None, more=None, **how):
    def before():
        if limit:
            resource.setrlimit(limit[0], (limit[1], limit[1]))
        if user:
            os.setgid(user)
            os.setuid(user)
    env = environment(**(more or {}))
    if user:
        os.chmod(env['HOME'], 0o777)
    try:
        return subprocess.run([N2C, *map(str, words)], env=env, capture_output=True, text=True, timeout=60, check=False,
                              preexec_fn=before, **how)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 'still there after 60 s', '', '')


def port_of(file, server):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            return int(file.read_text(encoding='ascii'))
        time.sleep(0.01)
    sys.exit('n2c serve did not begin')


@contextlib.contextmanager
def serving(*words, more=None, **how):
    file = pathlib.Path(tempfile.mkdtemp(dir=WORK.name)) / 'port'
    how = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL} | how
    server = subprocess.Popen([N2C, 'serve', '--listen', '127.0.0.1:0', '--port-file', str(file), *words],
                              env=environment(**(more or {})), **how)
    try:
        yield server, port_of(file, server)
    finally:
        server.kill()
        server.wait()


def asked(port, timeout=5):
    """The status of GET /v2/, or why there is none."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request('GET', '/v2/')
        return connection.getresponse().status
    except OSError as error:
        return error
    finally:
        connection.close()


def end_by(process, sign, patience=10):
    """The exit code after one signal."""
    process.send_signal(sign)
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f'still there after {patience} s'


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            sys.exit('waited for too long')
        time.sleep(0.01)


def must(*words):
    made = run(*words)
    assert made.returncode == 0, made.stderr


IMAGE = random_image.make(PLACE, [200_000] * 6, must)
os.chmod(WORK.name, 0o755)


def locks():
    layout = PLACE / 'layout'
    run('push', *IMAGE, f'oci:{layout}:1')
    held = os.open(layout / 'blobs', os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    for sign, wanted in ((signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 129)):
        waits = subprocess.Popen([N2C, 'push', *map(str, IMAGE), f'oci:{layout}:2'], env=environment(), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        wait_until(lambda: signals.are_heeded(waits))
        for _ in range(3):  # which n2c sends itself at its end
            waits.send_signal(signal.SIGUSR2)
        code = end_by(waits, sign)
        check(f'a layout that another process locks is waited for until the first {sign.name}, also after SIGUSR2', code == wanted, code)
        check('and nothing half-written stays in it', not list(layout.rglob('.n2c-*.part')))
    os.close(held)


def unread_logs():
    for name in ('stdout', 'stderr'):
        reads, writes = os.pipe()
        fcntl.fcntl(writes, F_SETPIPE_SZ, 4096)
        with serving(*(['--sparse'] if name == 'stdout' else []), **{name: writes}) as (server, port):
            os.close(writes)
            seen = {asked(port) for _ in range(200)}
            check(f'serve answers though nobody reads its {name}', seen == {200}, seen)
            code = end_by(server, signal.SIGTERM)
            check(f'serve whose {name} nobody reads ends at the first SIGTERM', code in (0, 130), code)
        os.close(reads)
    reads, writes = os.pipe()
    fcntl.fcntl(writes, F_SETPIPE_SZ, 4096)
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writes, b'x' * 4096):
            pass
    os.set_blocking(writes, True)
    for stream in ('stdout', 'stderr', 'stdout and stderr'):
        words = ['inspect', *map(str, IMAGE)] if stream == 'stdout' else ['push', PLACE / 'none', 'oci:' + str(PLACE / 'x')]
        blocked = subprocess.Popen([N2C, *map(str, words)], env=environment(), **{one: writes for one in stream.split(' and ')})
        wait_until(lambda: signals.are_heeded(blocked))
        code = end_by(blocked, signal.SIGTERM)
        check(f'a command whose {stream} is a full pipe ends at the first SIGTERM', code in (130, 6, 8, 3, 2), code)
    os.close(reads)
    os.close(writes)


def full_outputs():
    commands = {'inspect': ('inspect', *IMAGE), 'diff': ('diff', *IMAGE, PLACE / 'image.json'), 'digest': ('digest', *IMAGE),
                'help': ('--help',), 'version': ('--version',), 'push': ('push', *IMAGE, f'oci:{PLACE}/full:1'),
                'copy': ('copy', f'oci:{PLACE}/layout:1', f'oci:{PLACE}/copy:1')}
    for name, words in commands.items():
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([N2C, *map(str, words)], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60, check=False)
        wanted = 8 if subprocess.run([N2C, *map(str, words)], env=environment(), capture_output=True, timeout=60,
                                     check=False).stdout else 0
        check(f'{name}: output that cannot be written is exit 8', done.returncode == wanted, (done.returncode, done.stderr))


def failing_poll():
    if shutil.which('gcc') is None or shutil.which('file') is None or b'statically' in subprocess.run(['file', N2C], capture_output=True, check=False).stdout:
        print('one poll() that fails: left out, for want of gcc or file')
        return
    source, library = PLACE / 'fault.c', PLACE / 'fault.so'
    source.write_text(FAULT)
    subprocess.run(['gcc', '-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'], check=True)
    with serving() as (_, port):
        for nth in range(1, 30):
            done = run('push', '--retry', 0, *IMAGE, f'127.0.0.1:{port}/poll{nth}:1', more={'LD_PRELOAD': str(library), 'FAILING_POLL': str(nth)})
            check(f'push goes on when its poll() number {nth} fails, or says that it failed',
                  done.returncode == 0 or (done.returncode in (3, 5, 6, 8) and done.stderr.strip()), done)
        check('and nearly always it goes on', sum(run('tags', f'127.0.0.1:{port}/poll{nth}').returncode == 0 for nth in range(1, 30)) >= 25)
    for nth in range(1, 8):
        with serving(more={'LD_PRELOAD': str(library), 'FAILING_POLL': str(nth)}) as (server, port):
            seen = [asked(port) for _ in range(4)]
            check(f'serve goes on serving when its poll() number {nth} fails', seen.count(200) >= 3, seen)


def limits():
    with serving() as (_, port):
        at = f'127.0.0.1:{port}'
        for size in (0, 10, 1000, 100_000):
            for number, words in enumerate((('push', *IMAGE, f'oci:{PLACE}/f{size}:1'),
                                            ('layers-from-reproducible-storepaths', f'{PLACE}/f{size}.json', PLACE / 'graph.json',
                                             '--store-root', PLACE))):
                done = run(*words, limit=(resource.RLIMIT_FSIZE, size))
                codes = ((8,), (1,) if size < 100 else (0, 1))[number]  # a list of layers is short
                check(f'{words[0]} under ulimit -f of {size} bytes says that the file may not grow',
                      done.returncode in codes and (done.returncode == 0 or 'File too large' in done.stderr), done)
                check('and nothing half-written stays', done.returncode == 0 or not pathlib.Path(f'{PLACE}/f{size}.json').exists())
        for files in range(3, 24):
            done = run('push', '--retry', 0, *IMAGE, f'{at}/n{files}:1', limit=(resource.RLIMIT_NOFILE, files))
            check(f'push with {files} descriptors succeeds or says what it lacks',
                  done.returncode in (0, 5, 6, 8, 127) and (done.returncode == 0 or done.stderr.strip()), done)
        if os.getuid() != 0:
            print('few threads: left out, for want of root')
            return
        user = 50_000 + os.getpid() % 10_000
        try:
            readable = run('inspect', IMAGE[0], user=user).returncode == 0
        except (OSError, subprocess.SubprocessError):
            readable = False
        if not readable:
            print('few threads: left out, for another user may not run n2c here')
            return
        refused = 0
        for threads in range(1, 12):
            done = run('push', '--retry', 0, *IMAGE, f'{at}/u{threads}:1', limit=(resource.RLIMIT_NPROC, threads), user=user)
            refused += 'ulimit -u' in done.stderr
            check(f'push of a user with {threads} threads succeeds or is exit 8', done.returncode in (0, 8), done)
        check('a thread that cannot be made is an Error that says the limit', refused > 0)


def closed_streams():
    with serving() as (_, port):
        for closed in ('<&-', '>&-', '2>&-', '<&- >&- 2>&-'):
            words = [N2C, '-d', 'push', *map(str, IMAGE), f'127.0.0.1:{port}/closed:1']
            done = subprocess.run(['bash', '-c', f'exec "$0" "$@" {closed}', *words], env=environment(), capture_output=True,
                                  timeout=60, check=False)
            check(f'push started with {closed} keeps what it says to itself', done.returncode == (8 if '>&- ' in closed + ' ' and not closed.startswith('2') else 0), done)
        pulled = run('copy', f'127.0.0.1:{port}/closed:1', f'dir:{PLACE}/closed')
        check('and what it pushed is whole', pulled.returncode == 0, pulled)


def deaf_waits():
    """What waits for somebody who does not come ends by the first signal."""
    fifo, config, layers = PLACE / 'unread', PLACE / 'config.json', PLACE / 'layers.json'
    os.mkfifo(fifo)
    with serving() as (_, port):
        at = f'127.0.0.1:{port}'
        cases = {
            'a login on standard input that does not come': ('push', *IMAGE, f'{at}/w:1', '--creds', '-'),
            'a layers.json for a FIFO that nobody reads': ('layers-from-reproducible-storepaths', fifo, PLACE / 'graph.json', '--store-root', PLACE),
            'an image.json for a FIFO that nobody reads': ('image', fifo, config, layers),
            'a digest for a FIFO that nobody reads': ('push', *IMAGE, f'{at}/w:2', '--digest-file', fifo),
            'a summary for a FIFO that nobody reads': ('push', *IMAGE, f'{at}/w:3', '--summary', fifo),
        }
        for what, words in cases.items():
            for sign, code in ((signal.SIGTERM, 130), (signal.SIGHUP, 129)):
                process = subprocess.Popen([N2C, *map(str, words)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL,
                                           preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
                wait_until(lambda process=process: signals.are_heeded(process))
                ended = end_by(process, sign)
                wanted = 1 if sign == signal.SIGTERM and words[0] not in ('push',) else code  # as all failures of nix2container's commands
                check(f'{what} is waited for until {sign.name}', ended == wanted, ended)
                process.stdin.close()
        with open('/dev/zero', 'rb') as zeros:
            done = run('push', *IMAGE, f'{at}/w:4', '--creds', '-', stdin=zeros)
        check('a login without end on standard input is an error', done.returncode == 2 and 'more than a line' in done.stderr, done)


def main():
    if not sys.platform.startswith('linux'):
        print('what is refused here, and how it is looked at, is of Linux')
        sys.exit(77)
    locks()
    unread_logs()
    full_outputs()
    failing_poll()
    limits()
    closed_streams()
    deaf_waits()
    sys.exit(wrong > 0)


main()
