#!/usr/bin/env python3
"""A push over a link of 2 MB/s as someone at a terminal sees it: at 30, 80 and 200 columns, and at a terminal that
becomes narrower meanwhile; and what a log and a program get.

usage: progress_terminal.py N2C
"""
import fcntl
import json
import os
import pathlib
import random
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
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
    for words in (['layers-from-reproducible-storepaths', 'layers.json', 'graph.json', '--max-layers', str(LAYERS)],
                  ['image', 'image.json', 'config.json', 'layers.json']):
        root = ['--store-root', str(folder)] if words[0] != 'image' else []
        subprocess.run([N2C, *words, *root], check=True, cwd=folder, stderr=subprocess.DEVNULL)
    return str(folder / 'image.json')


class Screen:
    """What reached the terminal, as (columns at that time, text)."""

    def __init__(self, words, columns, environment):
        self.keyboard, self.side = os.openpty()
        self.resize(columns)
        self.written = []
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.side,
                                        env=environment)

    def resize(self, columns):
        self.columns = columns
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))

    def run(self, narrower_at=None):
        """To the end; narrower_at: (percent, columns)."""
        deadline = time.monotonic() + 120
        while True:
            assert time.monotonic() < deadline, 'the push does not end'
            if select.select([self.keyboard], [], [], 0.05)[0]:
                text = os.read(self.keyboard, 65536).decode()
                self.written.append((self.columns, text, time.monotonic()))
                percent = re.findall(r'(\d+) %', text)
                if narrower_at and percent and int(percent[0]) >= narrower_at[0]:
                    self.resize(narrower_at[1])
                    narrower_at = None
            elif self.process.poll() is not None:
                break
        self.output = self.process.stdout.read().decode()
        return self.process.returncode

    def lines(self):
        """Every line that was drawn, so not the sentence at the end: (columns, text)."""
        for columns, text, _ in self.written:
            for line in re.split(r'[\r\n]+', re.sub(r'\x1b\[[0-9]*[A-Z]', '\r', text)):
                if line and not line.startswith('pushed '):
                    yield columns, line


def percents(screen):
    return [int(found[1]) for _, line in screen.lines() if (found := re.match(r'(?:\[[#.]+\] )?(\d+) %', line))]


def totals(screen):
    """(share sent, total) of each drawing, in bytes."""
    for _, line in screen.lines():
        if found := re.match(r'(?:\[[#.]+\] )?\d+ %  ([\d.]+) of ~?([\d.]+) (\w+)', line):
            yield float(found[1]) / max(float(found[2]), 1e-9), float(found[2]) * UNITS[found[3]]


class FreshRegistries:
    """Each behind a slow link and empty: what another repository has would be mounted, and not sent."""

    def __init__(self):
        self.servers = []

    def link(self):
        port = work / f'port{len(self.servers)}'
        self.servers.append(subprocess.Popen([N2C, 'serve', '--memory', '--listen', '127.0.0.1:0', '--port-file', port], stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL))
        return SlowLink(int(wait_for(port).rsplit(':')[-1]), RATE)

    def end(self):
        for server in self.servers:
            server.terminate()
            server.wait()


def push(registries, image, name, columns, **how):
    link = registries.link()
    screen = Screen([N2C, 'push', '--store-root', str(work), image, f'127.0.0.1:{link.port}/{name}:1'], columns, environment())
    status = screen.run(**how)
    check(f'{name}: the push succeeds', status == 0 and f'127.0.0.1:{link.port}/{name}' in screen.output)
    return screen


def environment():
    return {**os.environ, 'TERM': 'xterm', 'XDG_CACHE_HOME': str(work / os.urandom(4).hex())}


def see_terminals(registries, image):
    for columns in (30, 80, 200):
        screen = push(registries, image, f'at{columns}', columns)
        shown = percents(screen)
        if os.environ.get('SHOW'):
            print(shown, list(screen.lines())[:40])
        check(f'{columns} columns: percent is drawn often and never falls', len(shown) > 12 and shown == sorted(shown))
        check(f'{columns} columns: it ends at 100', shown[-1] == 100)
        check(f'{columns} columns: no line reaches the last one',
              all(len(line) < width for width, line in screen.lines()))
        seen = list(totals(screen))
        last = seen[-1][1]
        check(f'{columns} columns: the total is known to a tenth after a tenth of the bytes',
              all(abs(total - last) <= last / 10 for share, total in seen if share >= 0.1))
        times = [at for _, _, at in screen.written]
        check(f'{columns} columns: at most ten drawings a second', len(times) <= 12 * (times[-1] - times[0]) + 2)
        if columns == 200:
            whole = re.compile(r'\[#+\.*\] \d+ %  [\d.]+ of ~?[\d.]+ MiB  [\d.]+ [KM]iB/s  \d+ s left  \d+/10 layers  part-\d+')
            check('200 columns: bar, bytes, rate, time left, layers and what is sent',
                  any(whole.fullmatch(line) for _, line in screen.lines()))
    narrowed = push(registries, image, 'narrowed', 120, narrower_at=(30, 40))
    check('a terminal that becomes narrower: lines fit it from then on',
          all(len(line) < width for width, line in list(narrowed.lines())[2:] if width == 40)
          and any(width == 40 for width, _ in narrowed.lines()))


def see_pipes(registries, image):
    def run(name, *words):
        link = registries.link()
        return subprocess.run([N2C, 'push', *words, '--store-root', str(work), image, f'127.0.0.1:{link.port}/{name}:1'], capture_output=True,
                              text=True, check=True, env=environment())
    logged = run('logged').stderr
    check('a log gets a line at the start and no escape codes',
          re.search(r'^n2c: sending 10 layers, ~[\d.]+ MiB$', logged, re.M) and '\x1b' not in logged and '\r' not in logged)
    objects = [json.loads(line) for line in run('for-programs', '--progress=json').stderr.splitlines()]
    check('--progress=json: an object a second, and bytes that grow',
          len(objects) > 3 and all(a['sent'] <= b['sent'] <= b['total'] for a, b in zip(objects, objects[1:])))
    check('-q says nothing', run('quiet', '-q').stderr == '')
    silent = run('silent', '--progress=none').stderr
    check(f'--progress=none says nothing: {silent}', silent == '')


work = pathlib.Path(tempfile.mkdtemp())
registries = FreshRegistries()
try:
    image = make_image(work)
    see_terminals(registries, image)
    see_pipes(registries, image)
finally:
    registries.end()
    shutil.rmtree(work)
