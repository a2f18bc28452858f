"""A folder with a small image, a registry and an engine, in which commands of n2c are run as a user would."""
import http.server
import io
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

STORE = 'nix/store'


class Desk:
    """`run` runs n2c in the folder; HOST in its words is the registry, and in what is printed too."""
    HOST = '127.0.0.1:5000'

    def __init__(self, program):
        self.n2c = os.path.realpath(program)
        self.holder = tempfile.TemporaryDirectory()
        self.place = pathlib.Path(self.holder.name).resolve()
        self.host = self.HOST
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait()
        self.holder.cleanup()

    def environment(self, more):
        kept = {name: os.environ[name] for name in ('PATH', 'LD_LIBRARY_PATH', 'ASAN_OPTIONS', 'TSAN_OPTIONS')
                if name in os.environ}
        home = {'HOME': str(self.place / 'home'), 'XDG_CACHE_HOME': str(self.place / 'cache')}
        return kept | home | more

    def run(self, words, stdin='', **more):
        """(exit code, standard output, standard error) of n2c with these words, given as a list or a text."""
        words = words.split() if isinstance(words, str) else words
        words = [word.replace(self.HOST, self.host) for word in words]
        said = subprocess.run([self.n2c, *words], cwd=self.place, env=self.environment(more), capture_output=True,
                              input=stdin.encode(), timeout=60, check=False)
        texts = [text.decode('utf-8', 'replace').replace(self.host, self.HOST) for text in (said.stdout, said.stderr)]
        return said.returncode, *texts

    def must(self, words, **more):
        """Its standard output; the test ends where it fails."""
        code, out, err = self.run(words, **more)
        if code != 0:
            sys.exit(f'FAILED: n2c {words}: exit {code}: {err}')
        return out

    def serve(self, *words):
        """Starts a registry, and returns its HOST:PORT."""
        port = self.place / f'port{len(self.servers)}'
        log = open(self.place / f'serve{len(self.servers)}.log', 'wb')
        with log:
            self.servers.append(subprocess.Popen(
                [self.n2c, 'serve', '--listen', '127.0.0.1:0', '--port-file', port.name, *words], cwd=self.place,
                env=self.environment({}), stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        deadline = time.monotonic() + 30
        while not (port.exists() and port.read_text().endswith('\n')):
            if time.monotonic() > deadline or self.servers[-1].poll() is not None:
                sys.exit('FAILED: n2c serve did not begin')
            time.sleep(0.01)
        return f'127.0.0.1:{port.read_text().strip()}'

    def make_image(self):
        """image.json of two layers, hello and the library that it needs; second.json has another hello."""
        def path(name):
            return f'/{STORE}/{"0123456789abcdfghijklmnpqrsvwxyz"[:31]}{name[0]}-{name}'
        for name, size in (('library-1.2', 60000), ('hello-2.12', 9000), ('hello-2.13', 9500)):
            folder = self.place / path(name)[1:]
            folder.mkdir(parents=True)
            (folder / 'file').write_bytes(bytes(range(250)) * (size // 250))
        (self.place / 'config.json').write_text('{"Cmd": ["/bin/hello"]}')
        (self.place / 'home').mkdir()
        library = {'path': path('library-1.2'), 'references': [], 'narSize': 60000, 'closureSize': 60000}
        for hello, graph, layers, image in (('hello-2.12', 'graph.json', 'layers.json', 'image.json'),
                                            ('hello-2.13', 'graph2.json', 'layers2.json', 'second.json')):
            user = {'path': path(hello), 'references': [library['path']], 'narSize': 9000, 'closureSize': 69000}
            (self.place / graph).write_text(json.dumps([library, user]))
            self.must(f'layers-from-reproducible-storepaths {layers} {graph} --max-layers 2 --store-root .')
            self.must(f'image {image} config.json {layers}')


class Engine(http.server.BaseHTTPRequestHandler):
    """What of Docker's API (classic store) a load asks for."""
    protocol_version = 'HTTP/1.1'
    version = '20.10.24'
    images = {}
    refusal = None  # what a load is answered with

    def log_message(self, *_):
        pass

    def reply(self, status, text='', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def body(self):
        """The request's, which is sent in chunks."""
        if 'chunked' not in self.headers.get('Transfer-Encoding', ''):
            return self.rfile.read(int(self.headers.get('Content-Length') or 0))
        whole = b''
        while size := int(self.rfile.readline().split(b';')[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def do_GET(self):
        path = self.path.split('?')[0]
        path = path[path.index('/', 1):] if path.startswith('/v1.') else path
        if path == '/_ping':
            self.reply(200, 'OK', Api_Version='1.41')
        elif path == '/info':
            self.reply(200, json.dumps({'ServerVersion': self.version, 'Driver': 'overlay2', 'DriverStatus': []}))
        elif path == '/images/json':
            self.reply(200, '[]')
        else:
            name = path.removeprefix('/images/').removesuffix('/json').replace('%3A', ':').replace('%2F', '/')
            image = self.images.get(name)
            self.reply(200, json.dumps(image)) if image else self.reply(404, '{"message": "No such image"}')

    def do_POST(self):
        if self.path.split('?')[0].endswith('/images/load'):
            try:
                archive = self.body()
            except (OSError, ValueError):  # it broke off
                self.close_connection = True
                return None
            if self.refusal:
                return self.reply(*self.refusal)
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
            name = json.loads(files['manifest.json'])[0]['Config']
            identity = 'sha256:' + name.removesuffix('.json').rpartition('/')[2]
            layers = json.loads(files[name])['rootfs']['diff_ids']
            self.images[identity] = {'Id': identity, 'RootFS': {'Type': 'layers', 'Layers': layers}}
            return self.reply(200, json.dumps({'stream': f'Loaded image ID: {identity}\n'}))
        self.body()
        return self.reply(201)


def start_engine(path, **answers):
    """A Docker engine at that socket, as long as the test runs. It answers as `answers` say."""
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

        def get_request(self):
            connection, _ = super().get_request()
            return connection, ('engine', 0)

    handler = type('One', (Engine,), {'images': {}, **answers})
    server = Server(str(path), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
