#!/usr/bin/env python3
"""How long n2c takes to say what it is: the median, and the slowest tenth, of 200 runs of each line.

usage: startup.py N2C

10 ms is what these may take with the program of a release build, on a machine that does nothing else.
"""
import os
import subprocess
import sys
import time

LINES = [['--version'], ['--help'], ['push', '--help'], ['completion', 'bash'], ['complete', 'oci']]
RUNS = 200


def milliseconds(words):
    begun = time.monotonic()
    child = os.posix_spawn(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f'{" ".join(words)}: {status}')
    return (time.monotonic() - begun) * 1000


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    print(subprocess.run([program, '--version'], check=True, text=True, stdout=subprocess.PIPE).stdout.split('\n')[2])
    for line in LINES:
        times = sorted(milliseconds([program, *line]) for _ in range(RUNS))
        print(f'n2c {" ".join(line):16} {times[RUNS // 2]:5.1f} ms, the slowest tenth {times[RUNS * 9 // 10]:5.1f} ms')


main()
