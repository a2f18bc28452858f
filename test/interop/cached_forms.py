#!/usr/bin/env python3
"""What n2c's cache says that each layer becomes, and a cache in which all of that is wrong.

usage: cached_forms.py show CACHE     prints LAYER RECIPE DIGEST SIZE lines, sorted
       cached_forms.py spoil CACHE    gives each form another digest, in lines that are whole
"""
import hashlib
import os
import pathlib
import sys

HEADING = 'n2c cache 1'


def forms(text):
    """{(layer, recipe): [digest, size]}, as the cache's lines leave it."""
    found = {}
    for line in text.splitlines()[1:]:
        _, kind, *words = line.split(' ')
        if kind == 'forget':
            found = {key: form for key, form in found.items() if key[1] != words[0]}
        if kind == 'form':
            found[words[0], words[1]] = words[2:]
    return found


def spoiled(found):
    lines = [HEADING]
    for (layer, recipe), (_, size) in found.items():
        line = f'form {layer} {recipe} sha256:{os.urandom(32).hex()} {size}'
        lines.append(hashlib.sha256(line.encode()).hexdigest()[:16] + ' ' + line)
    return '\n'.join(lines) + '\n'


def main():
    cache = pathlib.Path(sys.argv[2])
    found = forms(cache.read_text(encoding='utf-8'))
    if sys.argv[1] == 'spoil':
        cache.write_text(spoiled(found), encoding='utf-8')
        return
    for key, form in sorted(found.items()):
        print(*key, *form)


main()
