#!/usr/bin/env python3
"""`n2c serve` while clients try to stop it: a real client pushes and pulls, alone and under each attack.

usage: serve_under_attack.py N2C [ATTACK...]

For each attack a server of its own, with a limit on its memory. Every push and pull must succeed, the server must live, and its memory
must stay below the limit. The client's times are printed with their ratio to those alone, which is at most 2 on an idle machine; as a
test of time would be red whenever the machine is busy, only much more fails.
"""
import contextlib
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from attackers import ATTACKS, PASSWORD, USER

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import random_image  # noqa: E402

MEMORY_MIB = 512  # --memory-limit
SLOWEST = 4  # times as long as alone, and 4 s: twice is the aim, which test/bench/attacks.py measures
# htpasswd -nbBC 4 ada secret
LOGIN = f'{USER}:$2y$04$9iBduwFWhj2N.vGwio7YbuU.p6XKkEwhzb.3W8Z9DyAoXJS31rXiK\n'


class Server:
    def __init__(self, program, folder, options):
        port_file = folder / 'port'
        port_file.unlink(missing_ok=True)
        self.log = open(folder / 'serve.log', 'w+')
        self.process = subprocess.Popen([program, 'serve', '--listen', '127.0.0.1:0', '--port-file', port_file, *options],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        deadline = time.monotonic() + 20
        while not (port_file.exists() and port_file.read_text().endswith('\n')):
            assert self.process.poll() is None and time.monotonic() < deadline, 'the server does not start'
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def peak_mib(self):
        for line in open(f'/proc/{self.process.pid}/status'):
            if line.startswith('VmHWM'):
                return int(line.split()[1]) / 1024

    def stop(self):
        """None when it lived until it was told to end."""
        ended = self.process.poll()
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return 'does not end'
        self.log.seek(0)
        return None if ended is None else f'exit status {ended}: {self.log.read()[-300:]}'


class Client:
    """Pushes and pulls an image of two layers, one of them of 1 KiB, with n2c."""

    def __init__(self, program, folder, mib=64):
        self.program, self.folder, self.count = program, folder, 0
        self.image = random_image.make(folder, [mib << 20, 1 << 10], self.run)

    def run(self, *arguments):
        home = self.folder / f'home{self.count}'  # nothing is remembered from push to push
        environment = {**os.environ, 'HOME': str(home), 'XDG_CACHE_HOME': str(home / 'cache')}
        done = subprocess.run([self.program, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f'{arguments[0]} ends with {done.returncode}: {done.stderr[-600:]}'

    def seconds(self, port):
        """Of one push into a new repository and one pull."""
        self.count += 1
        name = f'127.0.0.1:{port}/client/app{self.count}:1'
        login = ['--creds', f'{USER}:{PASSWORD}']
        begun = time.monotonic()
        self.run('push', *self.image, name, *login)
        self.run('copy', f'docker://{name}', f'oci:{self.folder}/pulled{self.count}', *login)
        took = time.monotonic() - begun
        shutil.rmtree(self.folder / f'pulled{self.count}')
        return took


@contextlib.contextmanager
def attacked(server, attack, attackers):
    """With so many attackers of the server under way; none of them is left afterwards."""
    fork = multiprocessing.get_context('fork')  # since Python 3.14 another way is usual, which runs this file anew
    processes = [fork.Process(target=attack, args=(server.port,), daemon=True) for _ in range(attackers)]
    try:
        for process in processes:
            process.start()
        if processes:
            time.sleep(2)  # so that the attack is under way: there is nothing to be seen that tells
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def serve_options(folder):
    (folder / 'htpasswd').write_text(LOGIN)
    return ['--memory-limit', f'{MEMORY_MIB}M', '--htpasswd', folder / 'htpasswd']


def under(program, folder, client, attack, attackers, options):
    """The client's seconds, and the server's peak."""
    server = Server(program, folder, options)
    try:
        client.seconds(server.port)  # who is attacked has logged in before
        with attacked(server, attack, attackers):
            seconds = client.seconds(server.port)
            peak = server.peak_mib()
    finally:
        ended = server.stop()
    assert ended is None, ended
    return seconds, peak


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        options = ['--memory', *serve_options(folder)]
        client = Client(program, folder)
        alone, peak = under(program, folder, client, None, 0, options)
        print(f'{"alone":<22} {alone:6.2f} s         {peak:5.0f} MiB', flush=True)
        failed = []
        for attack, attackers in ATTACKS.items():
            title = attack.__name__.replace('_', ' ')
            if chosen and attack.__name__ not in chosen:
                continue
            try:
                seconds, peak = under(program, folder, client, attack, attackers, options)
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                print(f'{title:<22} FAILED: {problem}', flush=True)
                failed.append(title)
                continue
            print(f'{title:<22} {seconds:6.2f} s {seconds / alone:5.1f} x {peak:5.0f} MiB', flush=True)
            if peak > MEMORY_MIB or seconds > SLOWEST * alone + 4:
                failed.append(title)
    sys.exit(f'FAILED: {", ".join(failed)}' if failed else 0)


if __name__ == '__main__':
    main()
