#!/usr/bin/env python3
"""The most memory that a command was resident in.

usage: peak_memory.py [--alone] [--at-most MIB] COMMAND...

Prints it, as `12 MiB`. Ends as the command did; with 1 where that was well, but took more than MIB.
With --alone, what the command itself runs does not count; its peak is then read every 2 ms.
"""
import argparse
import pathlib
import re
import resource
import subprocess
import sys


def peak_alone(process):
    """KiB; the kernel forgets them once the process ended."""
    status, peak = pathlib.Path(f'/proc/{process.pid}/status'), 0
    while process.poll() is None:
        try:
            peak = int(re.search(r'VmHWM:\s*(\d+)', status.read_text(encoding='ascii'))[1])
        except (OSError, TypeError):  # it has just ended
            pass
        try:
            process.wait(0.002)
        except subprocess.TimeoutExpired:
            pass
    return peak


def peak_of_all(process):
    """KiB, of it and of what it waited for."""
    process.wait()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--alone', action='store_true')
    arguments.add_argument('--at-most', type=int, metavar='MIB')
    arguments.add_argument('command', nargs=argparse.REMAINDER)
    given = arguments.parse_args()
    with subprocess.Popen(given.command, stdout=subprocess.DEVNULL) as process:
        peak = (peak_alone if given.alone else peak_of_all)(process)
    print(f'{peak / 1024:.0f} MiB', flush=True)
    sys.exit(process.returncode or (given.at_most is not None and peak > given.at_most * 1024))


main()
