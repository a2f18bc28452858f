#!/usr/bin/env python3
"""`n2c serve` while clients try to stop it: a real client pushes and pulls, alone and under each attack.

usage: serve_under_attack.py N2C [ATTACK...]

For each attack a server of its own, with a limit on its memory. Every push and pull must succeed, the server must live, and its memory
must stay below the limit. The client's times are printed with their ratio to those alone, which is at most 2 on an idle machine; as a
test of time would be red whenever the machine is busy, only much more fails. An attacker has its processors elsewhere: here it
takes only what is left over.
"""
import base64
import hashlib
import http.client
import json
import multiprocessing
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
CONFIG = 'application/vnd.oci.image.config.v1+json'
MEMORY_MIB = 512  # --memory-limit
SLOWEST = 4  # times as long as alone, and 4 s: twice is the aim, which is read off the printed ratios
USER, PASSWORD = 'ada', 'secret'
# htpasswd -nbBC 4 ada secret
LOGIN = f'{USER}:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK\n'


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


class Server:
    def __init__(self, program, folder, options):
        port_file = folder / 'port'
        port_file.unlink(missing_ok=True)
        self.log = open(folder / 'serve.log', 'w+')
        self.process = subprocess.Popen([program, 'serve', '--listen', '127.0.0.1:0', '--port-file', port_file, *options],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        deadline = time.monotonic() + 20
        while not (port_file.exists() and port_file.read_text().endswith('\n')):
            assert self.process.poll() is None and time.monotonic() < deadline, 'the server does not start'
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def peak_mib(self):
        for line in open(f'/proc/{self.process.pid}/status'):
            if line.startswith('VmHWM'):
                return int(line.split()[1]) / 1024

    def stop(self):
        """None when it lived until it was told to end."""
        ended = self.process.poll()
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return 'does not end'
        self.log.seek(0)
        return None if ended is None else f'exit status {ended}: {self.log.read()[-300:]}'


class Client:
    """Pushes and pulls an image of two layers, 64 MiB and 1 KiB, with n2c."""

    def __init__(self, program, folder):
        self.program, self.folder, self.count = program, folder, 0
        graph = []
        for name, size in (('large', 64 << 20), ('small', 1 << 10)):
            path = f'/nix/store/{hashlib.sha256(name.encode()).hexdigest()[:32]}-{name}'
            (folder / path[1:]).mkdir(parents=True)
            (folder / path[1:] / 'file').write_bytes(os.urandom(size))
            graph.append({'path': path, 'references': []})
        (folder / 'graph.json').write_text(json.dumps(graph))
        (folder / 'config.json').write_text('{}')
        self.run('layers-from-reproducible-storepaths', folder / 'layers.json', folder / 'graph.json', '--max-layers', '2',
                 '--store-root', folder)
        self.run('image', folder / 'image.json', folder / 'config.json', folder / 'layers.json')

    def run(self, *arguments):
        home = self.folder / f'home{self.count}'  # nothing is remembered from push to push
        environment = {**os.environ, 'HOME': str(home), 'XDG_CACHE_HOME': str(home / 'cache')}
        done = subprocess.run([self.program, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f'{arguments[0]} ends with {done.returncode}: {done.stderr[-600:]}'

    def seconds(self, port):
        """Of one push into a new repository and one pull."""
        self.count += 1
        name = f'127.0.0.1:{port}/client/app{self.count}:1'
        login = ['--creds', f'{USER}:{PASSWORD}']
        begun = time.monotonic()
        self.run('push', self.folder / 'image.json', name, '--store-root', self.folder, *login)
        self.run('copy', f'docker://{name}', f'oci:{self.folder}/pulled{self.count}', *login)
        return time.monotonic() - begun


# --- attackers: each runs in a process of its own until it is ended

def connect(port):
    client = socket.create_connection(('127.0.0.1', port), timeout=20)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def head(line, *fields):
    return ('\r\n'.join([line + ' HTTP/1.1', 'Host: 127.0.0.1', f'Authorization: {basic(USER, PASSWORD)}', *fields])
            + '\r\n\r\n').encode()


def ask(port, method, path, body=b'', headers=None, connection=None):
    connection = connection or http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    connection.request(method, path, body, {'Authorization': basic(USER, PASSWORD), **(headers or {})})
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()


def again_and_again(step):
    """Whatever the server does with it, the attacker goes on."""
    os.nice(19)
    while True:
        try:
            step()
        except (OSError, http.client.HTTPException):
            pass


def send_all(port, *pieces):
    with connect(port) as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.002)
        client.recv(4096)


def last_chunk_in_pieces(port):
    line = head('PUT /v2/app/manifests/1', f'Content-Type: {MANIFEST}', 'Transfer-Encoding: chunked')
    again_and_again(lambda: send_all(port, line, b'0\r\n', b'\r', b'\n'))


def smuggling(port):
    inner = head('GET /v2/_catalog')
    codings = ('xchunked', 'identity', 'gzip', 'chunked, chunked')
    pieces = [head('GET /v2/', f'Transfer-Encoding: {coding}') + inner * 50 for coding in codings]
    again_and_again(lambda: [send_all(port, piece) for piece in pieces])


def hold(port, count, request, step=lambda client: None):
    """Holds so many connections that sent a request, and puts new ones in the place of those that end."""
    held = []

    def keep():
        while len(held) < count:
            held.append(connect(port))
            held[-1].sendall(request)
            held[-1].setblocking(False)
        for client in list(held):
            try:
                step(client)
                if client.recv(1, socket.MSG_PEEK) == b'':
                    raise ConnectionError
            except BlockingIOError:
                pass
            except OSError:
                client.close()
                held.remove(client)
        time.sleep(0.05)
    again_and_again(keep)


def half_open(port):
    hold(port, 600, b'GET /v2/ HTTP/1.1\r\nHost:')


def idle_connections(port):
    hold(port, 600, b'')


def idle_uploads(port):
    def begin():
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        for _ in range(500):
            ask(port, 'POST', '/v2/app/blobs/uploads/', connection=connection)
            time.sleep(0.001)
    again_and_again(begin)


def wrong_logins(port):
    def guess():
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        for i in range(100):
            user = USER if i % 2 else f'user{os.urandom(4).hex()}'
            ask(port, 'GET', '/v2/', headers={'Authorization': basic(user, str(i))}, connection=connection)
    again_and_again(guess)


def slow_readers(port):
    content = b'x' * (8 << 20)
    ask(port, 'POST', f'/v2/app/blobs/uploads/?digest={digest_of(content)}', content)

    def take_little(client):
        client.recv(1)
    hold(port, 300, head(f'GET /v2/app/blobs/{digest_of(content)}'), take_little)


def slow_senders(port):
    _, headers, _ = ask(port, 'POST', '/v2/app/blobs/uploads/')
    hold(port, 300, head(f'PUT /v2/app/manifests/x', f'Content-Type: {MANIFEST}', 'Content-Length: 100000') + b'{',
         lambda client: client.send(b' '))


def endless_trailers(port):
    line = head('PUT /v2/app/manifests/1', f'Content-Type: {MANIFEST}', 'Transfer-Encoding: chunked')
    extension = line + b'1;' + b'x' * 1_000_000
    trailers = line + b'0\r\n' + b'A: b\r\n' * 100_000
    again_and_again(lambda: [send_all(port, piece) for piece in (extension, trailers)])


def referrers(port):
    ask(port, 'POST', f'/v2/app/blobs/uploads/?digest={digest_of(b"{}")}', b'{}')
    subject = 'sha256:' + '1' * 64
    config = {'mediaType': CONFIG, 'digest': digest_of(b'{}'), 'size': 2}
    for i in range(20):
        manifest = json.dumps({
            'schemaVersion': 2, 'mediaType': MANIFEST, 'artifactType': 'a/b', 'config': config, 'layers': [],
            'subject': {'mediaType': MANIFEST, 'digest': subject, 'size': 2},
            'annotations': {'k': 'v' * 3_000_000, 'i': str(i)}}).encode()
        ask(port, 'PUT', '/v2/app/manifests/' + digest_of(manifest), manifest, {'Content-Type': MANIFEST})
    again_and_again(lambda: ask(port, 'GET', '/v2/app/referrers/' + subject))


def absent_blobs(port):
    layer = '{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":1,"digest":"sha256:%064x"}'
    manifest = ('{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' % (
        MANIFEST, layer % 0, ','.join(layer % i for i in range(24_000)))).encode()
    again_and_again(lambda: ask(port, 'PUT', '/v2/app/manifests/1', manifest, {'Content-Type': MANIFEST}))


ATTACKS = {  # and how many attackers
    last_chunk_in_pieces: 4, smuggling: 2, half_open: 1, idle_connections: 1, idle_uploads: 1, wrong_logins: 4, slow_readers: 1,
    slow_senders: 1, endless_trailers: 1, referrers: 4, absent_blobs: 4,
}


def under(program, folder, client, attack, attackers, options):
    """The client's seconds, and the server's peak."""
    server = Server(program, folder, options)
    fork = multiprocessing.get_context('fork')  # since Python 3.14 another way is usual, which runs this file anew
    processes = [fork.Process(target=attack, args=(server.port,), daemon=True) for _ in range(attackers)]
    try:
        client.seconds(server.port)  # who is attacked has logged in before
        for process in processes:
            process.start()
        if processes:
            time.sleep(2)  # so that the attack is under way: there is nothing to be seen that tells
        seconds = client.seconds(server.port)
        peak = server.peak_mib()
    finally:
        for process in processes:
            process.kill()
            process.join()
        ended = server.stop()
    assert ended is None, ended
    return seconds, peak


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'htpasswd').write_text(LOGIN)
        options = ['--memory', '--memory-limit', f'{MEMORY_MIB}M', '--htpasswd', folder / 'htpasswd']
        client = Client(program, folder)
        alone, peak = under(program, folder, client, None, 0, options)
        print(f'{"alone":<22} {alone:6.2f} s         {peak:5.0f} MiB', flush=True)
        failed = []
        for attack, attackers in ATTACKS.items():
            title = attack.__name__.replace('_', ' ')
            if chosen and attack.__name__ not in chosen:
                continue
            try:
                seconds, peak = under(program, folder, client, attack, attackers, options)
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                print(f'{title:<22} FAILED: {problem}', flush=True)
                failed.append(title)
                continue
            print(f'{title:<22} {seconds:6.2f} s {seconds / alone:5.1f} x {peak:5.0f} MiB', flush=True)
            if peak > MEMORY_MIB or seconds > SLOWEST * alone + 4:
                failed.append(title)
    sys.exit(f'FAILED: {", ".join(failed)}' if failed else 0)


main()
