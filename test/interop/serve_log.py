#!/usr/bin/env python3
"""Whether the log of `n2c serve --json` tells the requests, and no secret.

usage: serve_log.py LOG SECRET STATUS...

Each STATUS is that of one request, in their order. Ends with an assertion where the log differs.
"""
import json
import pathlib
import sys


def main():
    file, secret, *statuses = sys.argv[1:]
    log = pathlib.Path(file).read_text(encoding='utf-8')
    lines = [json.loads(line) for line in log.splitlines() if line.startswith('{')]
    assert [str(line['status']) for line in lines] == statuses, lines
    assert secret not in log, 'the log holds the secret'


main()
