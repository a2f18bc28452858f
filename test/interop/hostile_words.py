#!/usr/bin/env python3
"""What strangers wrote (a registry, an image, a login file, a client of n2c serve) does nothing to the terminal
or the log that n2c shows it in, and is not shown at any length (#16).

usage: hostile_words.py N2C
"""
import base64
import http.server
import json
import os
import pty
import socket
import subprocess
import sys
import tempfile
import threading

N2C = sys.argv[1]
WORK = tempfile.TemporaryDirectory()
EVIL = 'A\x1b[31mB\x07C\rD\nE\x7fF\u009b31mG\u202eH\u2066I\u2028J\u0085K\u200fL\u061cM\u200bN\ufeffO\U000e0041P'
RAW = {c.encode() for c in EVIL if not c.isprintable()} - {b'\n'}
INDEX = 'application/vnd.oci.image.index.v1+json'
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
wrong = 0


def header(text):
    return text.replace('\r', '').replace('\n', '').encode().decode('latin-1')


def check(what, shown, marks=(b'B', b'O'), longest=40_000, raw_line_ends=b''):
    """Nothing raw, no line that n2c did not begin, something of it shown, and not too much."""
    global wrong
    found = [c for c in RAW if c in shown and c not in raw_line_ends]
    lines = [line for line in shown.splitlines() if line.startswith(b'E')]
    if found or lines or len(shown) > longest or not all(mark in shown for mark in marks):
        print(f'FAILED: {what}: raw {found}, lines {lines[:1]}, {len(shown)} bytes: {shown[:1500]}')
        wrong += 1


def environment(home=None):
    home = home or tempfile.mkdtemp(dir=WORK.name)
    keep = {k: v for k, v in os.environ.items() if not k.startswith(('DOCKER', 'REGISTRY', 'XDG')) and 'proxy' not in k.lower()}
    return keep | {'HOME': home, 'XDG_CACHE_HOME': home, 'XDG_RUNTIME_DIR': home, 'XDG_CONFIG_HOME': home}


def run(*words, home=None):
    done = subprocess.run([N2C, *words], env=environment(home), capture_output=True, timeout=60, check=False)
    return done.stdout + done.stderr


class Registry(http.server.ThreadingHTTPServer):
    """Answers every request with the same status, header lines and body, or what `answer` says of a path."""
    daemon_threads = True

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, lines, body = answer(self.path, registry.host)
                self.send_response(status)
                for name, value in lines:
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if self.command != 'HEAD':
                    self.wfile.write(body)

            do_HEAD = do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        registry = self
        super().__init__(('127.0.0.1', 0), Handler)
        self.host = f'127.0.0.1:{self.server_port}'
        threading.Thread(target=self.serve_forever, daemon=True).start()


def copy_from(answer, *options, home=None):
    registry = Registry(answer)
    return run('copy', f'docker://{registry.host}/app:1', f'oci:{WORK.name}/none', '--retry', '0', *options, home=home)


def index(*platforms):
    entries = [{'mediaType': MANIFEST, 'digest': f'sha256:{i:064x}', 'size': 3, 'platform': {'os': p, 'architecture': p}}
               for i, p in enumerate(platforms)]
    body = json.dumps({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': entries}, ensure_ascii=False).encode()
    return lambda *_: (200, [('Content-Type', INDEX)], body)


def errors(code, message, detail=None):
    return json.dumps({'errors': [{'code': code, 'message': message, 'detail': detail}]}, ensure_ascii=False).encode()


def challenged(scope):
    def answer(path, host):
        if path.startswith('/token'):
            return 403, [], errors(EVIL, EVIL)
        return 401, [('WWW-Authenticate', f'Bearer realm="http://{host}/token",service="s",scope="{header(scope)}"')], b''
    return answer


def registries():
    check('an error', copy_from(lambda *_: (400, [], errors(EVIL, EVIL, EVIL))))
    check('an error page', copy_from(lambda *_: (500, [], EVIL.encode())))
    check('a scope', copy_from(challenged(EVIL)))
    check('a long scope', copy_from(challenged('x' * 60_000 + EVIL)))
    check('a warning', copy_from(lambda *_: (404, [('Warning', f'299 - "{header(EVIL)}"')], b'')))
    check('a trace', copy_from(lambda *_: (404, [('X-Y', header(EVIL))], b''), '--debug'))
    check('a Location', copy_from(lambda *_: (307, [('Location', header('/' + EVIL))], b'')), marks=())
    platform = ('--platform', 'linux/amd64')
    check('platforms', copy_from(index(EVIL, 'q' + EVIL), *platform), marks=(b'B', b'I'))
    shown = copy_from(index(*(f'os{i}' for i in range(5000))), *platform)
    check('many platforms', shown, marks=(b'os9/os9 and 4990 more',), longest=2000)
    check('a long platform', copy_from(index('x' * (1 << 20)), *platform), marks=(b'linux',), longest=2000)


def logins():
    for key in ('credHelpers', 'credsStore'):
        home = tempfile.mkdtemp(dir=WORK.name)
        os.mkdir(home + '/.docker')
        registry = Registry(lambda *_: (401, [('WWW-Authenticate', 'Basic')], b''))
        value = EVIL if key == 'credsStore' else {registry.host: EVIL}
        with open(home + '/.docker/config.json', 'w', encoding='utf-8') as file:
            json.dump({key: value}, file)
        check(f'a helper of {key}', run('copy', f'docker://{registry.host}/app:1', 'oci:none', home=home))


def descriptions():
    digest = 'sha256:' + '1' * 64
    layer = {'digest': digest, 'size': 1, 'diff_ids': digest, 'mediatype': 'application/vnd.oci.image.layer.v1.tar',
             'paths': [{'path': '/nix/store/' + EVIL}]}
    image = {'version': 1, 'image-config': {'Env': [EVIL], 'Labels': {EVIL: EVIL}}, 'arch': EVIL, 'created': None,
             'annotations': {EVIL: EVIL}, 'layers': [layer]}
    file = f'{WORK.name}/image.json'
    with open(file, 'w', encoding='utf-8') as out:
        json.dump(image, out)
    check('inspect', run('inspect', file))
    shown = run('inspect', '--json', file)
    check('inspect --json', shown)
    if json.loads(shown)['config']['Env'] != [EVIL]:
        print('FAILED: --json does not mean what the file says:', shown)
        sys.exit(1)
    check('push of it', run('push', file, f'oci:{WORK.name}/out'), marks=())
    check("a file's name", run('inspect', f'{WORK.name}/{EVIL}'))
    check('an argument', run('push', '--compression', EVIL, file, 'oci:none'), marks=(b'B',))


def terminals():
    """A manifest on a terminal is text; into a pipe it goes as it is, and a blob goes to no terminal."""
    manifest = json.dumps({'schemaVersion': 2, 'mediaType': MANIFEST, 'config': {}, 'layers': [], 'x': EVIL}, ensure_ascii=False).encode()
    registry = Registry(lambda *_: (200, [('Content-Type', MANIFEST)], manifest))
    piped = run('pull', '--manifest', f'{registry.host}/app:1', '-')
    if piped != manifest:
        print('FAILED: a manifest in a pipe is not what it was:', piped)
        sys.exit(1)
    for option, place in (('--manifest', 'app:1'), ('--blob', f'app@sha256:{0:064x}')):
        keyboard, side = pty.openpty()
        with subprocess.Popen([N2C, 'pull', option, f'{registry.host}/{place}', '-'], env=environment(), stdin=side,
                              stdout=side, stderr=side) as process:
            process.wait(60)
        os.close(side)
        shown = b''
        try:
            while part := os.read(keyboard, 65536):
                shown += part
        except OSError:  # how a pseudo terminal ends
            pass
        os.close(keyboard)
        check(f'pull {option} on a terminal', shown, marks=(b'terminal',) if option == '--blob' else (b'B', b'O'), raw_line_ends=b'\r')


def served():
    for option in ([], ['--json']):
        port_file = tempfile.mktemp(dir=WORK.name)
        log = open(port_file + '.log', 'wb')
        with subprocess.Popen([N2C, 'serve', '--listen', '127.0.0.1:0', '--port-file', port_file, *option], stdout=log,
                              stderr=log, env=environment()) as server:
            while not (os.path.exists(port_file) and os.path.getsize(port_file)):
                if server.poll() is not None:
                    sys.exit('FAILED: n2c serve did not start')
                threading.Event().wait(0.01)
            # The parser lets no other control through, and none of it in a target.
            evil = ''.join(c for c in EVIL if ' ' < c != '\x7f').encode()
            for target, agent in ((b'/v2/' + evil, b'x'), (b'/v2/A', evil)):
                with socket.create_connection(('127.0.0.1', int(open(port_file).read()))) as client:
                    client.sendall(b'GET ' + target + b' HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ' + agent + b'\r\n\r\n')
                    client.recv(65536)
            server.terminate()
        log.close()
        check(f'the log of serve {option}', open(port_file + '.log', 'rb').read(), marks=(b'400', b'/v2/A', b'B') if option else (b'400', b'/v2/A'))


for part in (registries, logins, descriptions, terminals, served):
    part()
sys.exit(1 if wrong else 0)
