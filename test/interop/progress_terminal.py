#!/usr/bin/env python3
"""A push over a link of 2 MB/s as someone at a terminal sees it: at 30, 80 and 200 columns, at a terminal that becomes
narrower meanwhile, and stopped by Ctrl-C; what a log and a program get; and what is said of retries and while layers are
described.

usage: progress_terminal.py N2C
"""
import concurrent.futures
import fcntl
import http.server
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
from slow_link import SlowLink  # noqa: E402

N2C = os.path.realpath(sys.argv[1])
RATE = 2_000_000
LAYERS, LAYER_BYTES = 10, 2 << 20  # half of each is random
UNITS = {'B': 1, 'KiB': 1 << 10, 'MiB': 1 << 20, 'GiB': 1 << 30}


def check(what, holds):
    if not holds:
        sys.exit(f'FAILED: {what}')
    print(f'ok: {what}')


def wait_for(path):
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text().endswith('\n')):
        assert time.monotonic() < deadline, f'waited for {path}'
        time.sleep(0.01)
    return path.read_text().strip()


def make_image(folder):
    """An image.json of layers that compress to half of their size, one store path each."""
    store = folder / 'nix/store'
    store.mkdir(parents=True)
    paths = []
    for i in range(LAYERS):
        path = store / f'{i:032d}-part-{i}'
        noise = random.Random(i)
        path.write_bytes(b''.join(noise.randbytes(2048) + bytes(2048) for _ in range(LAYER_BYTES // 4096)))
        paths.append({'path': f'/nix/store/{path.name}', 'narSize': LAYER_BYTES, 'references': [],
                      'closureSize': LAYER_BYTES})
    (folder / 'graph.json').write_text(json.dumps(paths))
    (folder / 'config.json').write_text('{}')
    told = subprocess.run([N2C, *describing(folder)], check=True, stderr=subprocess.PIPE, text=True).stderr
    check('a log of a build has no escape codes', told.startswith(('Adding ', 'n2c: hashing 10 layers, ~20.0 MiB\n'))
          and '\x1b' not in told)
    subprocess.run([N2C, 'image', 'image.json', 'config.json', 'layers.json'], check=True, cwd=folder,
                   stderr=subprocess.DEVNULL)
    return str(folder / 'image.json')


def describing(folder):
    return ['layers-from-reproducible-storepaths', str(folder / 'layers.json'), str(folder / 'graph.json'),
            '--max-layers', str(LAYERS), '--store-root', str(folder)]


class Screen:
    """What reached the terminal, as (columns at that time, text, when)."""

    def __init__(self, words, columns, environment):
        self.keyboard, self.side = os.openpty()
        self.resize(columns)
        self.written = []
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.side,
                                        env=environment)

    def resize(self, columns):
        self.columns = columns
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))

    def run(self, when='', then=None):
        """To the end; `then` is called once, with this screen, when what matches `when` is shown."""
        deadline = time.monotonic() + 120
        while True:
            assert time.monotonic() < deadline, 'the push does not end'
            if select.select([self.keyboard], [], [], 0.05)[0]:
                text = os.read(self.keyboard, 65536).decode(errors='replace')
                self.written.append((self.columns, text, time.monotonic()))
                if then and re.search(when, text):
                    then(self)
                    then = None
            elif self.process.poll() is not None:
                break
        self.output = self.process.stdout.read().decode()
        return self.process.returncode

    def text(self):
        return ''.join(text for _, text, _ in self.written)

    def lines(self):
        """Every line that was drawn, so not the sentence at the end: (columns, text)."""
        for columns, text, _ in self.written:
            for line in re.split(r'[\r\n]+', re.sub(r'\x1b\[[0-9]*[A-Z]', '\r', text)):
                if line.startswith('pushed '):
                    return
                if line and not line.startswith(('pushed ', 'n2c: stopped ', 'n2c: POST ', 'n2c: pushing ', 'while: ', 'hint: ', 'Adding ', 'Layers ')):
                    yield columns, line


def sentence(screen):
    """The lines of the one at the end."""
    text = screen.text()
    return [line for line in re.split(r'[\r\n]+', text[text.rindex('pushed '):]) if line]


def percents(screen):
    return [int(found[1]) for _, line in screen.lines() if (found := re.match(r'(?:\[[#.]+\] )?(\d+) %', line))]


def totals(screen):
    """(share sent, total) of each drawing, in bytes."""
    for _, line in screen.lines():
        if found := re.match(r'(?:\[[#.]+\] )?\d+ %  ([\d.]+) of ~?([\d.]+) (\w+)', line):
            yield float(found[1]) / max(float(found[2]), 1e-9), float(found[2]) * UNITS[found[3]]


class FreshRegistries:
    """Each empty: what another repository has would be mounted, and not sent."""

    def __init__(self):
        self.servers, self.lock = [], threading.Lock()

    def port(self):
        with self.lock:
            file = work / f'port{len(self.servers)}'
            self.servers.append(subprocess.Popen([N2C, 'serve', '--memory', '--listen', '127.0.0.1:0', '--port-file', file],
                                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return int(wait_for(file).rsplit(':')[-1])

    def end(self):
        for server in self.servers:
            server.terminate()
            server.wait()


def environment(**more):
    return {**os.environ, 'TERM': 'xterm', 'XDG_CACHE_HOME': str(work / os.urandom(4).hex()), **more}


def push_words(image, port, name, *options):
    return [N2C, 'push', *options, '--store-root', str(work), image, f'127.0.0.1:{port}/{name}:1']


class Watched:
    """Pushes that run side by side, each over a link of its own."""

    def __init__(self, image):
        self.image, self.runs = image, {}
        self.pool = concurrent.futures.ThreadPoolExecutor(8)

    def screen(self, name, columns, **how):
        def watch():
            port = registries.port()
            link = SlowLink(port, RATE)
            screen = Screen(push_words(self.image, link.port, name), columns, environment())
            screen.port, screen.status = port, screen.run(**how)
            return screen
        self.runs[name] = self.pool.submit(watch)

    def pipe(self, name, *options):
        def watch():
            link = SlowLink(registries.port(), RATE)
            return subprocess.run(push_words(self.image, link.port, name, *options), capture_output=True, text=True, check=True,
                                  env=environment(CLICOLOR_FORCE='1')).stderr
        self.runs[name] = self.pool.submit(watch)

    def __getitem__(self, name):
        return self.runs[name].result()


def see_terminal(screen, columns):
    check(f'{columns} columns: the push succeeds', screen.status == 0 and f'/at{columns}:1@sha256:' in screen.output)
    shown = percents(screen)
    if os.environ.get('SHOW'):
        print(shown, list(screen.lines())[:40])
    check(f'{columns} columns: percent is drawn often and never falls', len(shown) > 12 and shown == sorted(shown))
    check(f'{columns} columns: it ends at 100', shown[-1] == 100)
    check(f'{columns} columns: no line reaches the last one', all(len(line) < width for width, line in screen.lines()))
    seen = list(totals(screen))
    last = seen[-1][1]
    check(f'{columns} columns: the total is known to a tenth after a tenth of the bytes',
          all(abs(total - last) <= last / 10 for share, total in seen if share >= 0.1))
    times = [at for _, _, at in screen.written]
    check(f'{columns} columns: at most ten drawings a second', len(times) <= 12 * (times[-1] - times[0]) + 2)
    said = sentence(screen)
    check(f'{columns} columns: the sentence at the end breaks between words: {said}',
          all(len(line) <= columns or ' ' not in line for line in said)
          and ' '.join(said).endswith(' s') and '10 sent' in ' '.join(said))
    if columns == 200:
        whole = re.compile(r'\[#+\.*\] \d+ %  [\d.]+ of ~?[\d.]+ MiB  [\d.]+ [KM]iB/s  \d+ s left  \d+/10 layers  part-\d+')
        check('200 columns: bar, bytes, rate, time left, layers and what is sent',
              any(whole.fullmatch(line) for _, line in screen.lines()))
        check('200 columns: a line for each layer under way', any(re.fullmatch(r' +\d+ %  .*  part-\d+', line)
                                                                 for _, line in screen.lines()))


def see_stopped(screen, image):
    """What is said to be there is there."""
    said = re.search(r'n2c: stopped after (\d+) s: (\d+) of 10 layers are there; run again to go on\r?\n', screen.text())
    check(f'Ctrl-C: exit code 130, and how far it came: {screen.text()[-120:]!r}', screen.status == 130 and said)
    again = subprocess.run(push_words(image, screen.port, 'stopped', '--json'), check=True, capture_output=True, text=True,
                           env=environment())
    there = json.loads(again.stdout)['layers']['already_there']
    check(f'Ctrl-C: {said[2]} layers are there, and the next push finds them', 0 < int(said[2]) <= there < 10)


def see_pipes(watched):
    logged = watched['logged']
    check('a log gets a line at the start and no escape codes',
          re.search(r'^n2c: sending 10 layers, ~[\d.]+ MiB$', logged, re.M) and '\x1b' not in logged and '\r' not in logged)
    objects = [json.loads(line) for line in watched['for-programs'].splitlines()]
    check('--progress=json: an object a second, bytes that grow, and 100 at the end',
          len(objects) > 3 and all(a['sent'] <= b['sent'] <= b['total'] for a, b in zip(objects, objects[1:]))
          and max(one['percent'] for one in objects) == 100 and objects[0]['phase'] == 'sending')
    # What is not watched goes straight to a registry.
    for options in (['-q'], ['--progress=none']):
        said = subprocess.run(push_words(watched.image, registries.port(), 'silent', *options), check=True, capture_output=True,
                              text=True, env=environment()).stderr
        check(f'{options[0]} says nothing: {said}', said == '')
    dumb = Screen(push_words(watched.image, registries.port(), 'dumb'), 80, environment(TERM='dumb'))
    check('TERM=dumb: lines as in a log', dumb.run() == 0 and '\x1b' not in dumb.text() and 'n2c: sending 10 layers' in dumb.text())
    nameless = Screen(push_words(watched.image, registries.port(), 'nameless'), 80, environment(TERM=''))
    check('without TERM: the same', nameless.run() == 0 and '\x1b' not in nameless.text())


class Busy(http.server.BaseHTTPRequestHandler):
    """Has nothing and takes nothing."""

    def answer(self):
        there = self.path == '/v2/'
        self.send_response(200 if there else 404 if self.command in ('GET', 'HEAD') else 503)
        self.send_header('Content-Length', '0')
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer

    def log_message(self, *_):
        pass


def see_retries(image):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = push_words(image, server.server_port, 'busy', '--retry', '2')
    logged = subprocess.run(words, capture_output=True, text=True, check=False, env=environment())
    told = [line for line in logged.stderr.splitlines() if '503; tr' in line]
    check(f'alike retries are a line in a log, and one that counts: {told}',
          logged.returncode == 5 and len(told) == 2 and 'trying again in' in told[0]
          and re.search(r'503; tried again \d+ times$', told[1]))
    screen = Screen(words, 80, environment())
    status = screen.run()
    shown = [line for _, line in screen.lines() if ': 503' in line]
    check(f'a terminal has one line that counts, and it fits: {shown}',
          status == 5 and any(re.fullmatch(r'n2c: 127\.0\.0\.1:\d+: 503, \d+ times; trying again in .*', line) for line in shown)
          and all(len(line) < 80 for line in shown) and len(re.findall('tried again', screen.text())) == 1)
    server.shutdown()


def see_build():
    told = subprocess.run([N2C, *describing(work), '--progress=json'], check=True, stderr=subprocess.PIPE, text=True).stderr
    objects = [json.loads(line) for line in told.splitlines() if line.startswith('{')]
    check('describing layers: a program is told of the hashing',
          objects[0]['phase'] == 'hashing' and objects[-1]['percent'] == 100 and objects[0]['total'] == LAYERS * LAYER_BYTES)
    screen = Screen([N2C, *describing(work)], 80, environment())
    check('describing layers: percent at a terminal, 100 at the end',
          screen.run() == 0 and percents(screen) and percents(screen)[-1] == 100
          and all(len(line) < width for width, line in screen.lines()))


def main():
    image = make_image(work)
    watched = Watched(image)
    for columns in (30, 80, 200):
        watched.screen(f'at{columns}', columns)
    watched.screen('narrowed', 120, when='[34][0-9] %', then=lambda screen: screen.resize(40))
    watched.screen('stopped', 80, when='[5-9]/10 layers', then=lambda screen: screen.process.send_signal(signal.SIGINT))
    watched.pipe('logged')
    watched.pipe('for-programs', '--progress=json')
    for columns in (30, 80, 200):
        see_terminal(watched[f'at{columns}'], columns)
    check('a terminal that becomes narrower: lines fit it from then on',
          all(len(line) < width for width, line in list(watched['narrowed'].lines())[2:] if width == 40)
          and any(width == 40 for width, _ in watched['narrowed'].lines()))
    see_stopped(watched['stopped'], image)
    see_pipes(watched)
    see_retries(image)
    see_build()


work = pathlib.Path(tempfile.mkdtemp())
registries = FreshRegistries()
try:
    main()
finally:
    registries.end()
    shutil.rmtree(work)
