#!/usr/bin/env python3
"""Counts what `meson test` ran and prints `N passed, N failed[, N skipped]`.

usage: count.py TESTLOG.JSON...

A doctest program counts once for each test case. A shell test counts its own `N passed, N failed`
line where it ends with one, else once. A skipped one (exit 77) is named with the
last line it printed: the reason. Exits with 1 when anything failed or nothing ran.
"""
import json
import re
import sys

DOCTEST = re.compile(r'test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed')
OWN = re.compile(r'^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', re.M)
ANSI = re.compile(r'\x1b\[[0-9;]*m')


def name(test):
    """Without the project and the suites that Meson puts before it: "n2c:slow / ", in newer ones "slow - n2c:"."""
    return re.sub(r'^.*(?: / | - [^/]*?:)|^[^/]*:', '', test['name'])


def last_line(test):
    """What it ended with: the reason of one that was skipped."""
    return ''.join((test.get('stdout', '') + test.get('stderr', '')).strip().splitlines()[-1:])


def count(test):
    """(passed, failed, skipped) of one entry of the log."""
    output = ANSI.sub('', test.get('stdout', ''))
    if test['result'] == 'SKIP':
        return 0, 0, 1
    found = DOCTEST.search(output) or OWN.search(output)
    passed, failed = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
    skipped = int(found.group(3) or 0) if found and found.re is OWN else 0
    if test['result'] == 'OK':
        return passed or (0 if found else 1), failed, skipped
    return passed, max(failed, 1), skipped


def main():
    totals = [0, 0, 0]
    for path in sys.argv[1:]:
        with open(path, encoding='utf-8') as log:
            tests = [json.loads(line) for line in log]
        for test in tests:
            counts = count(test)
            totals = [a + b for a, b in zip(totals, counts)]
            if test['result'] == 'SKIP':
                print(f'skipped {name(test)}: {last_line(test)}')
            elif counts[1]:
                print(f"failed {name(test)} ({test['result']})")
    passed, failed, skipped = totals
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
