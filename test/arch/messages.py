#!/usr/bin/env python3
"""Whether docs/troubleshooting.md tells of the messages that there are.

    test/arch/messages.py [FOLDER]     FOLDER is the project's root
    test/arch/messages.py --self-test

A row's first cell is `the fixed words` of a message. They must stand in a string of the source, and every Error
that the registry client makes must have a row: one of its strings holds a row's words.
"""
import pathlib
import re
import sys

PAGE = 'docs/troubleshooting.md'
CLIENT = 'registry/client'
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
MADE = re.compile(r'(?:\b(?:throw|return)\s+Error\(|=\s*Error\(|\breturn\s+\{\s*ErrorKind|\breturn\s+\{\s*denied\b)')
ROW = re.compile(r'^\| `([^`]+)` \|', re.M)


def without_comments(text):
    """The source with its comments blank, so that places and lines stay."""
    found = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*')
    return found.sub(lambda m: ' ' * len(m.group()) if m.group().startswith('//') else m.group(), text)


def joined(text):
    """Strings that the compiler makes one of are one here."""
    return re.sub(r'(?<!\\)"\s*\n\s*"', '', text)


def strings(text):
    return [re.sub(r'\\(.)', r'\1', found) for found in STRING.findall(joined(text))]


def errors(text):
    """(line, strings) of each Error that is made."""
    text = without_comments(text)
    for made in MADE.finditer(text):
        end = text.find(';', made.start())
        while text[made.start():end].count('"') % 2:  # a ';' within a string
            end = text.find(';', end + 1)
        yield text.count('\n', 0, made.start()) + 1, strings(text[made.start():end])


def breaches(page, sources):
    """`sources` maps a path to its text."""
    rows = ROW.findall(page)
    known = '\n'.join('\n'.join(strings(without_comments(text))) for text in sources.values())
    for row in rows:
        if row not in known:
            yield f'{PAGE}: no message has the words "{row}"'
    for path, text in sources.items():
        if not path.startswith(CLIENT) or not path.endswith('.cc'):
            continue
        for line, said in errors(text):
            words = [one for one in said if re.search('[a-z]{2}', one)]
            if words and not any(row in one for row in rows for one in words):
                yield f'{path}:{line}: no row of {PAGE} has words of this Error: {words}'
    if len(rows) != len(set(rows)):
        yield f'{PAGE}: words that stand in two rows'


def self_test():
    source = {'registry/client/a.cc': 'throw Error(kind, cat(x, ": the cat; is "\n  "gone"), "look up");\n'
                                      '// throw Error(kind, "a comment");\nreturn Error(kind, said);\n'}
    page = '| words | means |\n| `the cat; is gone` | x |\n'
    assert not list(breaches(page, source)), list(breaches(page, source))
    assert len(list(breaches('', source))) == 1
    assert len(list(breaches(page + '| `the dog` | x |\n', source))) == 1
    assert len(list(breaches(page + page, source))) == 1
    assert len(list(breaches(page, {'src/a.cc': 'print("the bird")'}))) == 1


def main():
    if sys.argv[1:] == ['--self-test']:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    sources = {path.relative_to(root).as_posix(): path.read_text()
               for folder in ('src', 'registry') for path in sorted((root / folder).rglob('*.[ch]*'))
               if path.suffix in ('.cc', '.h')}
    found = list(breaches((root / PAGE).read_text(), sources))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())
