#!/usr/bin/env python3
"""A Docker engine that has no image and takes one, for messages.py.

usage: message_engine.py SOCKET ARCHIVE

ARCHIVE is a docker-archive of the image that will be loaded. Nothing that is sent is looked at.
"""
import http.server
import json
import socketserver
import sys
import tarfile


def image_of(archive):
    """What GET /images/ID/json says of it."""
    with tarfile.open(archive) as tar:
        config = json.load(tar.extractfile('manifest.json'))[0]['Config']
        layers = json.load(tar.extractfile(config))['rootfs']['diff_ids']
    return {'Id': 'sha256:' + config.removesuffix('.json').rpartition('/')[2],
            'RootFS': {'Type': 'layers', 'Layers': layers}}


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    loaded = False

    def log_message(self, *_):
        pass

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Api-Version', '1.41')
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(text)

    def skip_body(self):
        """Chunks of any size, to the empty one."""
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        size = 'Transfer-Encoding' in self.headers
        while size:
            size = int(self.rfile.readline(), 16)
            self.rfile.read(size + 2)

    def do_GET(self):
        if self.path.endswith('/_ping'):
            return self.reply(200, 'OK')
        if self.path.endswith('/info'):
            return self.reply(200, {'ServerVersion': '24.0.7', 'Driver': 'overlay2', 'OSType': 'linux'})
        if self.path.endswith('/images/json'):
            return self.reply(200, [])
        if Engine.loaded and '/images/' in self.path:
            return self.reply(200, image_of(sys.argv[2]))
        self.reply(404, {'message': 'No such image'})

    do_HEAD = do_GET

    def do_POST(self):
        self.skip_body()
        Engine.loaded = True
        self.reply(200, {'stream': 'Loaded image\n'})


if __name__ == '__main__':
    socketserver.ThreadingUnixStreamServer(sys.argv[1], Engine).serve_forever()
