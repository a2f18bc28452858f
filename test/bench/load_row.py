#!/usr/bin/env python3
"""A row of the table that load.sh prints.

usage: load_row.py ENGINE CASE RESIDENT WORDS TIMES OWN_TIMES

TIMES are the seconds of each round, OWN_TIMES those of the engine's own full load; RESIDENT is
the memory that n2c took, and WORDS is what it said.
"""
import statistics
import sys


def median(times):
    return statistics.median(map(float, times.split()))


def main():
    engine, case, resident, words, times, own_times = sys.argv[1:]
    ours, full = median(times), median(own_times)
    if case.startswith('its'):
        resident = ''  # it is the engine's row
    print(f'| {engine} | {case} | {ours:.2f} s | {ours / full:.3f} | {resident} | {words} |')


main()
