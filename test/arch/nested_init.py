#!/usr/bin/env python3
"""Finds aggregates that are made within another one without their name.

usage: nested_init.py ROOT
       nested_init.py --self-test

    HostCall call{.request = {.url = url}, .scopes = {scope}};                 refused
    HostCall call{.request = http::Request{.url = url}, .scopes = {scope}};    right

GCC 12 destroys the members of the first one twice when a later member throws, as it does where memory
runs out. Prints each place as FILE:LINE: SENTENCE and exits with 1 when there is one.
"""
import pathlib
import re
import sys

from functions import NOT_CODE, sources

BARE = re.compile(r'\.\w+ = \{\s*\.\w')


def bare_lines(text):
    code = NOT_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    return [code.count('\n', 0, found.start()) + 1 for found in BARE.finditer(code)]


def self_test():
    text = ('f({.a = {.b = 1}});\nf({.a = B{.b = 1}});\nf({.a = {1, 2}});  // .a = {.b = 1}\n'
            'return {.a = {\n            .b = 1}};\n')
    if bare_lines(text) != [1, 4]:
        sys.exit(f'nested_init.py --self-test: {bare_lines(text)}')


def main():
    if sys.argv[1] == '--self-test':
        return self_test()
    root = pathlib.Path(sys.argv[1])
    wrong = 0
    for path in sources(root, 'src', 'registry'):
        for line in bare_lines(path.read_text(encoding='utf-8')):
            print(f'{path.relative_to(root)}:{line}: a nested aggregate without its name, which GCC 12 destroys twice: '
                  'write .member = Type{.x = …}')
            wrong += 1
    sys.exit(wrong > 0)


main()
