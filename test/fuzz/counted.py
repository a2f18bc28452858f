#!/usr/bin/env python3
"""What libFuzzer's logs say, a line for each target, and build-reliability/fuzz.json for scripts/reliability.

usage: counted.py FOLDER SECONDS

FOLDER has TARGET.log, as `.ci/run` keeps them (with -print_final_stats=1), and what was found.
"""
import json
import pathlib
import re
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
SHORTEST = 60  # seconds below which the figures are not worth keeping


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def main():
    folder, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    counted = {}
    for log in sorted(folder.glob('*.log')):
        text = log.read_text(encoding='utf-8', errors='replace')
        counted[log.stem] = {'seconds': seconds, 'runs': last(r'stat::number_of_executed_units:\s*(\d+)', text),
                             'covered': last(r'cov: (\d+)', text), 'found': len(re.findall(r'Test unit written to', text))}
        print('fuzzed {} for {} s: {runs} inputs, {covered} edges, {found} findings'.format(log.stem, seconds, **counted[log.stem]))
    if seconds >= SHORTEST:
        (CHECKOUT / 'build-reliability').mkdir(exist_ok=True)
        (CHECKOUT / 'build-reliability/fuzz.json').write_text(json.dumps(counted, indent=1), encoding='utf-8')


main()
