#!/usr/bin/env python3
"""Whether every command that reads a hostile file refuses it, for hostile_images.sh.

usage: refusals.py N2C REGISTRY KINDS NAME [WORD...]

KINDS are words of COMMANDS below; NAME is the file without what COMMANDS puts behind it. Each
command must end by itself within 5 seconds and 320 MiB, with an error that names the file or a
WORD, and leave nothing: not in `there`, where it runs, and nowhere below the current folder.
"""
import os
import resource
import select
import shutil
import subprocess
import sys

SECONDS = 5
MIB = 320
# A file that is read without end is not written so.
LONGEST_FILE = 256 << 20
REGISTRY = sys.argv[2]
TO = REGISTRY + '/a:1'

# In a command, I at a word's end is the file.
PUT = [
    ['push', 'I', 'dir:out'],
    ['push', 'I', 'oci:out'],
    ['push', 'I', 'oci-archive:out'],
    ['push', 'I', 'docker-archive:out:a:1'],
    ['push', 'I', '-'],
    ['push', 'I', TO],
    ['push', '--index', 'I', TO],
    ['copy', 'I', 'oci:out'],
    ['copy', 'I', TO],
    ['index', 'I', 'oci:out'],
]
LOOK = [['inspect', 'I'], ['inspect', '--what-if', 'I']]
IMAGE = [
    ['image', '--from-image', 'I', 'out', '../object', '../list'],
    ['image', '--merge-base-config', '--from-image', 'I', 'out', '../object', '../list'],
]
HOLD = [
    ['push', '--dry-run', 'I', TO],
    ['load', '--engine', 'docker', 'I', 'a:1'],
    ['serve', '--listen', '127.0.0.1:0', '--image', 'a:1=I'],
]
LAYERS = ['layers-from-reproducible-storepaths', 'out']
PARENTS = [
    [*LAYERS, '../list', 'I'],
    ['layers-from-non-reproducible-storepaths', 'out', '../list', 'I'],
]
LISTS = [
    [*LAYERS, 'I'],
    [*LAYERS, '../list', '--rewrites', 'I'],
    [*LAYERS, '../list', '--perms', 'I'],
]
OBJECTS = [
    [*LAYERS, '../list', '--history', 'I'],
    ['image', 'out', 'I', '../list'],
    ['image-from-manifest', 'out', 'I', '../object'],
]


def copies(place):
    return [['copy', place, 'oci:out'], ['copy', place, 'dir:out'], ['index', place, 'oci:out']]


# Kind: what is put behind the file's name, and the commands.
COMMANDS = {
    'put': ('.json', PUT),
    'look': ('.json', LOOK),
    'image': ('.json', IMAGE),
    'few': ('.json', PUT[5:8] + LOOK[:1] + IMAGE),
    'hold': ('.json', HOLD),
    'layers': ('.layers', [['image', 'out', '../object', 'I']]),
    'parents': ('.layers', PARENTS),
    'lists': ('.json', LISTS),
    'objects': ('.json', OBJECTS),
    'folder': ('.folder', [['image-from-dir', 'out', 'I'], *copies('dir:I')]),
    'dir': ('/dir', [['image-from-dir', 'out', 'I'], *copies('dir:I')]),
    'oci': ('/oci', copies('oci:I')),
    'index': ('/index', copies('oci:I')),
    'archive': ('/archive', copies('oci-archive:I')),
    'docker': ('/docker-archive', copies('docker-archive:I')),
}


def files():
    return {os.path.join(folder, name) for folder, _, names in os.walk('.') for name in names
            if name != 'serve.log'}


def run(command):
    """(wait status, KiB at most, what it said) of n2c, which is killed after SECONDS."""
    with open('err', 'wb') as err:
        child = subprocess.Popen(command, cwd='there', stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=err)
    if not select.select([os.pidfd_open(child.pid)], [], [], SECONDS)[0]:
        child.kill()
    _, status, used = os.wait4(child.pid, 0)
    with open('err', encoding='utf-8', errors='replace') as err:
        return status, used.ru_maxrss, err.read()


def faults(command, words):
    """What the command did that it should not."""
    status, peak, said = run(command)
    if os.WIFSIGNALED(status):
        signal = os.WTERMSIG(status)
        yield 'no end' if signal == 9 else f'signal {signal}'
    if status == 0:
        yield 'no error'
    elif not any(word in said for word in words):
        yield 'not named: ' + said[-300:]
    if peak > MIB * 1024:
        yield f'{peak // 1024} MiB'
    if any(set(names) - {'oci-layout', 'version'} for _, _, names in os.walk('there')):
        yield 'files left'


def main():
    n2c, _, kinds, name, *words = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
    failed = False
    before = files()
    for kind in kinds.split():
        ending, commands = COMMANDS[kind]
        file = f'{os.getcwd()}/{name}{ending}'
        words.append(file)
        for command in commands:
            with_file = [word[:-1] + file if word.endswith('I') else word for word in command]
            for fault in faults([n2c, *with_file], words):
                print(f"  {' '.join(command)}: {fault}")
                failed = True
            shutil.rmtree('there')
            os.mkdir('there')
    changed = files() ^ before
    if changed:
        print('  files changed:', changed)
    sys.exit(1 if failed or changed else 0)


main()
