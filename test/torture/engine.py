"""A container engine that does as it was told: of Docker's API as much as `n2c load` needs, on a Unix socket.

It takes a docker-archive whole or not at all, and checks each layer's digest, as engines do.
"""
import hashlib
import http.server
import io
import json
import socketserver
import tarfile
import threading
import urllib.parse


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 20

    def log_message(self, *_):
        pass

    def address_string(self):
        return 'unix'

    def say(self, status, content, headers=()):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def body(self):
        """None when it was cut."""
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return self.rfile.read(int(self.headers.get('Content-Length') or 0))
        whole = b''
        while True:
            line = self.rfile.readline().strip()
            if not line:
                return None
            size = int(line, 16)
            chunk = self.rfile.read(size)
            if len(chunk) != size or not self.rfile.readline():
                return None
            if size == 0:
                return whole
            whole += chunk

    def route(self):
        target = urllib.parse.urlsplit(self.path)
        path = target.path
        if path.startswith('/v1.'):
            path = path[path.index('/', 1):]
        return path, urllib.parse.parse_qs(target.query)

    def do_GET(self):
        engine, (path, _) = self.server.engine, self.route()
        if path == '/_ping':
            self.say(200, b'OK', [('Api-Version', '1.41')])
        elif path == '/info':
            self.say(200, {'ServerVersion': '20.10.24', 'Driver': 'overlay2', 'DriverStatus': [['driver-type', 'none']]})
        elif path == '/version':
            self.say(200, {'ApiVersion': '1.41'})
        elif path == '/images/json':
            with engine.lock:
                self.say(200, [{'Id': one, 'RepoTags': [tag for tag, of in engine.tags.items() if of == one]} for one in engine.images])
        elif path.startswith('/images/') and path.endswith('/json'):
            found = engine.find(urllib.parse.unquote(path[8:-5]))
            self.say(200, {'Id': found, 'RootFS': {'Layers': engine.images[found]}}) if found else self.say(404, {'message': 'No such image'})
        else:
            self.say(404, {'message': 'page not found'})

    do_HEAD = do_GET

    def do_POST(self):
        engine, (path, query) = self.server.engine, self.route()
        body = self.body()
        if body is None:
            self.close_connection = True
        elif path == '/images/load':
            self.say(200, engine.load(body))
        elif path.endswith('/tag'):
            found = engine.find(urllib.parse.unquote(path[8:-4]))
            if found:
                with engine.lock:
                    engine.tags[f'{query["repo"][0]}:{query["tag"][0]}'] = found
            self.say(201 if found else 404, {} if found else {'message': 'No such image'})
        else:
            self.say(404, {'message': 'page not found'})

    def do_DELETE(self):
        path, _ = self.route()
        with self.server.engine.lock:
            gone = self.server.engine.tags.pop(urllib.parse.unquote(path[8:]), None)
        self.say(200 if gone else 404, [])


class Engine:
    """Serves until the process ends. `tags`: names and the ids behind them; `images`: ids and their diff_ids."""

    def __init__(self, socket):
        self.lock, self.tags, self.images = threading.Lock(), {}, {}

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass
        server = Server(str(socket), Handler)
        server.engine = self
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def find(self, name):
        with self.lock:
            found = self.tags.get(name, name)
            return found if found in self.images else None

    def load(self, archive):
        """What it answers: lines of JSON."""
        try:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                files = {one.name: tar.extractfile(one).read() for one in tar if one.isreg()}
            manifest = json.loads(files['manifest.json'])[0]
            config = files[manifest['Config']]
            diff_ids = json.loads(config)['rootfs']['diff_ids']
            with self.lock:
                known = {one for layers in self.images.values() for one in layers}
            for name, diff_id in zip(manifest['Layers'], diff_ids, strict=True):
                if name not in files and diff_id not in known:
                    raise KeyError(f'open {name}: no such file or directory')
                if name in files and digest_of(files[name]) != diff_id:
                    raise ValueError('layer does not have its digest')
        except (KeyError, ValueError, IndexError, tarfile.TarError) as wrong:
            return json.dumps({'errorDetail': {'message': str(wrong)}, 'error': str(wrong)}).encode() + b'\r\n'
        image = digest_of(config)
        with self.lock:
            self.images[image] = diff_ids
            for tag in manifest.get('RepoTags') or []:
                self.tags[tag] = image
        return json.dumps({'stream': f'Loaded image ID: {image}\n'}).encode() + b'\r\n'
