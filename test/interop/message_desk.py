"""The folder in which messages.py runs its commands, and the servers that they reach."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

from desk import start_engine

SECONDS = 60  # for one command
# Nothing else listens in a network of one's own.
PORTS = {'REG': 5000, 'LOGIN': 5001, 'TLS': 5002, 'FAULT': 5003, 'NONE': 5009}
STORE = {'0c5j9q2hjnmr8wq0f3w0mwyzhmwn3y1a-libc': 30000, '1x0k2y3l7qfj5g8wq3d3b9hcmz1r4v6d-app': 9000}
PATHS = [f'/nix/store/{name}' for name in STORE]
# What differs from one run, machine or library to the next, and what stands in its place.
MASKS = [
    (r'\b(\d+ min )?\d+(\.\d+)? m?s\b', 'N s'),
    (r'after \d+ tries', 'after N tries'),  # as many as fit into a time
    (r'"milliseconds":\d+', '"milliseconds":N'),
    (r'\d+(\.\d+)? [KM]iB/s', 'N KiB/s'),
    (r'\bn2c \d+\.\d+\.\d+\S*', 'n2c VERSION'),
    (r'n2c/\d+\.\d+\.\d+\S*', 'n2c/VERSION'),
    (r'127\.0\.0\.1:\d{5}\b', '127.0.0.1:PORT'),
    (r'/blobs/uploads/[^ :?\n]+', '/blobs/uploads/…'),
    (r'(Date: ).*', r'\1…'),
    (r'self signed', 'self-signed'),
    (r' \((error:|OpenSSL)[^)]*\)', ''),
]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


class Desk:
    def __init__(self, folder, n2c, here):
        self.folder, self.n2c, self.here, self.servers = folder, n2c, here, []
        self.environment = {
            'PATH': f'{folder}/bin', 'HOME': f'{folder}/home', 'XDG_RUNTIME_DIR': f'{folder}/home',
            'N2C_STORE_ROOT': f'{folder}/store', 'LANG': 'C', 'NO_COLOR': '1',
            # The first thing that fails is the same each time.
            'N2C_PROBES': '1', 'N2C_UPLOADS': '1',
            # The bytes do not depend on the library that compresses.
            'N2C_COMPRESSION': 'none'}
        (folder / 'bin').mkdir()
        for name in ('env', 'head', 'timeout', 'true'):
            (folder / 'bin' / name).symlink_to(shutil.which(name))
        (folder / 'bin/n2c').symlink_to(n2c)
        (folder / 'bin/ctr').symlink_to(shutil.which('true'))
        (folder / 'home').mkdir()
        self.describe()
        self.certify()
        self.serve('REG', '--root', 'registry')
        self.serve('LOGIN', '--htpasswd', 'htpasswd')
        self.serve('TLS', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem')
        self.start(sys.executable, here / 'message_registry.py', PORTS['FAULT'])
        start_engine(folder / 'docker', version='24.0.7')
        self.closed = socket.socket(socket.AF_UNIX)
        self.closed.bind(f'{folder}/closed')
        self.closed.listen()
        (folder / 'closed').chmod(0)
        for name in ('REG', 'LOGIN', 'TLS', 'FAULT'):
            self.await_answer(PORTS[name])
        self.must('n2c push image.json REG/there:1')

    def describe(self):
        at = self.folder
        for path, size in zip(PATHS, STORE.values()):
            write(at / f'store{path}/file', 'n2c ' * (size // 4))
        graph = [{'path': PATHS[0], 'references': []}, {'path': PATHS[1], 'references': [PATHS[0]]}]
        write(at / 'graph.json', graph)
        write(at / 'perms.json', [{'path': '/nix/store/none', 'regex': '.*', 'mode': '0755'}])
        write(at / 'config.json', {'Cmd': ['/bin/app']})
        write(at / 'cmd.json', {'Cmd': '/bin/app'})
        write(at / 'misspelt.json', {'Entrypiont': ['/bin/app']})
        write(at / 'whole.json', {'os': 'linux', 'config': {}, 'rootfs': {'diff_ids': []}})
        write(at / 'notes.txt', 'not JSON\n')
        write(at / 'empty', '')
        write(at / 'helper.json', {'credHelpers': {f'127.0.0.1:{PORTS["FAULT"]}': 'absent'}})
        write(at / 'settings/n2c/config.toml', 'uplaods = 3\n')
        write(at / 'htpasswd', 'you:$2y$05$/OK.fbVrR/bpIqNJ5ianF.qFDrmNgIB3cejjMbmuDk9H1oJfq1rly\n')
        write(at / 'result/bin/app', '')
        self.must('n2c layers-from-reproducible-storepaths layers.json graph.json --max-layers 2 --store-root store')
        self.must('n2c image image.json config.json layers.json --arch amd64')
        image = json.loads((at / 'image.json').read_text())
        write(at / 'later.json', image | {'version': 99})
        self.describe_missing()
        self.must('n2c push image.json docker-archive:app.tar:app:1')
        self.must('n2c push image.json oci:layout:1')

    def describe_missing(self):
        """missing.json, whose store paths are gone since."""
        gone = [path.replace('-libc', '-zlib').replace('-app', '-tool') for path in PATHS]
        for path in gone:
            write(self.folder / f'store{path}/file', path)
        write(self.folder / 'gone.json', [{'path': path, 'references': []} for path in gone])
        self.must('n2c layers-from-reproducible-storepaths gone.layers.json gone.json --max-layers 2 --store-root store')
        self.must('n2c image missing.json config.json gone.layers.json --arch amd64')
        for path in gone:
            shutil.rmtree(self.folder / f'store{path}')

    def certify(self):
        for certificate, key in (('cert.pem', 'key.pem'), ('other.pem', 'other.key')):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30',
                            '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
                            '-keyout', key, '-out', certificate],
                           check=True, capture_output=True, cwd=self.folder)

    def serve(self, name, *options):
        self.start(self.n2c, 'serve', '--listen', f'127.0.0.1:{PORTS[name]}', *options)

    def start(self, *command):
        self.servers.append(subprocess.Popen([str(word) for word in command], cwd=self.folder, env=self.environment,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def await_answer(self, port):
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return http.client.HTTPConnection('127.0.0.1', port, timeout=5).connect()
            except OSError:
                if time.monotonic() > deadline:
                    sys.exit(f'nobody listens on port {port}')
                time.sleep(0.02)

    def must(self, command):
        status, said = self.run(command)
        if status:
            sys.exit(f'{command}: {said}')

    def run(self, command):
        """(exit code, what was printed)"""
        command = shown(command)
        for leaving in ('home', 'out'):
            shutil.rmtree(self.folder / leaving, ignore_errors=True)
        (self.folder / 'out.json').unlink(missing_ok=True)
        (self.folder / 'home').mkdir()
        is_alone = ' | ' not in command
        command, unread, _ = command.partition(' | true')
        unread_end = closed_pipe() if unread else subprocess.PIPE
        ended = subprocess.run(['/bin/sh', '-c', f'exec env {command}' if is_alone or unread else command],
                               cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                               stdout=unread_end, stderr=subprocess.PIPE if unread else subprocess.STDOUT, timeout=SECONDS)
        if unread:
            os.close(unread_end)
        said = ended.stderr if unread else ended.stdout
        return ended.returncode % 256 if ended.returncode >= 0 else 128 - ended.returncode, self.masked(said.decode())

    def masked(self, text):
        text = text.replace(str(self.folder), '/home/you')
        for found, place in MASKS:
            text = re.sub(found, place, text)
        return text

    def end(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait()


def shown(command):
    """The command as the page has it."""
    for name, port in PORTS.items():
        command = re.sub(rf'\b{name}\b', f'127.0.0.1:{port}', command)
    return command


def closed_pipe():
    read, end = os.pipe()
    os.close(read)
    return end
