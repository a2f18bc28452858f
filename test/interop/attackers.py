"""Clients that try to stop `n2c serve`, for serve_under_attack.py and test/bench/attacks.py.

Each function attacks the port that it is given until its process is ended. ATTACKS says how many do so at once. An attacker has
its processors elsewhere: here it takes only what is left over.
"""
import base64
import hashlib
import http.client
import json
import os
import socket
import time

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
CONFIG = 'application/vnd.oci.image.config.v1+json'
USER, PASSWORD = 'ada', 'secret'


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


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
    os.nice(19)  # and what is done before it must take next to nothing
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


def many_repositories(port):
    """One blob in more and more of them."""
    ask(port, 'POST', f'/v2/app/blobs/uploads/?digest={digest_of(b"{}")}', b'{}')

    def mount():
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        for _ in range(500):
            ask(port, 'POST', f'/v2/r{os.urandom(6).hex()}/blobs/uploads/?mount={digest_of(b"{}")}&from=app', connection=connection)
    again_and_again(mount)


def tags_and_lists(port):
    """A tag more, and the list of all."""
    ask(port, 'POST', f'/v2/app/blobs/uploads/?digest={digest_of(b"{}")}', b'{}')
    manifest = json.dumps({'schemaVersion': 2, 'mediaType': MANIFEST, 'layers': [],
                           'config': {'mediaType': CONFIG, 'digest': digest_of(b'{}'), 'size': 2}}).encode()

    def tag():
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        for _ in range(200):
            ask(port, 'PUT', f'/v2/app/manifests/t{os.urandom(6).hex()}', manifest, {'Content-Type': MANIFEST}, connection)
            ask(port, 'GET', '/v2/app/tags/list', connection=connection)
    again_and_again(tag)


def deep_manifests(port):
    pieces = [b'[' * 2_000_000 + b']' * 2_000_000, b'{"a":' * 700_000, b'[' + b'0,' * 2_000_000 + b'0]',
              b'"' + b'\\u0000' * 650_000 + b'"']
    again_and_again(lambda: [ask(port, 'PUT', '/v2/app/manifests/1', piece, {'Content-Type': MANIFEST}) for piece in pieces])


def least_ranges(port):
    """Requests for a byte each, many before the first reply is read."""
    content = b'x' * (8 << 20)
    ask(port, 'POST', f'/v2/app/blobs/uploads/?digest={digest_of(content)}', content)
    blob = f'/v2/app/blobs/{digest_of(content)}'
    requests = b''.join(head(f'GET {blob}', f'Range: bytes={i}-{i}') for i in range(200))

    def pipeline():
        with connect(port) as client:
            client.sendall(requests)
            client.shutdown(socket.SHUT_WR)
            while client.recv(1 << 16):
                pass
    again_and_again(pipeline)


def short_connections(port):
    again_and_again(lambda: connect(port).close())


ATTACKS = {  # and how many attackers
    last_chunk_in_pieces: 4, smuggling: 2, half_open: 1, idle_connections: 1, idle_uploads: 1, wrong_logins: 4, slow_readers: 1,
    slow_senders: 1, endless_trailers: 1, referrers: 4, absent_blobs: 4,
    many_repositories: 2, tags_and_lists: 2, deep_manifests: 4, least_ranges: 4, short_connections: 4,
}
