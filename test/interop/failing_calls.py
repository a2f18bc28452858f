#!/usr/bin/env python3
"""Calls that fail from some moment on (#23), as scripts/torture makes them, where it found that n2c did badly: `serve` that
is alive and deaf, memory that ends while the command line is read, in libarchive, in OpenSSL, in a thread of its own.

usage: failing_calls.py N2C
"""
import contextlib
import errno
import http.client
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'torture'))
import faults  # noqa: E402
import scenarios  # noqa: E402
import world as worlds  # noqa: E402

WORK = tempfile.TemporaryDirectory()
wrong = 0


def check(what, holds, seen=''):
    global wrong
    if not holds:
        print(f'FAILED: {what}: {seen}')
    wrong += not holds


def asked(at):
    """The status of GET /v2/, or why there is none."""
    connection = http.client.HTTPConnection(at, timeout=20)
    try:
        connection.request('GET', '/v2/')
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as why:
        return why
    finally:
        connection.close()


@contextlib.contextmanager
def serving(world, *fault):
    """A server in which these calls fail."""
    place = world.new_folder()
    fault = faults.Fault(world.library, world.place, *fault)
    server = worlds.Server(world.program, world.home() | fault.environment, place)
    try:
        yield server, lambda: (place / 'serve.log').read_text(encoding='utf-8')
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        fault.forget()


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def deaf(world):
    for nth in (1, 3, 6):
        with serving(world, 'poll', errno.ENOMEM, nth, True) as (server, _):
            seen = [asked(server.at) for _ in range(5)]
            check(f'serve answers though every poll() from number {nth} on fails', seen == [200] * 5, seen)
            done = world.run(None, 'push', *worlds.RETRIES, *world.image, f'{server.at}/app:1')
            check('a push to it succeeds', done.code == 0, done)
            done = server.end()
            check('and SIGTERM ends it', done.code in (0, 8, 130), done)
    with serving(world, 'accept', errno.EINVAL, 2, True) as (server, said):
        seen = asked(server.at)
        check('serve answers before accept() fails for good', seen == 200, seen)
        seen = asked(server.at)
        check('nobody waits for an answer of a server that cannot accept', seen != 200, seen)
        until(lambda: server.process.poll() is not None)
        check('serve whose accept() fails for good ends by itself with exit code 8', server.process.poll() == 8, server.process.poll())
        check('and says why, and what to do', 'n2c: accept connections: Invalid argument\nhint: ' in said(), said())
    with serving(world, 'accept', errno.EMFILE, 1, True) as (server, said):
        seen = subprocess.Popen([sys.executable, '-c', 'import socket, sys; h, p = sys.argv[1].split(":"); s = socket.create_connection((h, int(p))); s.recv(1)',
                                 server.at], stderr=subprocess.DEVNULL)
        until(lambda: 'no connection' in said())
        check('serve without descriptors says so', 'n2c: no connection can be accepted: Too many open files' in said(), said())
        check('and goes on', server.process.poll() is None)
        server.process.send_signal(signal.SIGTERM)
        check('and SIGTERM ends it', server.process.wait(30) in (0, 130), said())
        seen.wait(30)


def ends_well(world, kind, nth, words, codes):
    for goes_on in (False, True):
        fault = faults.Fault(world.library, world.place, kind, errno.ENOMEM, nth, goes_on)
        done = world.run(fault, *words)
        # OpenSSL 3.5 ends the process itself where a thread that is new to it finds no memory.
        is_openssl = done.code == -signal.SIGABRT and 'OpenSSL internal error' in done.said
        is_well = is_openssl or (done.broke(codes) is None and (done.code == 0 or done.said.strip()))
        check(f'{words[0]} ends well where {fault}', is_well, done)
        fault.forget()


def calls_of(world, words, kind):
    fault = faults.Fault(world.library, world.place)
    world.run(fault, *words)
    count = fault.counts()[kind]
    fault.forget()
    return count


def memory(world):
    refused = ('tags', '127.0.0.1:1', 'one', 'word', 'too', 'many')
    count = calls_of(world, refused, 'malloc')
    for nth in range(1, count, max(1, count // 60)):
        ends_well(world, 'malloc', nth, refused, {2, 8})
    archive = ('push', *world.image, f'oci-archive:{world.place}/a.tar:1')
    for nth in range(1, calls_of(world, archive, 'calloc') + 3):
        ends_well(world, 'calloc', nth, archive, {0, 8})
    layers = ('layers-from-reproducible-storepaths', world.place / 'l.json', world.place / 'graph.json', *world.of_layers)
    count = calls_of(world, layers, 'malloc')
    for nth in range(count * 6 // 10, count, max(1, count // 150)):
        ends_well(world, 'malloc', nth, layers, {0, 1, 8})


def pulls(world):
    """What a pull leaves for want of memory is no obstacle for the next one."""
    source = f'{world.registry.at}/base:1'
    count = calls_of(world, ('pull', source, world.new_folder() / 'to'), 'malloc')
    for nth in range(count * 9 // 10, count, max(1, count // 300)):
        folder = world.new_folder() / 'to'
        fault = faults.Fault(world.library, world.place, 'malloc', errno.ENOMEM, nth, True)
        done = world.run(fault, 'pull', source, folder)
        check(f'pull ends well where {fault}', done.broke({0, 8}) is None, done)
        fault.forget()
        is_whole = (folder / 'manifest.json').exists() and not (folder / '.n2c-pull').exists()
        if done.code != 0 and not is_whole:  # else it is the result that could not be told
            done = world.run(None, 'pull', source, folder)
            check(f'and where {fault} the next pull into that folder succeeds', done.code == 0, done)


def speaks(world):
    """Why a command failed is said though no poll() succeeds, which waits for who reads standard error."""
    fault = faults.Fault(world.library, world.place, 'poll', errno.ENOMEM, 1, True)
    done = world.run(fault, 'inspect', world.place / 'absent.json')
    check('an error is said though every poll() fails', done.code == 3 and 'absent.json' in done.said, done)
    fault.forget()


def leaves_no_folder(world):
    """A pull that cannot look into the folder that it made removes that again."""
    source = f'{world.registry.at}/base:1'
    for nth in range(1, calls_of(world, ('pull', source, world.new_folder() / 'to'), 'fdopendir') + 1):
        folder = world.new_folder() / 'to'
        fault = faults.Fault(world.library, world.place, 'fdopendir', errno.EMFILE, nth, False)
        done = world.run(fault, 'pull', source, folder)
        check(f'pull leaves no empty folder where {fault}', done.code == 0 or not folder.exists() or any(folder.iterdir()), done)
        fault.forget()


def helpers(world):
    """A login that a credential helper keeps is kept, or its loss is told."""
    count = faults.Fault(world.library, world.place)
    scenarios.login_helper(world, count)
    for nth in range(1, count.counts()['realloc'] + 4):
        fault = faults.Fault(world.library, world.place, 'realloc', errno.ENOMEM, nth, False)
        done, wrong_so = scenarios.login_helper(world, fault)
        check(f'login by a helper ends well where {fault}', not wrong_so, (wrong_so, done))
        fault.forget()
    count.forget()


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    if not sys.platform.startswith('linux') or shutil.which('cc') is None:
        print('left out: calls fail here by way of a library that cc makes on Linux')
        sys.exit(77)
    world = worlds.World(program, pathlib.Path(WORK.name))
    try:
        if not calls_of(world, ('--version',), 'malloc'):
            print('left out: this n2c is static')
            sys.exit(77)
        deaf(world)
        memory(world)
        pulls(world)
        speaks(world)
        leaves_no_folder(world)
        helpers(world)
    finally:
        world.close()
    sys.exit(wrong > 0)


main()
