#!/usr/bin/env python3
"""What one build of n2c costs beside another: two commits, two compilers, or -Dhardening=true beside false.

usage: builds.py [--rounds 11] [--small] N2C OTHER [ROW...]

Both builds make, push and write one image of 100 layers of 7 MB by turns; each prints the medians of wall time and of its own
processor time, and their ratios, in Markdown. The registry is N2C's own, in memory. Wall time of a push moves by some percent
with nothing changed; processor time by less.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import tempfile
import time

import twice


def seconds(bench, program, *words):
    """Wall and processor seconds of one command."""
    words = [str(word) for word in (program, *words)]
    began = time.monotonic()
    child = os.posix_spawn(words[0], words, bench.environment, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f'{" ".join(words)}: {status}')
    return time.monotonic() - began, used.ru_utime + used.ru_stime


def build_layers(bench, program, _image, _changed):
    return seconds(bench, program, 'layers-from-reproducible-storepaths', bench.work / 'layers.json', bench.work / 'graph.json',
                   '--max-layers', 100, '--store-root', bench.work)


def first_push(compression):
    def row(bench, program, image, _changed):
        bench.new_registry()
        bench.forget()
        return seconds(bench, program, 'push', image, f'{bench.address}/app:1', '--store-root', bench.work, '--compression', compression)
    return row


def push_of_what_changed(bench, program, image, changed):
    bench.new_registry()
    bench.push(image, 'app:1')
    bench.forget()
    return seconds(bench, program, 'push', changed, f'{bench.address}/app:2', '--store-root', bench.work)


def into_layout(bench, program, image, _changed):
    layout = bench.work / 'layout'
    shutil.rmtree(layout, ignore_errors=True)
    return seconds(bench, program, 'push', image, f'oci:{layout}:1', '--store-root', bench.work)


def from_registry(bench, program, image, _changed):
    bench.new_registry()
    bench.push(image, 'app:1')
    layout = bench.work / 'layout'
    shutil.rmtree(layout, ignore_errors=True)
    return seconds(bench, program, 'copy', f'docker://{bench.address}/app:1', f'oci:{layout}:1')


ROWS = {
    'build layers.json': build_layers,
    'first push, gzip': first_push('gzip'),
    'first push, zstd': first_push('zstd'),
    'first push, not compressed': first_push('none'),
    'push of one changed layer': push_of_what_changed,
    'push to oci:': into_layout,
    'registry → oci:': from_registry,
}


def compared(bench, other, row, image, changed):
    """Medians of (wall, processor) seconds, N2C's and the other's, in rounds that take turns."""
    took = {bench.n2c: [], other: []}
    for turn in range(bench.rounds):
        for program in (bench.n2c, other) if turn % 2 else (other, bench.n2c):
            took[program].append(row(bench, program, image, changed))
    return [[statistics.median(one) for one in zip(*took[program])] for program in (bench.n2c, other)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--rounds', type=int, default=11)
    arguments.add_argument('--small', action='store_true', help='an image a tenth as large, to see that a row works')
    arguments.add_argument('n2c')
    arguments.add_argument('other')
    arguments.add_argument('rows', nargs='*', metavar='ROW', help=', '.join(ROWS))
    given = arguments.parse_args()
    given.n2c, other = os.path.abspath(given.n2c), os.path.abspath(given.other)
    print('| case | n2c | the other | ratio | processor | the other | ratio |\n' + '| --- ' * 7 + '|')
    with tempfile.TemporaryDirectory() as folder:
        bench = twice.Bench(pathlib.Path(folder), given)
        changed, image = bench.usual_image(1), bench.usual_image()
        for name in given.rows or ROWS:
            (wall, busy), (wall_other, busy_other) = compared(bench, other, ROWS[name], image, changed)
            print(f'| {name} | {wall:.3f} s | {wall_other:.3f} s | {wall / wall_other:.3f} '
                  f'| {busy:.3f} s | {busy_other:.3f} s | {busy / busy_other:.3f} |', flush=True)
        bench.end_registry()


if __name__ == '__main__':
    main()
