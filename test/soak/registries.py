"""Registries that are killed and started again on the same port, with what they keep in a folder."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as one:
        return one.getsockname()[1]


class Registry:
    """`words` start it. Several threads may kill it, one at a time."""

    def __init__(self, name, folder, environment):
        self.name, self.folder, self.environment = name, folder, environment
        self.port, self.lock, self.starts = free_port(), threading.Lock(), 0
        self.at = f'127.0.0.1:{self.port}'
        folder.mkdir(parents=True)
        self.log = open(folder / 'log', 'a', encoding='utf-8')

    @property
    def is_killed(self):
        return self.name.endswith('killed')

    def start(self):
        self.process = subprocess.Popen(list(map(str, self.words())), env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log)
        self.starts += 1
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f'{self.name} ends at its start with {self.process.returncode}: see {self.folder}/log')
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
                return
            time.sleep(0.02)
        raise RuntimeError(f'{self.name} does not listen')

    def end(self, sign):
        """Its exit code."""
        self.process.send_signal(sign)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def measure(self):
        """(MiB of memory, descriptors), or None while it is down."""
        with contextlib.suppress(OSError, StopIteration, ValueError):
            pid = self.process.pid
            with open(f'/proc/{pid}/status', encoding='ascii') as status:
                memory = next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))
            return memory / 1024, len(os.listdir(f'/proc/{pid}/fd'))
        return None


class Serve(Registry):
    """n2c serve."""

    def __init__(self, name, folder, environment, program):
        super().__init__(name, folder, environment)
        self.program = program

    def words(self):
        return [self.program, 'serve', '--listen', self.at, '--root', self.folder / 'root']

    def collect(self):
        """Ends it, removes what nothing names, and starts it again. What went wrong, or None."""
        code = self.end(signal.SIGTERM)
        done = subprocess.run([self.program, 'serve', '--gc', '--root', self.folder / 'root'], env=self.environment, capture_output=True,
                              text=True, timeout=120, check=False)
        self.start()
        if code not in (0, 130):
            return f'SIGTERM ends it with {code}'
        return f'--gc ends with {done.returncode}: {done.stderr}' if done.returncode else None


class DockerRegistry(Registry):
    """Debian's docker-registry."""

    def words(self):
        config = self.folder / 'config.yml'
        config.write_text('version: 0.1\n'
                          f'storage: {{filesystem: {{rootdirectory: {self.folder}/root}}, delete: {{enabled: true}}}}\n'
                          f'http: {{addr: "{self.at}"}}\nlog: {{level: error, accesslog: {{disabled: true}}}}\n', encoding='utf-8')
        return ['docker-registry', 'serve', config]

    @staticmethod
    def is_here():
        return shutil.which('docker-registry') is not None
