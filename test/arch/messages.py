#!/usr/bin/env python3
"""Whether docs/troubleshooting.md tells of the messages that there are.

    test/arch/messages.py [FOLDER]     FOLDER is the project's root
    test/arch/messages.py --self-test

A row's first cell is `the fixed words` of a message, or those of several, with commas between. They must stand in a
string of the source; and every Error that a user can meet must have a row: one of its strings holds a row's words.
Errors that are n2c's own mistake or a stop are left out, and those whose words are all said elsewhere.
"""
import pathlib
import re
import sys

PAGE = 'docs/troubleshooting.md'
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# An Error that is made: its kind, where that stands there.
MADE = re.compile(r'(?:\bError(?:\s+\w+)?\s*[({]\s*|\breturn\s+\{\s*)(?:ErrorKind::(\w+)|(?:\w+\.)?\w*kind\w*(?:\(\))?|denied)\b')
NOT_MET = ('internal', 'cancelled')
ROW = re.compile(r'^\| (`[^`]+`(?:, `[^`]+`)*) \|', re.M)
FEWEST_LETTERS = 4  # of words that tell a message from others'


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
        if made.group(1) in NOT_MET:
            continue
        end = text.find(';', made.start())
        while text[made.start():end].count('"') % 2:  # a ';' within a string
            end = text.find(';', end + 1)
        yield text.count('\n', 0, made.start()) + 1, strings(text[made.start():end])


def is_telling(words):
    return len(re.findall('[A-Za-z]', words)) >= FEWEST_LETTERS


def breaches(page, sources):
    """`sources` maps a path to its text."""
    rows = [words for cell in ROW.findall(page) for words in re.findall('`([^`]+)`', cell)]
    known = '\n'.join('\n'.join(strings(without_comments(text))) for text in sources.values())
    for row in rows:
        if row not in known:
            yield f'{PAGE}: no message has the words "{row}"'
        if not is_telling(row):
            yield f'{PAGE}: "{row}" does not tell one message from another'
    for path, text in sources.items():
        for line, said in errors(text):
            words = [one for one in said if is_telling(one)]
            if words and not any(row in one for row in rows for one in words):
                yield f'{path}:{line}: no row of {PAGE} has words of this Error: {words}'
    for row in sorted({row for row in rows if rows.count(row) > 1}):
        yield f'{PAGE}: words that stand in two rows: "{row}"'


def self_test():
    source = {'registry/client/a.cc': 'throw Error(kind, cat(x, ": the cat; is "\n  "gone"), "look up");\n'
                                      '// throw Error(kind, "a comment");\nreturn Error(kind, said);\n'
                                      'throw Error(ErrorKind::internal, "ours");\nreturn {ErrorKind::input, "a bird"};'}
    page = '| words | means |\n| `the cat; is gone`, `bird` | x |\n'
    assert not list(breaches(page, source)), list(breaches(page, source))
    assert len(list(breaches('', source))) == 2
    assert len(list(breaches(page + '| `the dog` | x |\n', source))) == 1
    assert len(list(breaches(page + page, source))) == 2
    assert len(list(breaches(page + '| `at` | x |\n', {'a.cc': 'say("at")', **source}))) == 1
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
