#!/usr/bin/env python3
"""Whether docs/messages.md has what n2c says today.

usage: messages.py N2C [--write]

Each case of message_cases.py is run in a network that has 127.0.0.1 alone. --write makes the page; without it the
page is compared. What differs from run to run has a name in place of what it was (MASKS in message_desk.py).
"""
import ctypes
import difflib
import fcntl
import os
import pathlib
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from message_cases import CASES
from message_desk import PORTS, Desk, shown

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / 'docs/messages.md'
HEAD = """# What n2c says

{count} commands, most of them mistakes, with what n2c says to each. `test/interop/messages.py`
runs them; with `--write` it makes this page, without it is a test that the page is true. [What a
message means](troubleshooting.md) says what to do.

| at | is a registry |
| --- | --- |
| {REG} | that takes pushes |
| {LOGIN} | that asks for a login |
| {TLS} | that speaks HTTPS |
| {FAULT} | that refuses what it is asked, each repository in its own way |
| {NONE} | that is not there: nobody listens |

`N s` stands for any time. The store paths of `image.json` are below `$N2C_STORE_ROOT`, those of
`missing.json` are nowhere.

Each was judged by reading. Good: it says what is wrong first, then what was being done, and, where
there is something to do, what to try. Weak: a fact is missing, or one stands there twice. Bad: it
misleads, or nothing is said.

| section | good | weak | bad |
| --- | --- | --- | --- |
"""
CLONED = 'N2C_OWN_NETWORK'
# What root may do and others may not: to read and write all files, to listen below port 1024.
ROOTS_RIGHTS = (1, 2, 10)
PR_CAPBSET_DROP, SIOCSIFFLAGS, IFF_UP = 24, 0x8914, 1


def enter_own_network():
    """Returns only there. Its loopback is the only way, and programs are started without ROOTS_RIGHTS."""
    if CLONED not in os.environ:
        words = ['unshare', '-n'] if os.getuid() == 0 else ['unshare', '-rn']
        if not shutil.which('unshare') or subprocess.run([*words, 'true'], capture_output=True, check=False).returncode:
            print('no network of its own can be made (unshare)')
            sys.exit(77)
        os.environ[CLONED] = '1'
        os.execvp('unshare', [*words, sys.executable, *sys.argv])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack('16sh', b'lo', IFF_UP))
    if [name for _, name in socket.if_nameindex()] != ['lo']:
        sys.exit('this network has more than the loopback')
    for right in ROOTS_RIGHTS:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


def refuse_other_hosts():
    """Every word that could name a host names one of PORTS."""
    ours = {f'127.0.0.1:{port}' for port in PORTS.values()} | {'127.0.0.1:0', '127.0.0.1:80', '0.0.0.0:5000'}
    names_none = ('app:1', 'you:right', 'you:wrong', '$PWD', '.', '')
    for command in (command for _, cases in CASES for _, command, *_ in cases):
        for word in shlex.split(shown(command)):
            first = word.rpartition('//')[2].rpartition('=')[2].partition('/')[0].partition('@')[0]
            is_file = first.endswith(('.json', '.tar', '.txt', '.pem'))
            is_place = word.startswith(('oci:', 'ocidir:./'))
            if ('.' in first or ':' in first) and not is_file and not is_place and first not in (*ours, *names_none):
                sys.exit(f'{command}: {word} names another host')


def judged(case):
    """('good', '') or ('weak', why)."""
    word, _, why = (case[2] if len(case) > 2 else 'good').partition(': ')
    return word, why


def table():
    counts = {section: [sum(judged(case)[0] == word for case in cases) for word in ('good', 'weak', 'bad')]
              for section, cases in CASES}
    total = [sum(count) for count in zip(*counts.values())]
    rows = [*counts.items(), ('all', total)]
    return ''.join(f'| {section} | {good} | {weak} | {bad} |\n' for section, (good, weak, bad) in rows)


def heading(title):
    return title if '://' in title else title[0].upper() + title[1:]


def page(desk):
    places = {name: f'`127.0.0.1:{port}`' for name, port in PORTS.items()}
    text = HEAD.format(count=sum(len(cases) for _, cases in CASES), **places) + table()
    for section, cases in CASES:
        text += f'\n## {section}\n'
        for case in cases:
            title, command = case[:2]
            status, said = desk.run(command)
            word, why = judged(case)
            verdict = word.capitalize() + (f': {why}' if why else '')
            lines = [f'$ {shown(command)}', *said.rstrip('\n').split('\n')]
            block = ''.join(f'    {line}'.rstrip() + '\n' for line in lines if line)
            text += f'\n### {heading(title)}\n\n{block}\nExit code {status}. {verdict}.\n'
    return text


def main():
    if not shutil.which('openssl'):
        print('openssl is not installed')
        return 77
    refuse_other_hosts()
    enter_own_network()
    folder = pathlib.Path(tempfile.mkdtemp())
    desk = None
    try:
        desk = Desk(folder, pathlib.Path(sys.argv[1]).resolve(), HERE)
        made = page(desk)
    finally:
        if desk:
            desk.end()
        shutil.rmtree(folder)
    if '--write' in sys.argv:
        PAGE.write_text(made)
        return 0
    lines = [text.split('\n') for text in (PAGE.read_text(), made)]
    differs = list(difflib.unified_diff(*lines, 'docs/messages.md', 'n2c', lineterm=''))
    print('\n'.join(differs) or 'docs/messages.md is true')
    return 1 if differs else 0


sys.exit(main())
