#!/usr/bin/env python3
"""A disk that is full: pushes into files, a cache, a login, `n2c serve --root` (#23).

usage: full_disk.py N2C

Each command says that there is no space, changes nothing that was there and leaves nothing half-written; what can do without goes on. Needs
root, which mounts a small tmpfs; says so where it cannot, and is skipped. (Copies: copy_failures.sh.)
"""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import random_image  # noqa: E402

N2C = os.path.realpath(sys.argv[1])
WORK = tempfile.TemporaryDirectory()
PLACE = pathlib.Path(WORK.name)
# htpasswd -nbBC 4 ada secret
LOGIN = 'ada:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK\n'
wrong = 0


def check(what, holds, seen=''):
    global wrong
    print(('ok: ' if holds else 'FAILED: ') + what + ('' if holds else f': {seen}'))
    wrong += not holds


def run(*words, home=None, said=None):
    home = home or tempfile.mkdtemp(dir=PLACE)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(('DOCKER', 'REGISTRY', 'XDG')) and 'proxy' not in k.lower()}
    return subprocess.run([N2C, *map(str, words)], env=keep | {'HOME': str(home), 'XDG_CACHE_HOME': str(home)}, capture_output=True,
                          text=True, timeout=60, check=False, input=said)


@contextlib.contextmanager
def serving(*words):
    port_file = pathlib.Path(tempfile.mkdtemp(dir=PLACE)) / 'port'
    server = subprocess.Popen([N2C, 'serve', '--listen', '127.0.0.1:0', '--port-file', port_file, *words],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().endswith('\n')):
            assert server.poll() is None and time.monotonic() < deadline, 'the server does not start'
            time.sleep(0.01)
        yield f'127.0.0.1:{port_file.read_text().strip()}'
        check('the server lives', server.poll() is None)
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def disk(mib):
    """A folder that is a disk of its own."""
    folder = PLACE / 'disk'
    folder.mkdir(exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={mib}m', 'n2c-full', folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(['umount', '-l', folder], check=True)


def fill(folder, but=0):
    """To the last block, or leaves `but` bytes."""
    with open(folder / 'filler', 'wb', buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b'x' * 4096):
            pass
    os.truncate(folder / 'filler', (folder / 'filler').stat().st_size - but)


def must(*words):
    made = run(*words)
    assert made.returncode == 0, made.stderr


def files(large):
    for kind, address in (('oci', 'oci:{}/l:1'), ('docker-archive', 'docker-archive:{}/a.tar:a:1'), ('oci-archive', 'oci-archive:{}/o.tar:1'),
                          ('dir', 'dir:{}/d')):
        with disk(3) as folder:
            done = run('push', *large, address.format(folder))
            check(f'{kind}: a full disk is exit 8 and is called so', done.returncode == 8 and 'No space left' in done.stderr, done)
            left = [str(file) for file in folder.rglob('*') if file.is_file()]
            odd = [file for file in left if not re.search(r'/[0-9a-f]{64}$|oci-layout$|/version$', file)]
            check(f'{kind}: and nothing half-written stays', not odd, odd)
    with disk(3) as folder:
        root = large[2]
        done = run('layers-from-non-reproducible-storepaths', folder / 'layers.json', root / 'graph.json', '--tar-directory', folder,
                   '--store-root', root)
        check('layers that are kept: a full disk is an error and is called so', done.returncode == 1 and 'No space left' in done.stderr, done)
        check('and none of their tars stays', not list(folder.rglob('*')), list(folder.rglob('*')))


def cache_and_login(small):
    for but in (0, 64 << 10):
        with serving() as host, disk(2) as folder:
            fill(folder, but)
            done = run('push', *small, f'{host}/cached:1', home=folder)
            check(f'a push does without a cache on a disk with {but} bytes left', done.returncode == 0, done)
            check('and leaves no empty one, nor takes the last of the room', os.listdir(folder) == ['filler'], list(folder.rglob('*')))
    with serving() as host, disk(3) as folder:
        done = run('push', *small, f'{host}/cached:1', home=folder)
        check('on a disk with room it keeps one', done.returncode == 0 and (folder / 'n2c').exists(), list(folder.rglob('*')))
    (PLACE / 'htpasswd').write_text(LOGIN)
    with serving('--htpasswd', PLACE / 'htpasswd') as host, disk(1) as folder:
        logins = folder / 'config.json'
        logins.write_text('{"auths":{"o.example":{"auth":"YTpi"}}}')
        before = logins.read_bytes()
        fill(folder)
        done = run('login', '--authfile', logins, '-u', 'ada', '--password-stdin', host, said='secret\n')
        check('login: a full disk is exit 8 and is called so', done.returncode == 8 and 'No space left' in done.stderr, done)
        check('and the logins are as they were', logins.read_bytes() == before)
        check('and nothing stays beside them', sorted(os.listdir(folder)) == ['config.json', 'filler'], os.listdir(folder))


def registry(large, small):
    with disk(4) as folder, serving('--root', folder) as host:
        done = run('push', *large, f'{host}/a:1', '--retry', 1)
        check('a push to a registry whose disk is full is the registry\'s refusal', done.returncode == 5, done)
        done = run('push', *small, f'{host}/s:1')
        check('what fits is pushed all the same', done.returncode == 0, done)
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request('GET', '/v2/a/tags/list')
        reply = connection.getresponse()
        check('and no tag of the other is there', reply.status == 404 or not json.loads(reply.read())['tags'], reply.status)


def ask(host, method, target, body=b''):
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request(method, target, body)
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read()


def upload():
    """A chunk that the disk has half room for: what is sent after it would stand in the wrong place."""
    chunk = os.urandom(2_500_000)
    with disk(3) as folder, serving('--root', folder / 'root') as host:
        where = ask(host, 'POST', '/v2/a/blobs/uploads/')[1]['Location']
        status = ask(host, 'PATCH', where, b'first')[0]
        check('a chunk for which there is room is taken', status == 202, status)
        fill(folder, but=1 << 20)
        status = ask(host, 'PATCH', where, chunk)[0]
        check('a chunk that fills the disk is refused', status == 500, status)
        check('its upload is over, and its bytes are gone', ask(host, 'GET', where)[0] == 404 and not list((folder / 'root/uploads').iterdir()))
        os.unlink(folder / 'filler')
        digest = 'sha256:' + hashlib.sha256(chunk).hexdigest()
        status = ask(host, 'POST', f'/v2/a/blobs/uploads/?digest={digest}', chunk)[0]
        check('once there is room a new upload is taken', status == 201, status)
        check('and its bytes are right', ask(host, 'GET', f'/v2/a/blobs/{digest}')[2] == chunk)


def main():
    try:
        with disk(1):
            pass
    except (OSError, subprocess.CalledProcessError):
        print('a small tmpfs cannot be mounted here')
        sys.exit(77)
    large, small = (random_image.make(PLACE / str(size), [size] * 4, must) for size in (1_500_000, 1_000))
    files(large)
    cache_and_login(small)
    registry(large, small)
    upload()
    sys.exit(wrong > 0)


main()
