#!/usr/bin/env python3
"""Which lines of each file fuzzing reaches, and build-reliability/fuzz_coverage.json for scripts/reliability.

usage: covered.py COVERAGE.json

COVERAGE.json is what `llvm-cov export -summary-only` said of all targets together. Prints `COVERED of LINES, FILE` for each file of
n2c that a target is linked with, the least covered last.
"""
import json
import pathlib
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    found = {}
    for one in json.loads(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8'))['data'][0]['files']:
        lines = one['summary']['lines']
        file = pathlib.Path(one['filename']).resolve()
        if lines['count'] and any(file.is_relative_to(CHECKOUT / folder) for folder in ('src', 'registry')):
            found[str(file.relative_to(CHECKOUT))] = [lines['covered'], lines['count']]
    for file, (covered, lines) in sorted(found.items(), key=lambda it: -it[1][0] / it[1][1]):
        print(f'{covered} of {lines}, {file}')
    (CHECKOUT / 'build-reliability').mkdir(exist_ok=True)
    (CHECKOUT / 'build-reliability/fuzz_coverage.json').write_text(json.dumps(found, indent=1), encoding='utf-8')


main()
