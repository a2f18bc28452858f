#!/usr/bin/env python3
"""Checks that what comments and pages refer to is there, and that pages are wrapped.

usage: citations.py ROOT
       citations.py --self-test

In comments: a citation such as docs/format.md B8.2, docs/field-guide.md 2.2 or
src/README.md, "Words" names a page and a heading of it; a rule's number stands behind the name of
its page; a file's name is a file of the tree. In names of tests a rule's number is one of
docs/format.md. In pages (*.md): links and their anchors, names of files, numbers of rules; lines of at most 100
columns, but for tables, code, what a program writes there, and what cannot be broken.
The form is described in CONTRIBUTING.md, "Comments". Prints each breach as FILE:LINE: SENTENCE and
exits with 1 when there is one.
"""
import bisect
import functools
import os
import pathlib
import re
import sys
import tempfile

TOPS = ('.ci', 'docs', 'fixtures', 'nix', 'registry', 'scripts', 'src', 'templates', 'test')
SOURCES = ('.cc', '.h', '.nix', '.py', '.sh', '.bash')
FORMAT = 'docs/format.md'
MAP = 'src/README.md'  # names folders
# What stands before the name of a page or file that is another project's.
ELSEWHERE = re.compile(r'(image-spec|distribution-spec|rules_img) $')
# A rule of FORMAT that can be told from other words: C4.1, and C4 between brackets or before a colon.
RULE = re.compile(r'(?<![\w.%#/-])([A-H]\d{1,2}\.\d{1,2}|Appendix [IV]+)(?![\w.]*\w)|\(([A-H]\d{1,2})(?=[,)])|^([A-H]\d{1,2})(?=: )')
NUMBER = r'(?:Appendix [IV]+|[A-H](?:\d{1,2}(?:\.\d{1,2})?)?|\d(?:\.\d)?)(?!\w|\.\w)'
CITATION = re.compile(r'([\w./-]*\b[\w-]+\.md)(?:#([\w-]+)|, "([^"]+)"| (' + NUMBER + r'(?:(?:, | and | to )' + NUMBER + r')*))')
# A C++ comment, or the text that is not one.
CPP = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|(//[^\n]*)')
DOCSTRING = re.compile(r'"""((?:.|\n)*?)"""')
LINK = re.compile(r'\]\(([^)\s]+)\)')
FENCE = re.compile(r'^```.*?^```', re.M | re.S)
MADE = re.compile(r'^<!-- made by .*?^<!-- end of ', re.M | re.S)
WIDEST = 100  # columns of a page


class Tree:
    """The files of the tree, and what pages' headings are called."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for top in TOPS:
            for folder, _, names in os.walk(root / top):
                self._add(pathlib.Path(folder).relative_to(root), names)
        self._add(pathlib.Path('.'), [each.name for each in root.iterdir() if each.is_file()])
        self.names = {path.rpartition('/')[2] for path in self.files}
        self.folders = {str(parent) for path in self.files for parent in pathlib.PurePosixPath(path).parents}
        # Where the name of a file may begin: src/base/file.h is base/file.h too.
        self.starts = {'', 'src', 'registry', 'test', 'registry/client', 'registry/server'}
        self.first = set(TOPS) | {f.split('/')[1] for f in self.folders if re.fullmatch(r'(src|registry)/[^/]+', f)}

    def _add(self, folder, names):
        for name in names:
            path = (folder / name).as_posix()
            self.files[path] = self.root / path

    @functools.lru_cache(maxsize=None)
    def read(self, path):
        return self.files[path].read_text(encoding='utf-8', errors='replace')

    def has(self, name, beside=''):
        """Whether that is a file or folder, seen from the root, from a folder of sources or from `beside`."""
        name = name.rstrip('/')
        for start in self.starts | {beside}:
            path = os.path.normpath(os.path.join(start, name))
            if path in self.folders or any(path + end in self.files for end in ('', '.h', '.cc', '.py', '.sh')):
                return True
        return '/' not in name and name in self.names

    @functools.lru_cache(maxsize=None)
    def headings(self, page):
        return re.findall(r'^#+ +(.*?) *$', FENCE.sub('', self.read(page)), re.M)

    @functools.lru_cache(maxsize=None)
    def anchors(self, page):
        return {re.sub(r'[^\w\- ]', '', re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading)).lower().replace(' ', '-')
                for heading in self.headings(page)}

    @functools.lru_cache(maxsize=None)
    def numbers(self, page):
        """What headings of a page begin with: B8.2, 2.2, Appendix III."""
        found = (re.match(r'(' + NUMBER + r')\.?(?: |$)', heading) for heading in self.headings(page))
        return {each[1] for each in found if each}


def lines_of(text, shift=0):
    """A function from an offset in the text to its line."""
    ends = [m.start() for m in re.finditer('\n', text)]
    return lambda offset: bisect.bisect_left(ends, offset) + 1 + shift


def comments_of(path, text):
    """(line, text) of each comment; comment lines that follow each other are one, with newlines in it."""
    if path.endswith(('.cc', '.h')):
        line_at = lines_of(text)
        found = [(line_at(m.start()), m[2], text.rfind('\n', 0, m.start())) for m in CPP.finditer(text) if m[2]]
        marked = [(line, re.sub(r'^//[/!]?<? ?', '', comment), not text[start + 1:text.index('//', start + 1)].strip())
                  for line, comment, start in found]
    else:
        marked = [(line, words.lstrip('# '), True) for line, words in
                  enumerate(text.split('\n'), 1) if words.lstrip().startswith('#')]
    blocks = []
    for line, words, alone in marked:
        if alone and blocks and blocks[-1][0] + blocks[-1][1].count('\n') + 1 == line:
            blocks[-1][1] += '\n' + words
        else:
            blocks.append([line, words])
    if path.endswith('.py'):
        blocks += [[lines_of(text)(m.start()), m[1]] for m in DOCSTRING.finditer(text)]
    return blocks


def citation_breaches(tree, line_at, text, beside):
    """Citations by heading or number; `text` has spaces for newlines, so that one may be wrapped."""
    for found in CITATION.finditer(text):
        page, anchor, heading, numbers = found.groups()
        if ELSEWHERE.search(text[:found.start()]):
            continue
        at = line_at(found.start())
        path = next((each for each in (os.path.normpath(os.path.join(beside, page)), page) if each in tree.files), None)
        if path is None:
            yield at, f'there is no page {page}'
        elif anchor and anchor not in tree.anchors(path):
            yield at, f'{page} has no heading with the anchor {anchor}'
        elif heading and heading not in tree.headings(path):
            yield at, f'{page} has no heading "{heading}"'
        for number in re.findall(NUMBER, numbers or '') if path else ():
            if number not in tree.numbers(path):
                yield at, f'{page} has no {number}'


def name_breaches(tree, line_at, text, beside):
    """Names of files below a folder of the tree."""
    first = '|'.join(re.escape(each) for each in sorted(tree.first, key=len, reverse=True))
    for found in re.finditer(r'(?<![\w/.:$~{<"-])((?:' + first + r')/[\w.*/-]*\w|[a-z_]+/[\w/]+\.(?:cc|h)\b)(?![\w*{]|/?[$<{*…])', text):
        name = found[1]
        is_file = re.search(r'\.(cc|h|md|py|sh|nix|bash|jsonl|build)$', name) or name.split('/')[0] in ('src', 'registry', '.ci')
        if ELSEWHERE.search(text[:found.start()]) or name.startswith('nix/store'):
            continue
        if is_file and '*' not in name and not tree.has(name, beside):
            yield line_at(found.start()), f'there is no file {name}'


def source_breaches(tree, path):
    text = tree.read(path)
    for line, comment in comments_of(path, text):
        at, flat = lines_of(comment, line - 1), comment.replace('\n', ' ')
        yield from citation_breaches(tree, at, flat, '')
        yield from name_breaches(tree, at, flat, os.path.dirname(path))
        for found in RULE.finditer(flat):
            number = found[1] or found[2] or found[3]
            if number in tree.numbers(FORMAT) and FORMAT not in flat[:found.start()]:
                yield at(found.start()), f'{number} stands without its page: {FORMAT} {number}'
    at = lines_of(text)
    for found in re.finditer(r'TEST_CASE\(\s*"(?:\\.|[^"\\])*\(([^()"]*)\)"', text):
        for number in re.findall(r'\b[A-H]\d{1,2}(?:\.\d{1,2})?\b', found[1]):
            if number not in tree.numbers(FORMAT):
                yield at(found.start()), f'{FORMAT} has no {number}'


def wide_lines(text):
    """The lines that could be shorter and are not, by their numbers."""
    prose = MADE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    for number, line in enumerate(prose.split('\n'), 1):
        words = re.sub(r'`[^`]*`', lambda m: m[0].replace(' ', '_'), line)
        could_be_broken = ' ' in words.strip()[:WIDEST].removeprefix('- ')
        if len(line) > WIDEST and could_be_broken and not line.startswith('    ') and not line.lstrip().startswith(('|', '#')):
            yield number


def page_breaches(tree, path):
    text = tree.read(path)
    prose = FENCE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    for number in wide_lines(prose):
        yield number, f'more than {WIDEST} columns'
    at, beside = lines_of(text), os.path.dirname(path)
    for found in LINK.finditer(prose):
        target, _, anchor = found[1].partition('#')
        if re.match(r'\w+:', target):
            continue
        full = os.path.normpath(os.path.join(beside, target)) if target else path
        if full not in tree.files and full not in tree.folders:
            yield at(found.start()), f'the link leads nowhere: {target}'
        elif anchor and anchor not in tree.anchors(full):
            yield at(found.start()), f'{target or path} has no heading with the anchor {anchor}'
    if path == 'CHANGELOG.md':  # names what was
        return
    yield from citation_breaches(tree, at, re.sub(r'[`\n]', ' ', LINK.sub(lambda m: ' ' * len(m[0]), prose)), beside)
    for found in re.finditer(r'`([\w./-]+\.(?:cc|h|py|sh|bash|nix|md|jsonl)|(?:src|registry|docs|nix|scripts|fixtures)/[\w./-]+)`', prose):
        if not tree.has(found[1], beside) and not found[1].startswith('nix/store'):
            yield at(found.start()), f'there is no file {found[1]}'
    for found in re.finditer(r'`((?:\.\./)?[a-z_/]+/)`', prose) if path == MAP else ():
        if not tree.has(found[1], beside):
            yield at(found.start()), f'there is no folder {found[1]}'
    for found in RULE.finditer(prose) if path == FORMAT else ():
        number = found[1] or found[2] or found[3]
        if number not in tree.numbers(FORMAT):
            yield at(found.start()), f'there is no rule {number}'


def breaches(root):
    tree = Tree(root)
    for path in sorted(tree.files):
        kind = os.path.splitext(path)[1]
        if kind == '.md':
            yield from ((path, *each) for each in page_breaches(tree, path))
        elif kind in SOURCES and not path.startswith(('fixtures/', 'test/arch/')):
            yield from ((path, *each) for each in source_breaches(tree, path))


def self_test():
    """Each kind of breach is found, and what is right is not one."""
    cases = {
        'docs/format.md': '# Rules\n\n## B. Tar\n\n### B8. Perms\n\n#### B8.2\n\nSee B8.3 and B8.2.\n',
        'src/transfer/push.h': '/// Right: docs/format.md B8.2, B8 and B; docs/format.md, "Rules"; transfer/push.h; RFC 9110.\n'
                           'int a;  // wrong: docs/format.md\n/// B8.4\nint b;\n/// Bare (B8.2).\nint c;\n'
                           '/// docs/format.md, "Nothing"; src/transfer/plan.cc\nconst char* d = "// docs/format.md B9";\n',
        'test/unit/a_test.cc': 'TEST_CASE("right (B8.2)") {}\nTEST_CASE("wrong (B8.5)") {}\n',
        'docs/wide.md': f'{"a b " * 26}\n| {"a " * 60} |\n```\n{"a " * 60}\n```\n- {"a" * 120}\n<!-- made by x -->\n'
                        f'{"a " * 60}\n<!-- end of x -->\n{"a " * 50}\n',
        'README.md': '[a](docs/format.md#b82) [b](docs/format.md#b83) [c](gone.md) `transfer/push.h` `plan.cc`\n```\n[d](x.md)\n```\n',
    }
    expected = ['README.md:1: docs/format.md has no heading with the anchor b83', 'README.md:1: the link leads nowhere: gone.md',
                'README.md:1: there is no file plan.cc', 'docs/format.md:9: there is no rule B8.3',
                'docs/wide.md:1: more than 100 columns',
                'src/transfer/push.h:2: docs/format.md has no B8.4',
                'src/transfer/push.h:5: B8.2 stands without its page: docs/format.md B8.2',
                'src/transfer/push.h:7: docs/format.md has no heading "Nothing"', 'src/transfer/push.h:7: there is no file src/transfer/plan.cc',
                'test/unit/a_test.cc:2: docs/format.md has no B8.5']
    with tempfile.TemporaryDirectory() as folder:
        for name, text in cases.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        found = [f'{path}:{line}: {sentence}' for path, line, sentence in breaches(pathlib.Path(folder))]
    if found != expected:
        sys.exit('citations.py --self-test: found\n' + '\n'.join(found) + '\nexpected\n' + '\n'.join(expected))


def main():
    if sys.argv[1] == '--self-test':
        return self_test()
    wrong = list(breaches(pathlib.Path(sys.argv[1])))
    for path, line, sentence in wrong:
        print(f'{path}:{line}: {sentence}')
    print(f'{len(wrong)} citations, names or links that lead nowhere, and lines that are too long')
    sys.exit(1 if wrong else 0)


main()
