"""The cases of test/bench/run: each returns a Result, or a sentence that says why it cannot be run."""
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

MIB = 1 << 20


@dataclasses.dataclass
class Result:
    name: str
    ours: float
    theirs: float
    peer: str
    at_most: float
    command: str
    peer_command: str
    resident: int = 0
    note: str = ''


class Bench:
    """A closure, its image, and a registry to push to."""

    def __init__(self, work, n2c, crane, store, graph, rounds):
        self.work, self.n2c, self.crane, self.store, self.graph = work, n2c, shlex.split(crane), store, graph
        self.rounds, self.registry, self.address, self.resident = rounds, None, None, 0
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(work / 'cache'), HOME=str(work / 'home'))

    def __enter__(self):
        (self.work / 'home').mkdir()
        self.make_layers()
        (self.work / 'config.json').write_text('{"Cmd": ["/bin/true"]}')
        self.run(self.n2c, 'image', self.work / 'image.json', self.work / 'config.json', self.work / 'layers.json')
        self.run(self.n2c, 'push', self.work / 'image.json', f'dir:{self.work}/plain', '--compression', 'none',
                 '--store-root', self.store)
        return self

    def __exit__(self, *_):
        self.end_registry()

    def describe(self):
        layers = json.loads((self.work / 'layers.json').read_text())
        total = sum(layer['size'] for layer in layers)
        paths = sum(len(layer['paths']) for layer in layers)
        return f'{paths} store paths in {len(layers)} layers, {total / MIB:.0f} MiB of tar, {os.cpu_count()} processors'

    def run(self, *command, **more):
        """Seconds that the command took; raises when it failed. Notes the resident size."""
        timed = ['/usr/bin/time', '-f', '%M', '-o', str(self.work / 'resident'), *map(str, command)]
        began = time.monotonic()
        done = subprocess.run(timed, env=self.environment, capture_output=True, text=True, **more)
        seconds = time.monotonic() - began
        if done.returncode:
            raise RuntimeError(f'{shlex.join(map(str, command))}: {done.stderr}')
        self.output = done.stdout + done.stderr
        self.resident = int((self.work / 'resident').read_text().split()[-1]) // 1024
        return seconds

    def make_layers(self):
        return self.run(self.n2c, 'layers-from-reproducible-storepaths', self.work / 'layers.json', self.graph,
                        '--max-layers', 100, '--store-root', self.store)

    def new_registry(self, kind='n2c'):
        """An empty registry on a free port: n2c's own in memory, which costs the least, or docker-registry."""
        self.end_registry()
        if kind == 'n2c':
            port_file = self.work / 'port'
            port_file.unlink(missing_ok=True)
            command = [self.n2c, 'serve', '--memory', '--listen', '127.0.0.1:0', '--port-file', port_file]
        else:
            with socket.socket() as probe:
                probe.bind(('127.0.0.1', 0))
                port = probe.getsockname()[1]
            data, config = self.work / 'registry', self.work / 'registry.yml'
            shutil.rmtree(data, ignore_errors=True)
            config.write_text(f'version: 0.1\nstorage: {{filesystem: {{rootdirectory: {data}}}}}\n'
                              f'http: {{addr: "127.0.0.1:{port}"}}\nlog: {{level: error, accesslog: {{disabled: true}}}}\n')
            command = ['docker-registry', 'serve', config]
        self.registry = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if kind == 'n2c':
                    port = int(port_file.read_text())
                self.address = f'127.0.0.1:{port}'
                urllib.request.urlopen(f'http://{self.address}/v2/')
                return
            except (OSError, ValueError):
                time.sleep(0.05)
        raise RuntimeError('the registry does not answer')

    def end_registry(self):
        if self.registry:
            self.registry.terminate()
            self.registry.wait()
            self.registry = None

    def push(self, repository='app', image='image.json', *more):
        return self.run(self.n2c, 'push', self.work / image, f'{self.address}/{repository}:1', '--store-root', self.store,
                        *more)

    def skopeo(self, repository='skopeo', *more):
        """skopeo's copy of the plain layers, without what it remembers of earlier ones."""
        pathlib.Path('/var/lib/containers/cache/blob-info-cache-v1.boltdb').unlink(missing_ok=True)
        return self.run('skopeo', 'copy', '--insecure-policy', '--dest-tls-verify=false', *more, f'dir:{self.work}/plain',
                        f'docker://{self.address}/{repository}:1')

    def forget(self):
        shutil.rmtree(self.work / 'cache', ignore_errors=True)

    def sizes(self, repository):
        asked = urllib.request.Request(f'http://{self.address}/v2/{repository}/manifests/1', headers={
            'Accept': 'application/vnd.oci.image.manifest.v1+json'})
        with urllib.request.urlopen(asked) as reply:
            return sum(layer['size'] for layer in json.load(reply)['layers'])


def medians(bench, ours, theirs):
    """The medians of both, in rounds that take turns; the largest resident size of ours."""
    mine, others, resident = [], [], 0
    for _ in range(bench.rounds):
        mine.append(ours())
        resident = max(resident, bench.resident)
        others.append(theirs())
    return statistics.median(mine), statistics.median(others), resident


def cold(bench, name, options, skopeo_options, larger_at_most, registry='n2c', at_most=0.28):
    if not shutil.which('skopeo'):
        return 'skopeo is not installed'

    def ours():
        bench.new_registry(registry)
        bench.forget()
        return bench.push('app', 'image.json', *options)

    mine, others, resident = medians(bench, ours, lambda: bench.skopeo('skopeo', *skopeo_options))
    ratio = bench.sizes('app') / bench.sizes('skopeo')
    return Result(name, mine, others, 'skopeo copy', at_most, shlex.join(['n2c push image.json REFERENCE', *options]),
                  shlex.join(['skopeo copy dir:plain docker://REFERENCE', *skopeo_options]), resident,
                  f'size {ratio:.3f} × skopeo’s (at most {larger_at_most})')


def cold_gzip(bench):
    return cold(bench, 'cold push, gzip', [], [], 1.15)


def cold_gzip_docker_registry(bench):
    if not shutil.which('docker-registry'):
        return 'docker-registry is not installed'
    return cold(bench, 'cold push, gzip, docker-registry', [], [], 1.15, 'docker', 0.333)


def cold_zstd(bench):
    return cold(bench, 'cold push, zstd', ['--compression', 'zstd'], ['--dest-compress-format', 'zstd'], 1.05)


def requests_of(bench, *more):
    """How many requests a push makes, counted in what --debug prints."""
    shown = subprocess.run([bench.n2c, '--debug', 'push', bench.work / 'image.json', f'{bench.address}/app:1', '--store-root',
                            bench.store, *more], env=bench.environment, capture_output=True, text=True)
    return len(re.findall(r'^n2c: #\d+ > (?:GET|HEAD|POST|PUT|PATCH|DELETE) ', shown.stderr, re.M))


def again_without_cache(bench):
    if not shutil.which('skopeo'):
        return 'skopeo is not installed'
    bench.new_registry()
    bench.push()
    bench.skopeo()

    def ours():
        bench.forget()
        return bench.push()

    mine, others, resident = medians(bench, ours, bench.skopeo)
    bench.forget()
    return Result('again, no cache', mine, others, 'skopeo copy', 0.01, 'n2c push image.json REFERENCE',
                  'skopeo copy dir:plain docker://REFERENCE', resident, f'{requests_of(bench)} requests (at most 3)')


def again_with_cache(bench):
    if not shutil.which(bench.crane[0]):
        return f'{bench.crane[0]} is not installed'
    bench.new_registry()
    bench.push()
    bench.run(bench.n2c, 'copy', f'docker://{bench.address}/app:1', f'oci:{bench.work}/ready')
    crane = [*bench.crane, 'push', '--insecure', f'{bench.work}/ready', f'{bench.address}/crane:1']
    bench.run(*crane)
    mine, others, resident = medians(bench, bench.push, lambda: bench.run(*crane))
    return Result('again, with cache', mine, others, 'crane push', 1.2, 'n2c push image.json REFERENCE',
                  'crane push OCI-LAYOUT REFERENCE', resident)


def changed_image(bench, number):
    """image.json with one path of its layers replaced by an altered copy: (file, layer's digest)."""
    layers = json.loads((bench.work / 'layers.json').read_text())
    graph = json.loads(bench.graph.read_text())
    path = layers[len(layers) // 2]['paths'][0]['path']
    other = f'{path}-changed-{os.getpid()}-{number}'
    source, target = bench.store / path.lstrip('/'), bench.store / other.lstrip('/')
    shutil.copytree(source, target, symlinks=True)
    target.chmod(0o755)
    (target / 'changed').write_text(f'{number} {time.time()}\n')
    text = json.dumps(graph).replace(json.dumps(path), json.dumps(other))
    (bench.work / 'changed.graph').write_text(text)
    bench.run(bench.n2c, 'layers-from-reproducible-storepaths', bench.work / 'changed.layers', bench.work / 'changed.graph',
              '--max-layers', 100, '--store-root', bench.store)
    bench.run(bench.n2c, 'image', bench.work / 'changed.json', bench.work / 'config.json', bench.work / 'changed.layers')
    return target


def one_changed(bench):
    if not shutil.which('skopeo'):
        return 'skopeo is not installed'
    sent, made = [], []
    bench.new_registry()
    bench.push()
    bench.skopeo()
    rounds = iter(range(10))

    def ours():
        made.append(changed_image(bench, next(rounds)))
        bench.push('app', 'image.json')  # the tag holds the unchanged image again
        bench.forget()
        seconds = bench.push('app', 'changed.json')
        sent.append(re.search(r'(\d+) sent \(([^)]*)\)', bench.output).group(0))
        return seconds

    try:
        mine, others, resident = medians(bench, ours, bench.skopeo)
    finally:
        for target in made:
            shutil.rmtree(target, ignore_errors=True)
    return Result('one path changed, no cache', mine, others, 'skopeo copy', 0.05, 'n2c push changed.json REFERENCE',
                  'skopeo copy dir:plain docker://REFERENCE', resident, sent[-1])


def build(bench):
    tar = bench.work / 'all.tar'
    if not tar.exists():
        with open(tar, 'wb') as out:
            for layer in sorted((bench.work / 'plain').iterdir()):
                if layer.stat().st_size > 10240 or layer.name not in ('manifest.json', 'version'):
                    out.write(layer.read_bytes())
    mine, others, resident = medians(bench, bench.make_layers, lambda: bench.run('taskset', '-c', 0, 'sha256sum', tar))
    tar.unlink()
    return Result('build layers.json', mine, others, 'sha256sum', 0.35,
                  'n2c layers-from-reproducible-storepaths layers.json graph.json --max-layers 100',
                  'taskset -c 0 sha256sum all.tar', resident)


def probes(bench):
    program = pathlib.Path(bench.n2c).parents[1] / 'test' / 'bench_probes'
    if not program.exists():
        return f'{program.name} is not built'
    mine, others = [], []
    for _ in range(bench.rounds):
        bench.run(program)
        many, one = re.search(r'500 layers ([\d.]+) s, one request ([\d.]+) s', bench.output).groups()
        mine.append(float(many))
        others.append(float(one))
    return Result('500 layers there, 50 ms a request', statistics.median(mine), statistics.median(others), 'one request', 25,
                  'test/bench_probes', 'the same', bench.resident)


CASES = {'cold-gzip': cold_gzip, 'cold-gzip-docker-registry': cold_gzip_docker_registry, 'cold-zstd': cold_zstd, 'again': again_without_cache, 'again-cache': again_with_cache,
         'changed': one_changed, 'probes': probes, 'build': build}
