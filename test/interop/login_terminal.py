#!/usr/bin/env python3
"""`n2c login` as someone at a terminal meets it: a pseudo terminal, a registry that wants a login, and
what is shown, kept and left behind.

usage: login_terminal.py N2C
"""
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

PASSWORD = 'c0rrect-horse-battery'


class Terminal:
    """A program with a terminal of its own; `screen` is all that was shown there."""

    def __init__(self, words, environment):
        self.keyboard, self.side = os.openpty()
        self.before = termios.tcgetattr(self.side)
        self.screen = b''
        self.process = subprocess.Popen(
            words, stdin=self.side, stdout=self.side, stderr=self.side, env=environment,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def look(self, seconds=0.05):
        if select.select([self.keyboard], [], [], seconds)[0]:
            self.screen += os.read(self.keyboard, 4096)

    def wait_until(self, what, holds):
        deadline = time.monotonic() + 20
        while not holds():
            if time.monotonic() > deadline:
                self.process.kill()
                sys.exit(f'FAILED: waited for {what}; shown: {self.screen}')
            self.look()

    def wait_for(self, text):
        self.wait_until(text, lambda: text in self.screen)

    def is_silent(self):
        return not termios.tcgetattr(self.side)[3] & termios.ECHO

    def type(self, text):
        os.write(self.keyboard, text)

    def end(self):
        """The exit status. The terminal must be as it was."""
        self.wait_until('the end', lambda: self.process.poll() is not None)
        self.look()
        assert termios.tcgetattr(self.side) == self.before, 'the terminal was left in another state'
        os.close(self.keyboard)
        os.close(self.side)
        return self.process.returncode


def check(what, holds):
    if not holds:
        sys.exit(f'FAILED: {what}')
    print(f'ok: {what}')


def start_registry(program, folder):
    logins = subprocess.run(['htpasswd', '-nbBC', '4', 'ada', PASSWORD], check=True, capture_output=True)
    (folder / 'htpasswd').write_bytes(logins.stdout)
    server = subprocess.Popen(
        [program, 'serve', '--listen', '127.0.0.1:0', '--port-file', folder / 'port', '--htpasswd',
         folder / 'htpasswd'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (folder / 'port').exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return server, f"127.0.0.1:{(folder / 'port').read_text().strip()}"


def run(program, folder, host):
    kept = folder / 'config.json'
    environment = os.environ | {'DOCKER_CONFIG': str(folder), 'HOME': str(folder)}
    environment.pop('REGISTRY_AUTH_FILE', None)

    def login(*words):
        return Terminal([program, 'login', host, *words], environment)

    def login_to_password():
        terminal = login('-u', 'ada')
        terminal.wait_for(b'Password: ')
        return terminal

    terminal = login_to_password()
    check('the terminal is silent when the password is asked for', terminal.is_silent())
    terminal.type(b'\x03')
    check('Ctrl-C ends it, as stopped on request, with the terminal as it was', terminal.end() == 130)

    terminal = login_to_password()
    terminal.type(b'half a pass')
    terminal.process.send_signal(signal.SIGTERM)
    check('so does SIGTERM', terminal.end() == 130)
    check('what was half typed is not shown', b'half' not in terminal.screen)

    terminal = login_to_password()
    terminal.type(b'\x04')
    check('Ctrl-D is no password', terminal.end() == 2 and b'no password' in terminal.screen)

    terminal = login()
    terminal.wait_for(b'Username: ')
    check('a user name is shown when it is typed', not terminal.is_silent())
    terminal.type(b'\x03')
    check('and Ctrl-C ends that question too', terminal.end() == 130)
    check('nothing is kept so far', not kept.exists())

    terminal = login_to_password()
    terminal.type(b'wrong\n')
    check('a wrong password is refused', terminal.end() == 4 and not kept.exists())

    terminal = login()
    terminal.wait_for(b'Username: ')
    terminal.type(b'ada\n')
    terminal.wait_for(b'Password: ')
    terminal.type(PASSWORD.encode() + b'\n')
    check('the right one is taken', terminal.end() == 0)
    check('it is not on the screen', PASSWORD.encode() not in terminal.screen)
    auth = json.loads(kept.read_text())['auths'][host]['auth']
    check('it is kept', base64.b64decode(auth).decode() == f'ada:{PASSWORD}')
    check('for nobody else to read', kept.stat().st_mode & 0o777 == 0o600)


def main():
    if shutil.which('htpasswd') is None:
        print('htpasswd is not installed')
        sys.exit(77)
    program = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        server, host = start_registry(program, pathlib.Path(folder))
        try:
            run(program, pathlib.Path(folder), host)
        finally:
            server.terminate()
            server.wait()


main()
