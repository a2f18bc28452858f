#!/usr/bin/env python3
"""`n2c serve --root` killed at random moments while images are pushed.

usage: serve_killed.py N2C [PUSHES]

Pushes images, SIGKILLs the server at random moments, starts it again, and checks each time that
every tag it lists serves whole content with the right digests, that every push that was
answered 201 is among them, and that the folder holds nothing half-written.
"""
import hashlib
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


class Server:
    def __init__(self, program, root):
        self.program, self.root = program, root
        self.port_file = root.parent / 'port'
        self.start()

    def start(self):
        self.port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.program, 'serve', '--root', self.root, '--listen', '127.0.0.1:0', '--port-file',
             self.port_file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while not (self.port_file.exists() and self.port_file.read_text().endswith('\n')):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f'FAILED: the server does not start again: {self.process.stderr.read()}')
            time.sleep(0.01)
        self.port = int(self.port_file.read_text())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def connect(self):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()


def push_blob(connection, content, in_chunks):
    """Whole in one POST, or in chunks."""
    digest = digest_of(content)
    uploads = '/v2/acme/app/blobs/uploads/'
    if not in_chunks:
        status, _, _ = ask(connection, 'POST', f'{uploads}?digest={digest}', content)
        assert status == 201, status
        return digest
    _, headers, _ = ask(connection, 'POST', uploads)
    half = len(content) // 2
    for first, chunk in ((0, content[:half]), (half, content[half:])):
        _, headers, _ = ask(connection, 'PATCH', headers['Location'], chunk,
                            {'Content-Range': f'{first}-{first + len(chunk) - 1}'})
    status, _, _ = ask(connection, 'PUT', headers['Location'] + f'?digest={digest}')
    assert status == 201, status
    return digest


def push(connection, number, rng):
    """An image of a layer of its own and one that others share; returns its manifest's digest."""
    layers = [rng.randbytes(rng.randrange(1, 300_000)), b'shared' * 1000]
    config = json.dumps({'number': number}).encode()
    parts = [push_blob(connection, part, rng.random() < 0.5) for part in [config, *layers]]
    manifest = json.dumps({
        'schemaVersion': 2, 'mediaType': MANIFEST,
        'config': {'mediaType': 'application/vnd.oci.image.config.v1+json', 'digest': parts[0],
                   'size': len(config)},
        'layers': [{'mediaType': 'application/vnd.oci.image.layer.v1.tar', 'digest': digest,
                    'size': len(content)} for digest, content in zip(parts[1:], layers)]}).encode()
    # Half of the tags are moved again and again.
    tag = f'v{number}' if number % 2 else f'moving{number % 8}'
    status, _, _ = ask(connection, 'PUT', f'/v2/acme/app/manifests/{tag}', manifest,
                       {'Content-Type': MANIFEST})
    assert status == 201, status
    return tag, digest_of(manifest)


def check(server, acknowledged):
    """Every tag that is listed is whole, and what was acknowledged is there."""
    connection = server.connect()
    status, _, body = ask(connection, 'GET', '/v2/acme/app/tags/list')
    tags = json.loads(body)['tags'] if status == 200 else []
    for tag in tags:
        status, headers, body = ask(connection, 'GET', f'/v2/acme/app/manifests/{tag}')
        assert status == 200, f'{tag}: {status}'
        assert digest_of(body) == headers['Docker-Content-Digest'], tag
        manifest = json.loads(body)
        for part in [manifest['config'], *manifest['layers']]:
            status, _, content = ask(connection, 'GET', f'/v2/acme/app/blobs/{part["digest"]}')
            assert status == 200 and digest_of(content) == part['digest'], f'{tag}: {part}'
    for digest in acknowledged:
        status, _, _ = ask(connection, 'HEAD', f'/v2/acme/app/manifests/{digest}')
        assert status == 200, f'an acknowledged manifest is gone: {digest}'
    assert not os.listdir(server.root / 'uploads'), 'half-written files stayed'
    return len(tags)


def main():
    program, pushes = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int.from_bytes(os.urandom(4), 'big')
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, pathlib.Path(folder) / 'root')
        acknowledged, kills, number, tags = [], 0, 0, 0
        connection = server.connect()
        while number < pushes:
            killer = None
            if rng.random() < 0.5:
                killer = threading.Timer(rng.uniform(0, 0.03), server.process.kill)
                killer.start()
            try:
                acknowledged.append(push(connection, number, rng)[1])
                number += 1
            except (OSError, http.client.HTTPException):
                pass  # cut by the kill: that push counts again
            if killer is None:
                continue
            killer.join()
            server.kill()
            kills += 1
            server.start()
            tags = check(server, acknowledged)
            connection = server.connect()
        server.kill()
    print(f'ok: {pushes} pushes, {kills} kills (seed {seed}), {tags} tags whole at the end')


main()
