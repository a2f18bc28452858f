"""What runs need: a small store, an image of it, a registry that nothing fails in, an engine; and the running of n2c."""
import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

import engine
import faults
import whole

LIMIT = 25  # seconds that a run may take: three and a half tries, and a busy machine
RETRIES = ['--retry', '1', '--retry-max-time', '3']
# htpasswd -nbBC 4 ada secret
LOGIN = 'ada:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK\n'


@dataclasses.dataclass
class Done:
    """How a process ended: its exit code, below zero for a signal, None when it had to be killed."""
    code: int
    said: str
    out: bytes = b''
    seconds: float = 0

    def broke(self, codes):
        """None when that is an end which a user can understand."""
        if self.code is None:
            return f'it hangs; {self.said[-300:]}'
        if self.code < 0:
            return f'it is ended by {signal.Signals(-self.code).name}; {self.said[-300:]}'
        if self.code == 1 and 'Fatal Internal Error in libarchive' in self.said:
            return None  # which ends the process itself where it finds no memory
        if self.code not in codes:
            return f'it ends with {self.code}; {self.said[-300:]}'
        return None


def clean_environment(home):
    keep = {name: value for name, value in os.environ.items()
            if not re.search('proxy|DOCKER|REGISTRY|XDG|N2C|LD_PRELOAD|GITHUB', name, re.I)}
    places = {'HOME': home, 'XDG_CACHE_HOME': home / 'cache', 'XDG_RUNTIME_DIR': home / 'run', 'XDG_CONFIG_HOME': home / 'config',
              'TMPDIR': home / 'tmp'}
    return keep | {name: str(place) for name, place in places.items()}


class Server:
    """`n2c serve`, started and awaited; `at` is None when it ended instead."""

    def __init__(self, program, environment, place, *words):
        port = place / 'port'
        port.unlink(missing_ok=True)
        self.log = open(place / 'serve.log', 'w+', encoding='utf-8', errors='replace')
        self.process = subprocess.Popen([program, 'serve', '--listen', '127.0.0.1:0', '--port-file', port, *words], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        self.at, deadline = None, time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if port.read_text(encoding='ascii').endswith('\n'):
                    self.at = '127.0.0.1:' + port.read_text(encoding='ascii').strip()
                    return
            time.sleep(0.005)

    def descriptors(self):
        """How many are open, but for the blobs of uploads that were cut, which it keeps for a while."""
        folder, count = f'/proc/{self.process.pid}/fd', 0
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                with contextlib.suppress(OSError):
                    count += '/uploads/' not in os.readlink(f'{folder}/{name}')
        return count

    def await_end(self):
        """For a while: where it ends by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LIMIT)

    def end(self):
        """By SIGTERM, as a user ends it: Done. Connections in flight have ended before."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        return Done(code, said)


class World:
    """Thread-safe but for `begin_registry`."""

    def __init__(self, program, folder):
        self.program, self.place = program, folder
        self.library = faults.make_library(folder)
        self.numbers = itertools.count()
        self.make_image()
        self.begin_registry()
        self.engine = engine.Engine(folder / 'docker.sock')

    def make_image(self):
        noise = random.Random(1)
        store, graph = self.place / 'nix/store', []
        for number, sizes in enumerate(([20], [3000, 9000], [400_000, 40], [70_000] * 3)):
            name = f'{number:032d}-part{number}'
            (store / name / 'bin').mkdir(parents=True)
            for file, size in enumerate(sizes):
                (store / name / f'bin/f{file}').write_bytes(noise.randbytes(size - size // 3) + b'x' * (size // 3))
            (store / name / 'link').symlink_to('bin/f0')
            graph.append({'path': f'/nix/store/{name}', 'references': [one['path'] for one in graph[-1:]]})
        (self.place / 'graph.json').write_text(json.dumps(graph), encoding='utf-8')
        (self.place / 'config.json').write_text('{"Cmd": ["x"]}', encoding='utf-8')
        self.of_layers = ['--store-root', self.place, '--max-layers', '4']
        self.must('layers-from-reproducible-storepaths', self.place / 'layers.json', self.place / 'graph.json', *self.of_layers)
        self.must('image', self.place / 'image.json', self.place / 'config.json', self.place / 'layers.json')
        self.image = [self.place / 'image.json', '--store-root', self.place]
        self.must('push', *self.image, f'oci:{self.place}/layout:1')
        listed = json.loads((self.place / 'layout/index.json').read_text(encoding='utf-8'))['manifests'][0]
        self.manifest = (self.place / 'layout/blobs/sha256' / listed['digest'][7:]).read_bytes()

    def begin_registry(self):
        """Anew, and empty but for base:1 and the logins of /v2/; what an earlier one kept is forgotten."""
        if hasattr(self, 'registry'):
            self.registry.end()
            self.guarded.end()
        (self.place / 'htpasswd').write_text(LOGIN, encoding='ascii')
        self.registry = Server(self.program, self.home(), self.new_folder())
        self.guarded = Server(self.program, self.home(), self.new_folder(), '--htpasswd', self.place / 'htpasswd')
        self.must('push', *self.image, f'{self.registry.at}/base:1')

    def new_folder(self):
        folder = self.place / f'n{next(self.numbers)}'
        folder.mkdir()
        return folder

    def home(self):
        """An environment whose folders are new."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.place, prefix='home.'))
        (folder / 'tmp').mkdir()
        return clean_environment(folder)

    def must(self, *words):
        done = self.run(None, *words)
        if done.code != 0:
            raise RuntimeError(f'n2c {" ".join(map(str, words))} ends with {done.code}: {done.said}')

    def run(self, fault, *words, stdin=b'', stdout=subprocess.PIPE, more=None):
        """n2c with this fault and these words. Done."""
        environment = self.home()
        home = environment['HOME']
        environment |= {**(more or {}), **(fault.environment if fault else {})}
        begun = time.monotonic()
        process = subprocess.Popen([self.program, *map(str, words)], env=environment, stdin=subprocess.PIPE, stdout=stdout,
                                   stderr=subprocess.PIPE)
        try:
            out, said = process.communicate(stdin, timeout=LIMIT)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, said = process.communicate()
            code = None
        left = os.listdir(f'{home}/tmp')
        shutil.rmtree(home, ignore_errors=True)
        said = said.decode(errors='replace')
        if left and code is not None and not (fault and fault.kind in ('unlink', 'fdopendir', 'readdir', 'openat')):
            said += f'\nleft in TMPDIR: {left}'
        return Done(code, said, out or b'', time.monotonic() - begun)

    def close(self):
        self.registry.end()
        self.guarded.end()
