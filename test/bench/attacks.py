#!/usr/bin/env python3
"""What each attack of test/interop/attackers.py costs a client of `n2c serve` that pushes and pulls meanwhile.

usage: attacks.py N2C [ATTACK...]

Both stores, in memory and in a folder. In each round the client pushes an image of 64 MiB into a new repository and pulls it,
once alone and once under attack. Prints a line for each attack, and keeps the figures in build-reliability/attacks.json, of which
scripts/reliability makes a table. Takes ten minutes; only an idle machine has figures worth reading.
"""
import json
import os
import pathlib
import statistics
import sys
import tempfile

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(CHECKOUT / 'test/interop'))
import attackers  # noqa: E402  (test/interop/attackers.py)
import serve_under_attack as desk  # noqa: E402

ROUNDS = 5
IMAGE_MIB = 64
KEPT = CHECKOUT / 'build-reliability/attacks.json'


def measured(program, folder, client, options, attack, count):
    """Medians of the client's seconds, alone and under attack, and the server's peak."""
    server = desk.Server(program, folder, options)
    alone, under = [], []
    try:
        client.seconds(server.port)
        for _ in range(ROUNDS):
            alone.append(client.seconds(server.port))
            with desk.attacked(server, attack, count):
                under.append(client.seconds(server.port))
        peak = server.peak_mib()
    finally:
        ended = server.stop()
    assert ended is None, ended
    return {'attackers': count, 'alone': statistics.median(alone), 'under': statistics.median(under), 'peak': peak}


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    found = {'processors': os.cpu_count(), 'load': os.getloadavg()[0], 'rounds': ROUNDS, 'image': IMAGE_MIB, 'limit': desk.MEMORY_MIB, 'stores': {}}
    for store in ('memory', 'folder'):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            place = ['--memory'] if store == 'memory' else ['--root', folder / 'root']
            client = desk.Client(program, folder, IMAGE_MIB)
            for attack, count in attackers.ATTACKS.items():
                if chosen and attack.__name__ not in chosen:
                    continue
                title = attack.__name__.replace('_', ' ')
                row = measured(program, folder, client, [*place, *desk.serve_options(folder)], attack, count)
                found['stores'].setdefault(store, {})[title] = row
                print('{:<7} {:<22} alone {alone:6.2f} s, under attack {under:6.2f} s, {ratio:4.1f} x, {peak:4.0f} MiB'.format(
                    store, title, ratio=row['under'] / row['alone'], **row), flush=True)
    if not chosen:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(found, indent=1), encoding='utf-8')


main()
