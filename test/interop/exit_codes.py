#!/usr/bin/env python3
"""Each exit code of the table in docs/results.md, by real runs of every command: it means one thing everywhere. A
missing file that an option names is 3, whichever option it is; a file that cannot be written is 8.

usage: exit_codes.py N2C
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from desk import Desk, start_engine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import signals  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / 'docs/results.md'
BUILDING = ['layers-from-reproducible-storepaths', 'layers-from-non-reproducible-storepaths', 'image', 'image-from-dir',
            'image-from-manifest']
OK, USAGE, INPUT, LOGIN, REGISTRY, NETWORK, DIGEST, MACHINE, SIGNER = 0, 2, 3, 4, 5, 6, 7, 8, 9
wrong = 0
seen = {}


def check(what, holds, found=''):
    global wrong
    if not holds:
        print(f'FAILED: {what}: {found}')
    wrong += not holds


# A command line that would succeed, for options to be added to. APP is an image at the open registry.
PLAIN = {
    'image-from-dockertools': 'image-from-dockertools conf.json made.json --store-root .', 'attach': 'attach APP:1 config.json --type text/plain', 'cache': 'cache', 'completion': 'completion bash', 'config': 'config',
    'copy': 'copy APP:1 oci:copied', 'delete': 'delete APP:gone', 'diff': 'diff image.json second.json --store-root .',
    'digest': 'digest APP:1', 'index': 'index APP:1 oci:indexed', 'inspect': 'inspect image.json --store-root .',
    'load': 'load image.json --engine docker --store-root .', 'login': 'login HOST --creds ada:secret', 'logout': 'logout HOST',
    'pull': 'pull APP:1 pulled', 'provenance': 'provenance image.json --store-root .', 'push': 'push image.json APP:1 --store-root .', 'referrers': 'referrers APP:1', 'sbom': 'sbom image.json --store-root .',
    'serve': 'serve --listen 127.0.0.1:0', 'tag': 'tag APP:1 other', 'tags': 'tags APP', 'verify': 'verify image.json APP:1 --store-root .',
}
# What options are given that name a file to be read, and files to be written.
READ = {'auth-file': '', 'ca-file': '', 'client-cert': ' --client-key config.json', 'client-key': ' --client-cert config.json', 'closure-graph': '',
        'flake-metadata': '', 'package-info': '', 'src-auth-file': '', 'dest-auth-file': '', 'htpasswd': '', 'tls-cert': ' --tls-key config.json',
        'tls-key': ' --tls-cert config.json'}
WRITTEN = ['digest-file', 'image-id-file', 'summary', 'map', 'output', 'port-file']
MISSING = 'lacking/file'

# (exit code, words). OPEN asks for nothing, CLOSED for a login, SPOILT has an altered layer, NOBODY does not listen.
ROWS = [
    *[(NETWORK, words.replace('APP', 'NOBODY/app').replace('HOST', 'NOBODY')) for name, words in PLAIN.items()
      if ('APP' in words or name == 'login')],
    *[(LOGIN, words.replace('APP', 'CLOSED/app').replace('HOST', 'CLOSED')) for name, words in PLAIN.items()
      if ('APP' in words or name == 'login')],
    *[(REGISTRY, words.replace('APP', 'OPEN/lacking')) for name, words in PLAIN.items() if 'APP' in words and name != 'push'],
    *[(USAGE, words.replace('APP', 'APP:1:1:/')) for name, words in PLAIN.items() if 'APP' in words],
    (NETWORK, 'inspect NOBODY/app:1'), (LOGIN, 'inspect CLOSED/app:1'), (REGISTRY, 'inspect OPEN/lacking:1'),
    (NETWORK, 'sbom NOBODY/app:1'), (LOGIN, 'sbom CLOSED/app:1'), (REGISTRY, 'sbom OPEN/lacking:1'),
    (NETWORK, 'diff NOBODY/app:1 image.json'), (LOGIN, 'diff CLOSED/app:1 image.json'), (REGISTRY, 'diff OPEN/lacking:1 image.json'),
    (NETWORK, 'cache prune NOBODY/app'), (LOGIN, 'cache prune CLOSED/app'),
    (NETWORK, 'copy ./image.json NOBODY/app:1 --store-root .'), (LOGIN, 'copy ./image.json CLOSED/app:1 --store-root .'),
    (NETWORK, 'index image.json NOBODY/app:1 --store-root .'), (LOGIN, 'index image.json CLOSED/app:1 --store-root .'),
    (LOGIN, 'login CLOSED --creds ada:wrong'), (LOGIN, 'push image.json CLOSED/app:1 --store-root . --creds ada:wrong'),
    (REGISTRY, 'push image.json READONLY/app:1 --store-root .'), (REGISTRY, 'tag READONLY/app:1 other'),
    # Files that arguments name.
    *[(INPUT, words) for words in (
        'push none.json APP:1', 'push none.json oci:out', 'push docker-archive:none.tar oci:out', 'push --index ./none.json APP:1',
        'push --all none APP', 'push image.json APP:1 --store-root . --attach none:text/plain', 'push image.json oci:out --store-root none',
        'copy ./none.json oci:out', 'copy oci:none oci:out', 'copy oci-archive:none oci:out', 'copy docker-archive:none oci:out', 'copy dir:none oci:out',
        'copy oci:layout:none oci:out', 'index ./none.json oci:out', 'load none.json', 'load docker-archive:none.tar', 'pull oci:none out',
        'inspect ./none.json', 'inspect oci:none', 'diff ./none.json image.json', 'diff image.json ./none.json', 'digest ./none.json',
        'digest none --manifest', 'verify none.json', 'verify none.json APP:1', 'verify image.json oci:none --store-root .', 'sbom ./none.json',
        'attach APP:1 none --type text/plain', 'image-from-dockertools none.json', 'push config.json oci:out', 'load layers.json', 'serve --listen 127.0.0.1:0 --image a=none.json')],
    (MACHINE, 'push image.json oci:out --store-root home'),
    # An engine that is not there, and one that refuses.
    (NETWORK, 'load image.json --engine docker --store-root .', {'DOCKER_HOST': 'unix:///nowhere/docker.sock'}),
    (NETWORK, 'push image.json docker-daemon:app:1 --store-root .', {'DOCKER_HOST': 'unix:///nowhere/docker.sock'}),
    (NETWORK, 'copy APP:1 docker-daemon:app:1', {'DOCKER_HOST': 'unix:///nowhere/docker.sock'}),
    (NETWORK, 'load image.json --engine podman --store-root .', {'CONTAINER_HOST': 'unix:///nowhere/podman.sock'}),
    (REGISTRY, 'load image.json --engine docker --store-root .', {'DOCKER_HOST': 'unix://refusing.sock'}),
    (REGISTRY, 'push second.json docker-daemon:app:1 --store-root .', {'DOCKER_HOST': 'unix://refusing.sock'}),
    # Other bytes than were named.
    (DIGEST, 'pull SPOILT/app:1 spoilt'), (DIGEST, 'copy SPOILT/app:1 oci:spoilt-copy'), (DIGEST, 'copy SPOILT/app:1 OPEN/spoilt:1'),
    (DIGEST, 'verify image.json SPOILT/app:1 --deep --store-root .'), (DIGEST, 'verify second.json APP:1 --store-root .'),
    (DIGEST, 'push image.json oci:altered --store-root changed'), (DIGEST, 'load image.json --engine docker --store-root changed'),
    (DIGEST, 'verify image.json --store-root changed'),
    # This machine.
    (MACHINE, 'push image.json oci:config.json/out --store-root .'), (MACHINE, 'copy APP:1 dir:/dev/null/out'),
    (MACHINE, 'pull APP:1 /dev/null/out'), (MACHINE, 'serve --listen HOST'), (MACHINE, 'index APP:1 oci:config.json/out'),
    (MACHINE, 'cache', {'HOME': '', 'XDG_CACHE_HOME': ''}), (MACHINE, 'login HOST --creds ada:secret --auth-file config.json/none'),
    # A command that was to sign.
    (SIGNER, ['push', 'image.json', 'APP:signed', '--store-root', '.', '--sign-with', 'false']),
    (SIGNER, ['push', 'image.json', 'APP:signed', '--store-root', '.', '--sign-with', 'none/none']),
    # The command line, and what is set for all runs.
    (USAGE, 'psuh'), (USAGE, '--frobnicate'), (USAGE, 'push image.json https://HOST/app:1'), (USAGE, 'push image.json ""'),
    (USAGE, 'load image.json --engine none'), (USAGE, 'completion none'), (USAGE, 'serve --listen none'), (USAGE, 'inspect image.json --layer 9'),
    (INPUT, 'push image.json oci:out --store-root .', {'XDG_CONFIG_HOME': '/ODD'}), (INPUT, 'config', {'XDG_CONFIG_HOME': '/ODD'}),
    (OK, '--help'), (OK, '--version'), (OK, 'help push'),
]


class Walk:
    def __init__(self, desk):
        self.desk = desk
        self.hosts = {}

    def prepare(self):
        desk = self.desk
        desk.make_image()
        desk.host = desk.serve('--memory')
        (desk.place / 'htpasswd').write_text('ada:$2y$05$' + 'C' * 21 + 'u' + 'K' * 31 + '\n')
        held = desk.serve('--root', 'held')
        for image, name in (('image', '1'), ('second', 'gone')):
            desk.must(f'push {image}.json {desk.HOST}/app:{name} --store-root .')
        desk.must(f'push image.json {held}/app:1 --store-root . --compression none')
        desk.must('push image.json oci:layout:1 --store-root .')
        for blob in (desk.place / 'held/blobs').rglob('*'):  # those of repositories are links to them
            if blob.is_file() and blob.stat().st_size > 20000:
                content = bytearray(blob.read_bytes())
                content[15000] ^= 1
                blob.chmod(0o644)
                blob.write_bytes(content)
        self.hosts = {'NOBODY': '127.0.0.1:1', 'CLOSED': desk.serve('--memory', '--htpasswd', 'htpasswd'), 'SPOILT': held,
                      'READONLY': desk.serve('--root', 'kept', '--read-only'), 'OPEN': desk.host, 'HOST': desk.host, 'APP': f'{desk.host}/app'}
        subprocess.run(['cp', '-r', 'nix', 'changed-nix'], cwd=desk.place, check=True)
        (desk.place / 'changed').mkdir()
        (desk.place / 'changed-nix').rename(desk.place / 'changed/nix')
        next((desk.place / 'changed/nix/store').glob('*hello-2.12')).joinpath('file').write_bytes(b'x' * 9000)
        (desk.place / 'odd/n2c').mkdir(parents=True)
        (desk.place / 'odd/n2c/config.toml').write_text('psuh = 1\n')
        start_engine(desk.place / 'docker.sock')
        start_engine(desk.place / 'refusing.sock', refusal=(500, '{"message": "no space left on device"}'))

    def run(self, words, more=None):
        """(exit code, standard error)."""
        words = words.split() if isinstance(words, str) else words
        for name, host in self.hosts.items():
            words = [word.replace(name, host) for word in words]
        words = [word.replace('""', '') for word in words]
        there = f'unix://{self.desk.place}/'
        more = {'DOCKER_HOST': f'{there}docker.sock'} | (more or {})
        more = {name: value.replace('unix://refusing', f'{there}refusing').replace('/ODD', f'{self.desk.place}/odd') for name, value in more.items()}
        retries = ['--retry', '0'] if any(host in word for word in words for host in ('127.0.0.1:',)) else []
        if words[0] in ('serve', 'logout') or words[0] not in PLAIN:
            retries = []
        code, _, err = self.desk.run([*words, *retries], **more)
        return code, err

    def expect(self, code, words, more=None):
        found, err = self.run(words, more)
        seen.setdefault(found, []).append(words)
        check(f'{words}: {code} was due', found == code, f'{found}: {err}')

    def options_of(self, command):
        """Of a command: (name, what its value is called)."""
        text = self.desk.must(f'{command} --help', COLUMNS='200')
        return re.findall(r'^  (?:-\w, ?)?--([a-z-]+),?\S* ?(\S*)', text, re.M)

    def files_of_options(self):
        told = 0
        for command, words in PLAIN.items():
            for name, value in self.options_of(command):
                if value != 'FILE':
                    continue
                told += 1
                check(f'{command} --{name}: the test knows whether it is read', name in READ or name in WRITTEN)
                if command in ('login', 'logout') and name == 'auth-file':
                    continue  # it is written where there is none
                if name in READ:
                    self.expect(INPUT, f'{words} --{name} {MISSING}{READ[name]}')
                    self.expect(INPUT, f'{words} --{name} nix{READ[name]}')
                elif (command, name) != ('index', 'image-id-file'):  # an index has none
                    self.expect(MACHINE, f'{words} --{name} {MISSING}')
        check('options that name files were found', told > 60, told)

    def every_command(self):
        commands = set(re.findall(r'^  ([a-z][a-z-]+)\b', self.desk.must('--help'), re.M))
        check('each command is walked', commands <= {*PLAIN, *BUILDING}, commands - {*PLAIN, *BUILDING})
        for command in PLAIN:
            self.expect(USAGE, f'{command} --frobnicate')
            self.expect(OK, f'{command} --help')
            if command not in ('cache', 'config', 'serve', 'login', 'logout'):
                self.expect(USAGE, command)
        for command in BUILDING:
            for words in ('', ' --frobnicate', ' out none none', ' out none'):
                self.expect(1, command + words)
        for words in PLAIN.values():
            if words.split()[0] not in ('serve', 'cache', 'delete', 'pull', 'image-from-dockertools'):
                self.expect(OK, words)

    def full_disk(self):
        """What cannot be written to standard output is 8."""
        for command, words in PLAIN.items():
            if command in ('serve', 'login', 'logout', 'delete', 'pull', 'image-from-dockertools'):
                continue
            words = [word.replace('APP', self.hosts['APP']) for word in words.split()]
            with open('/dev/full', 'wb') as full:
                said = subprocess.run([self.desk.n2c, *words], cwd=self.desk.place, stdout=full, stderr=subprocess.PIPE, check=False,
                                      env=self.desk.environment({'DOCKER_HOST': f'unix://{self.desk.place}/docker.sock'}))
            seen.setdefault(said.returncode, []).append(words)
            check(f'{command} >/dev/full: 8 was due', said.returncode == MACHINE, (said.returncode, said.stderr))

    def stopped(self):
        """What waits for its input ends by a signal."""
        # A shell's background job ignores the one, what nohup started the other, and so do their children.
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for words in ('push docker-archive:- oci:never', 'load docker-archive:- --engine docker', 'copy docker-archive:- oci:never'):
            for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 129)):
                read, write = os.pipe()
                child = subprocess.Popen([self.desk.n2c, *words.split()], cwd=self.desk.place, stdin=read, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, env=self.desk.environment({'DOCKER_HOST': f'unix://{self.desk.place}/docker.sock'}))
                os.close(read)
                wait_for_heed(child)
                child.send_signal(number)
                found = child.wait(timeout=30)
                os.close(write)
                seen.setdefault(found, []).append(words)
                check(f'{words}, {number.name}: {code} was due', found == code, found)


def wait_for_heed(process):
    deadline = time.monotonic() + 20
    while not signals.are_heeded(process):
        if time.monotonic() > deadline:
            sys.exit('FAILED: it does not wait for signals')
        time.sleep(0.01)


def check_page():
    rows = {int(code) for code in re.findall(r'^\| `(\d+)` \|', PAGE.read_text(encoding='utf-8'), re.M)}
    check('the table of docs/results.md has the codes that were seen', rows == seen.keys(), (sorted(rows), sorted(seen)))


def main():
    with Desk(sys.argv[1]) as desk:
        walk = Walk(desk)
        walk.prepare()
        for row in ROWS:
            walk.expect(*row)
        walk.files_of_options()
        walk.every_command()
        walk.full_disk()
        walk.stopped()
    check_page()
    print(', '.join(f'{code}: {len(words)} runs' for code, words in sorted(seen.items())))
    sys.exit(1 if wrong else 0)


main()
