#!/usr/bin/env python3
"""Finds functions that are too long.

usage: functions.py ROOT
       functions.py --self-test

A function's length is the number of lines from its opening brace to its closing one. Prints each
breach as FILE:LINE: SENTENCE and exits with 1 when there is one. CONTRIBUTING.md asks for 50 lines; this check leaves
room for a table.
"""
import pathlib
import re
import sys

LONGEST = 60
# Comments and texts, in which braces mean nothing; a digit separator is no quote.
NOT_CODE = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/|^[ \t]*#[^\n]*', re.M)
NO_FUNCTION = re.compile(r'^\s*(class|struct|union|enum|namespace|if|else|for|while|do|switch|try|catch|case|default|return|extern)\b|\]\s*(\([^{]*)?$|=\s*$')


def functions(text):
    """(line, length) of each function with a body."""
    code = NOT_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    line, start, parentheses, opened = 1, 0, 0, []
    for found in re.finditer(r'[\n(){};]', code):
        at, character = found.start(), found[0]
        if character == '\n':
            line += 1
        elif character in '()':
            parentheses += 1 if character == '(' else -1
        elif character == '{':
            head = code[start:at]
            # Within parentheses it is a lambda or a value: part of the function around it.
            is_function = parentheses == 0 and '(' in head and not NO_FUNCTION.search(head.strip())
            opened.append((is_function, line, parentheses))
            start, parentheses = at + 1, 0
        elif character == '}' and opened:
            is_function, began, parentheses = opened.pop()
            start = at + 1
            if is_function:
                yield began, line - began + 1
        elif character == ';' and parentheses == 0:
            start = at + 1


def sources(root, *tops):
    """The source files below these folders, in order."""
    return sorted(found for top in tops for found in (root / top).rglob('*') if found.suffix in ('.cc', '.h'))


def self_test():
    text = ('int short_one() {\n  return 1;  // {\n}\nstruct A {\n  A() : a(1) {\n    f([] {\n      g("{");\n    });\n  }\n};\n'
            'const auto table = {\n  1,\n};\nvoid two() {\n  for (;;) {\n    h({1});\n  }\n}\n')
    found = list(functions(text))
    if found != [(1, 3), (5, 5), (14, 5)]:
        sys.exit(f'functions.py --self-test: {found}')


def main():
    if sys.argv[1] == '--self-test':
        return self_test()
    root = pathlib.Path(sys.argv[1])
    wrong = 0
    for path in sources(root, 'src', 'registry', 'test'):
        for line, length in functions(path.read_text(encoding='utf-8')):
            if length > LONGEST:
                print(f'{path.relative_to(root)}:{line}: a function of {length} lines; {LONGEST} are the most')
                wrong += 1
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
