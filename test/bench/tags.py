#!/usr/bin/env python3
"""What a tag costs in a repository of 1, 7 000, 90 000 and 1 000 000 tags of n2c serve --root, what a restart costs, and what
memory it takes.

usage: tags.py N2C [MOST]

Prints a table in Markdown. A million takes some minutes.
"""
import http.client
import json
import hashlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TYPE = 'application/vnd.oci.image.manifest.v1+json'


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


class Server:
    def __init__(self, n2c, root):
        port_file = pathlib.Path(root + '-port')
        port_file.unlink(missing_ok=True)
        began = time.monotonic()
        self.process = subprocess.Popen([n2c, 'serve', '--listen', '127.0.0.1:0', '--root', root, '--port-file', port_file],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not port_file.exists() or not port_file.read_text():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                sys.exit('the server did not start')
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - began
        self.http = http.client.HTTPConnection('127.0.0.1', int(port_file.read_text()), timeout=120)

    def ask(self, method, path, body=b'', kind=TYPE):
        self.http.request(method, path, body, {'Content-Type': kind, 'Accept': TYPE})
        reply = self.http.getresponse()
        return reply.status, reply.read()

    def mib(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(status.split('VmHWM:')[1].split()[0]) >> 10

    def end(self):
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def put(server, path, body):
    status, _ = server.ask('PUT', path, body)
    assert status == 201, status


def main():
    n2c, most = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    print('| tags | a PUT of one more, median of 50 | first request after a restart | start | most memory |')
    print('| --- | --- | --- | --- | --- |')
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, 'root')
        server = Server(n2c, root)
        config = b'{}'
        server.ask('POST', '/v2/app/blobs/uploads/?digest=' + digest(config), config, 'application/octet-stream')
        manifest = json.dumps({'schemaVersion': 2, 'config': {'mediaType': 'application/vnd.oci.image.config.v1+json',
                                                              'digest': digest(config), 'size': 2}, 'layers': []}).encode()
        there = 0
        for count in (1, 7_000, 90_000, 1_000_000):
            if count > most:
                break
            for first in range(there, count, 50):
                names = '&'.join(f'tag=t{i:07d}' for i in range(first, min(first + 50, count)))
                put(server, f'/v2/app/manifests/{digest(manifest)}?{names}', manifest)
            there = count
            seconds = []
            for i in range(50):
                began = time.monotonic()
                put(server, f'/v2/app/manifests/more{i}', manifest)
                seconds.append(time.monotonic() - began)
            server.end()
            server = Server(n2c, root)
            began = time.monotonic()
            status, _ = server.ask('GET', f'/v2/app/manifests/t{count - 1:07d}')
            assert status == 200, status
            waited = time.monotonic() - began
            print(f'| {count} | {statistics.median(seconds) * 1000:.1f} ms | {waited:.2f} s | {server.start_seconds:.2f} s '
                  f'| {server.mib()} MiB |', flush=True)
        server.end()


main()
