#!/usr/bin/env python3
"""What a push costs whose layers are there already, or are many and small, or go to several repositories.

usage: twice.py [--rounds 5] [--small] N2C [ROW...]

Each row is measured in one run, in rounds that take turns with its peer (another program, or one push), and prints the
medians and their ratio, in Markdown. --small makes images a tenth as large, to see that a row works. The registry is n2c's
own in memory, where a row names no other. Peers are looked for where test/bench/peers ($N2C_BENCH_PEERS) and scripts/peers
($N2C_PEERS) put them, and in $PATH. A row whose peer is not there says so.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time


class LateReplies:
    """A proxy that passes on replies so many seconds late, each connection on its own."""

    def __init__(self, port, seconds):
        self.server_port, self.seconds = port, seconds
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(('127.0.0.1', self.server_port))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pump, args=(client, server, 0), daemon=True).start()
                threading.Thread(target=self.pump, args=(server, client, self.seconds), daemon=True).start()

    @staticmethod
    def pump(from_, to, late):
        with contextlib.suppress(OSError):
            while chunk := from_.recv(256 << 10):
                time.sleep(late)
                to.sendall(chunk)
            to.shutdown(socket.SHUT_WR)

    def end(self):
        self.listener.close()


CACHE = pathlib.Path(os.environ.get('XDG_CACHE_HOME', '~/.cache')).expanduser()
PLACES = [os.environ.get('N2C_BENCH_PEERS', str(CACHE / 'n2c-bench-peers')), os.environ.get('PATH', ''),
          os.environ.get('N2C_PEERS', str(CACHE / 'n2c-peers')) + '/usr/bin']


class Missing(Exception):
    """A program that a row needs."""


def find(program):
    found = shutil.which(program, path=os.pathsep.join(PLACES))
    if not found:
        raise Missing(f'{program} is not installed (test/bench/peers, scripts/peers)')
    return found


class Bench:
    def __init__(self, work, given):
        self.work, self.n2c = work, given.n2c
        self.rounds, self.scale = given.rounds, 10 if given.small else 1
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(work / 'cache'), HOME=str(work / 'home'))
        self.server, self.proxy, self.address, self.said = None, None, None, ''
        (work / 'home').mkdir()
        (work / 'nix/store').mkdir(parents=True)

    def run(self, *command):
        began = time.monotonic()
        done = subprocess.run([str(word) for word in command], env=self.environment, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f'{shlex.join(map(str, command))}: {done.stderr}')
        self.said = done.stdout + done.stderr
        return time.monotonic() - began

    def make_image(self, name, layers):
        """An image of one store path for each layer: pairs of a seed and a size. What is equal is shared."""
        graph = []
        for seed, size in layers:
            path = f'/nix/store/{seed:032d}-layer'
            file = self.work / path.lstrip('/') / 'file'
            if not file.exists():
                file.parent.mkdir()
                # Half of it can be compressed.
                file.write_bytes(random.Random(seed).randbytes(size // 2) + bytes(size - size // 2))
            graph.append({'path': path, 'references': []})
        (self.work / 'graph.json').write_text(json.dumps(graph))
        (self.work / 'config.json').write_text('{"Cmd": ["/bin/true"]}')
        self.run(self.n2c, 'layers-from-reproducible-storepaths', self.work / 'layers.json', self.work / 'graph.json',
                 '--max-layers', len(layers), '--store-root', self.work)
        self.run(self.n2c, 'image', self.work / name, self.work / 'config.json', self.work / 'layers.json')
        return self.work / name

    def usual_image(self, changed=0):
        """100 layers of 7 MB; `changed` of them are others."""
        return self.make_image(f'usual-{changed}.json',
                               [(i if i >= changed else 1000 + i, 7_000_000 // self.scale) for i in range(100)])

    def new_registry(self, late=0.0):
        self.end_registry()
        port_file = self.work / 'port'
        port_file.unlink(missing_ok=True)
        self.server = subprocess.Popen([self.n2c, 'serve', '--memory', '--listen', '127.0.0.1:0', '--port-file', port_file],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(1000):
            if port_file.exists() and port_file.read_text():
                break
            time.sleep(0.01)
        port = int(port_file.read_text())
        self.proxy = LateReplies(port, late) if late else None
        self.address = f'127.0.0.1:{self.proxy.port if self.proxy else port}'

    def new_other_registry(self, name):
        """distribution 3 ("registry") or zot, with a folder."""
        self.end_registry()
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        kept, config = self.work / f'kept-by-{name}', self.work / f'{name}.json'
        shutil.rmtree(kept, ignore_errors=True)
        config.write_text(json.dumps({  # JSON is YAML too
            'registry': {'version': '0.1', 'log': {'level': 'error', 'accesslog': {'disabled': True}},
                         'storage': {'filesystem': {'rootdirectory': str(kept)}}, 'http': {'addr': f'127.0.0.1:{port}'}},
            'zot': {'distSpecVersion': '1.1.0', 'storage': {'rootDirectory': str(kept)}, 'log': {'level': 'error'},
                    'http': {'address': '127.0.0.1', 'port': str(port)}},
        }[name]))
        self.server = subprocess.Popen([find(name), 'serve', config], env=self.environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.proxy, self.address = None, f'127.0.0.1:{port}'
        for _ in range(1000):
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port)):
                return
            time.sleep(0.01)
        raise RuntimeError(f'{name} does not listen')

    def end_registry(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
            self.server = None
            if self.proxy:
                self.proxy.end()

    def forget(self):
        shutil.rmtree(self.work / 'cache', ignore_errors=True)

    def push(self, image, to, *more):
        return self.run(self.n2c, 'push', image, f'{self.address}/{to}', '--store-root', self.work, *more)

    def requests(self, image, to, *more):
        shown = subprocess.run([self.n2c, '--debug', 'push', image, f'{self.address}/{to}', '--store-root', self.work, *more],
                               env=self.environment, capture_output=True, text=True, timeout=600)
        return len(re.findall(r'^n2c: #\d+ > (?:GET|HEAD|POST|PUT|PATCH|DELETE) ', shown.stderr, re.M))


def report(name, ours, theirs, peer, at_most, note=''):
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f'| {name} | {mine:.3f} s | {peer}: {other:.3f} s | {mine / other:.3f} | {at_most} | {note} |', flush=True)


def fresh(bench, name, at_most, changed=0, *more):
    """A new tag, from a machine that knows nothing, in a repository of 200 commit tags. The peer: the first push."""
    first, image = bench.usual_image(), bench.usual_image(changed)
    ours, theirs = [], []
    for turn in range(bench.rounds):
        bench.new_registry()
        bench.forget()
        theirs.append(bench.push(first, 'app:0000000', *more))
        tags = [word for i in range(1, 200) for word in ('--tag', f'{i * 7919:07x}')]
        bench.push(first, 'app:0000000', *tags, *more)
        bench.forget()
        ours.append(bench.push(image, f'app:{turn + 0xabcdef0:07x}', *more))
        said = re.search(r'(\d+ sent \([^)]*\))', bench.said).group(1)
    bench.forget()
    # Of an image that has one new layer again, where it had.
    requests = bench.requests(bench.usual_image(changed + 1) if changed else image, 'app:fffffff', *more)
    report(name, ours, theirs, 'the first push', at_most, f'{said}; {requests} requests')


def new_tag(bench):
    fresh(bench, 'new tag, unchanged, 200 tags', '0.1 s, 18 requests')


def new_tag_index(bench):
    fresh(bench, 'the same, layer index', '0.06 s, 3 requests', 0, '--layer-index')


def one_changed(bench):
    fresh(bench, 'new tag, one layer changed', 'that layer', 1)


def one_changed_index(bench):
    fresh(bench, 'the same, layer index', 'that layer', 1, '--layer-index')


def elsewhere(bench, registry):
    """100 ready blobs that another repository of the registry has."""
    regctl = find('regctl')
    if registry == 'n2c serve':
        bench.new_registry()
    else:
        bench.new_other_registry(registry)
    bench.push(bench.usual_image(), 'there:1')
    layout = bench.work / 'layout'
    bench.run(bench.n2c, 'copy', f'docker://{bench.address}/there:1', f'oci:{layout}:1')
    bench.run(regctl, 'registry', 'set', '--tls', 'disabled', bench.address)
    ours, theirs = [], []
    for turn in range(bench.rounds):
        bench.forget()
        ours.append(bench.run(bench.n2c, 'copy', f'oci:{layout}:1', f'docker://{bench.address}/ours{turn}:1'))
        theirs.append(bench.run(regctl, 'image', 'copy', f'ocidir://{layout}:1', f'{bench.address}/theirs{turn}:1'))
    report(f'100 ready blobs that a sibling has, {"distribution 3" if registry == "registry" else registry}', ours, theirs,
           'regctl image copy', 1.2)


def many_small(bench, late, at_most, *more):
    """300 layers of 4 KB, nothing there. The peer: 100 requests one after another take 100 × the time of one."""
    count = 300 // bench.scale
    image = bench.make_image('small.json', [(5000 + i, 4096) for i in range(count)])
    other = bench.make_image('other.json', [(9000 + i, 4096) for i in range(3)])

    def begin(late=0.0):
        bench.new_registry(late)
        bench.forget()
        if more:  # a repository that is remembered and has other layers: mounts from it are refused
            bench.push(other, 'team/other:1')

    ours, theirs = [], []
    for _ in range(bench.rounds):
        begin(late)
        ours.append(bench.push(image, 'app:1'))
        began = time.monotonic()
        bench.run('curl', '-sf', f'http://{bench.address}/v2/')
        theirs.append(time.monotonic() - began)
    begin()
    requests = bench.requests(image, 'app:1')
    what = ', mounts refused' if more else ''
    report(f'{count} layers of 4 KB, {late * 1000:.0f} ms{what}', ours, theirs, 'one request', at_most,
           f'{requests} requests')


def several(bench):
    """Ten images that share nine tenths of their layers, into ten repositories. The peer: one push."""
    images, size = [], 7_000_000 // bench.scale
    for number in range(10):
        layers = [(i, size) for i in range(90)] + [(20_000 + number * 10 + i, size // 10) for i in range(10)]
        images.append(bench.make_image(f'several-{number}.json', layers))
    ours, theirs = [], []
    for _ in range(bench.rounds):
        bench.new_registry()
        bench.forget()
        theirs.append(bench.push(images[0], 'one:1'))
        bench.new_registry()
        bench.forget()
        (bench.work / 'list').write_text(''.join(f'{image} {bench.address}/image{i}:1\n' for i, image in enumerate(images)))
        ours.append(bench.run(bench.n2c, 'push', '--all', bench.work / 'list', '--store-root', bench.work))
    report('10 images that share 90 layers', ours, theirs, 'one push', 1.3)


def to_layout(bench):
    """A registry's image of 270 MiB into a layout, and by pull."""
    crane = find('crane')
    bench.new_registry()
    bench.push(bench.make_image('large.json', [(30_000 + i, (5 << 20) // bench.scale) for i in range(100)]), 'app:1')
    source = f'{bench.address}/app:1'
    bench.run(bench.n2c, 'digest', source)
    pinned = f'{bench.address}/app@{bench.said.strip()}'
    ours, pulls, theirs = [], [], []
    for turn in range(bench.rounds):
        target = bench.work / f'target{turn}'
        ours.append(bench.run(bench.n2c, 'copy', f'docker://{source}', f'oci:{target}-n2c'))
        theirs.append(bench.run(crane, 'pull', '--insecure', '--format=oci', source, f'{target}-crane'))
        pulls.append(bench.run(bench.n2c, 'pull', pinned, f'{target}-pull'))
        for made in bench.work.glob(f'target{turn}-*'):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    report('registry → oci:', ours, theirs, 'crane pull', 1.0)
    report('pull', pulls, theirs, 'crane pull', 1.0)


ROWS = {
    'new-tag': new_tag,
    'new-tag-index': new_tag_index,
    'one-changed': one_changed,
    'one-changed-index': one_changed_index,
    'elsewhere': lambda bench: elsewhere(bench, 'n2c serve'),
    'elsewhere-distribution': lambda bench: elsewhere(bench, 'registry'),
    'elsewhere-zot': lambda bench: elsewhere(bench, 'zot'),
    'small-20': lambda bench: many_small(bench, 0.02, '0.8 s, 3 requests a layer'),
    'small-100': lambda bench: many_small(bench, 0.1, '3 s, 3 requests a layer'),
    'refused-20': lambda bench: many_small(bench, 0.02, '0.8 s, 3 requests a layer', 'refused'),
    'refused-100': lambda bench: many_small(bench, 0.1, '3 s, 3 requests a layer', 'refused'),
    'several': several,
    'layout': to_layout,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--rounds', type=int, default=5)
    arguments.add_argument('--small', action='store_true')
    arguments.add_argument('n2c')
    arguments.add_argument('rows', nargs='*', metavar='ROW', help=', '.join(ROWS))
    given = arguments.parse_args()
    given.n2c = os.path.abspath(given.n2c)
    print('| case | n2c | peer | ratio | at most | more |\n| --- | --- | --- | --- | --- | --- |')
    for name in given.rows or ROWS:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(pathlib.Path(folder), given)
            try:
                ROWS[name](bench)
            except Missing as missing:
                print(f'{name}: left out: {missing}', file=sys.stderr)
            finally:
                bench.end_registry()


if __name__ == '__main__':
    main()
