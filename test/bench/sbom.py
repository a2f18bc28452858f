#!/usr/bin/env python3
"""What a bill of materials costs.

    test/bench/sbom.py N2C [PATHS]

An image.json of 10 000 store paths in 100 layers, each path with eight references, a licence and a description. Of both
formats: seconds of processor time, the largest resident memory, the size. None of the paths has to be there: their sizes
are in the closure graph.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

N2C = str(pathlib.Path(sys.argv[1]).resolve())
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
LAYERS = 100
names = [f'/nix/store/{hashlib.sha256(str(i).encode()).hexdigest()[:32]}-package-{i % 997}.{i}-1.{i % 50}' for i in range(COUNT)]


def digest(text):
    return 'sha256:' + hashlib.sha256(text.encode()).hexdigest()


def measured(*command):
    """(processor seconds, KiB resident) of a command that has to succeed."""
    with subprocess.Popen([N2C, *command]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f'n2c {" ".join(command)}: exit code {process.returncode}')
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    share = COUNT // LAYERS
    layers = [{'digest': digest(f'layer {at}'), 'size': 1000, 'diff_ids': digest(f'layer {at}'),
               'mediatype': 'application/vnd.oci.image.layer.v1.tar',
               'paths': [{'path': name} for name in names[at * share:(at + 1) * share]]} for at in range(LAYERS)]
    graph = [{'path': name, 'narHash': digest(name), 'narSize': 4096 + i,
              'references': sorted({names[(i * 7 + step * 131) % COUNT] for step in range(8)})} for i, name in enumerate(names)]
    infos = [{'path': name, 'pname': f'package-{i}', 'version': '1.0', 'description': 'Does what it does',
              'homepage': 'https://example.org/', 'licenses': [{'spdxId': 'MIT'}, {'fullName': 'My own'}]} for i, name in enumerate(names)]
    image = {'version': 1, 'image-config': {}, 'layers': layers, 'arch': 'amd64', 'created': '2024-01-01T00:00:00Z'}
    for name, value in [('image.json', image), ('graph.json', graph), ('packages.json', {'version': 1, 'packages': infos})]:
        pathlib.Path(name).write_text(json.dumps(value), encoding='utf-8')
    for form in 'cyclonedx', 'spdx':
        runs = [measured('sbom', 'image.json', '--format', form, '--closure-graph', 'graph.json', '--package-info', 'packages.json',
                         '-o', 'bill.json') for _ in range(3)]
        seconds, resident = sorted(runs)[1]
        size = pathlib.Path('bill.json').stat().st_size
        print(f'| {form}, {COUNT} store paths | {seconds:.2f} s | {resident / 1024:.0f} MiB | {size / 2**20:.1f} MiB |')
