#!/usr/bin/env python3
"""Finds threats in docs/security.md whose test does not exist, or that name none.

usage: threats.py ROOT
       threats.py --self-test

The last column of each table there names tests: "the sentence of a TEST_CASE" or `test/a/file`. Prints each breach as
FILE:LINE: SENTENCE and exits with 1 when there is one.
"""
import pathlib
import re
import sys

NAME = re.compile(r'"([^"]+)"|`(test/[^`]+)`')
CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)')


def cases(text):
    """The names of a file's tests. A long one is several texts."""
    for found in CASE.finditer(text):
        yield ''.join(re.findall(r'"((?:\\.|[^"\\])*)"', found[1]))


def breaches(page, names, exists):
    """(line, sentence) of each row that is wrong."""
    in_table = False
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith('|'):
            in_table = False
            continue
        is_row = in_table and not line.startswith('| ---')
        in_table = True
        if not is_row:
            continue
        named = NAME.findall(line.rstrip().rstrip('|').split(' | ')[-1])
        if not named:
            yield number, 'the threat names no test'
        for sentence, file in named:
            if not (sentence in names if sentence else exists(file)):
                yield number, f'no such test: {sentence or file}'


def self_test():
    page = 'a\n\n| x | test |\n| --- | --- |\n| a | "one" |\n| b | "two", `test/none.py` |\n| c | - |\n'
    found = list(breaches(page, set(cases('TEST_CASE("o" "ne") {}')), lambda file: False))
    wanted = [(6, 'no such test: two'), (6, 'no such test: test/none.py'), (7, 'the threat names no test')]
    if found != wanted:
        sys.exit(f'threats.py --self-test: {found}')


def main():
    if sys.argv[1] == '--self-test':
        return self_test()
    root = pathlib.Path(sys.argv[1])
    names = {name for file in (root / 'test').rglob('*.cc') for name in cases(file.read_text(encoding='utf-8'))}
    page = root / 'docs/security.md'
    wrong = 0
    for line, sentence in breaches(page.read_text(encoding='utf-8'), names, lambda file: (root / file).is_file()):
        print(f'docs/security.md:{line}: {sentence}')
        wrong += 1
    sys.exit(wrong > 0)


main()
