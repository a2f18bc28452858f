#!/usr/bin/env python3
"""Whether a container's exported file system is that of the image's layers.

usage: exported_files.py IMAGE_JSON STORE_ROOT <TAR

The tar on standard input must hold what the image's store paths hold, and nothing else but what
engines add. Prints the first differences and exits with 1 where there are any.
"""
import hashlib
import json
import os
import sys
import tarfile

ENGINES_ADD = ('dev', 'proc', 'sys', 'etc', '.dockerenv', 'run')
FEWEST = 20  # an image with fewer files shows nothing


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def entries_below(top):
    """{name: link target or checksum} of a store path."""
    found = {}
    for folder, folders, files in os.walk(top):
        for entry in folders + files:
            full = os.path.join(folder, entry)
            name = os.path.relpath(full, top)
            if os.path.islink(full):
                found[name] = os.readlink(full)
            elif os.path.isfile(full):
                with open(full, 'rb') as file:
                    found[name] = checksum(file.read())
    return found


def described(image, store_root):
    """What the image's layers hold."""
    found = {}
    with open(image, encoding='utf-8') as file:
        for layer in json.load(file)['layers']:
            for path in layer['paths']:
                found |= entries_below(store_root + path['path'])
    return found


def exported(stream):
    """What the tar holds."""
    found = {}
    with tarfile.open(fileobj=stream, mode='r|') as tar:
        for entry in tar:
            name = entry.name.removeprefix('./').strip('/')
            if entry.isreg():
                found[name] = checksum(tar.extractfile(entry).read())
            elif entry.islnk():
                found[name] = found[entry.linkname.removeprefix('./').strip('/')]
            elif entry.issym():
                found[name] = entry.linkname
    return found


def without_engines(found):
    return {name: what for name, what in found.items() if name.split('/')[0] not in ENGINES_ADD}


def main():
    expected = without_engines(described(*sys.argv[1:]))
    found = without_engines(exported(sys.stdin.buffer))
    names = sorted(expected.keys() | found.keys())
    wrong = [name for name in names if expected.get(name) != found.get(name)]
    for name in wrong[:5]:
        print(' ', name, expected.get(name), found.get(name))
    sys.exit(1 if wrong or len(expected) < FEWEST else 0)


main()
