#!/usr/bin/env python3
"""How long n2c takes to say what it is: the median, and the processors' time, of 200 runs of each line.

usage: startup.py N2C

10 ms is what these may take with the program of a release build. On a machine that does other things as well the
processors' time is the one to look at. /bin/true is what starting any program takes.
"""
import os
import resource
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
    for line in [['/bin/true']] + [[program, *line] for line in LINES]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        times = sorted(milliseconds(line) for _ in range(RUNS))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / RUNS
        shown = ' '.join([os.path.basename(line[0]), *line[1:]])
        print(f'{shown:20} {times[RUNS // 2]:5.1f} ms, of which the processors work {busy:4.1f} ms')


main()
