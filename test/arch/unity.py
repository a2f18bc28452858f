#!/usr/bin/env python3
"""Finds names that clash where the files of a library are compiled as one (`unity` in meson.build).

usage: unity.py ROOT
       unity.py --self-test

What a file keeps for itself (in a namespace without a name, or `static`) is seen by each file that is
compiled with it: so no two files of a library or program may keep a function, type, constant or macro of
the same name there, nor one that the other has for all. Two overloads are two names to a compiler but one
to a reader. The same alias or macro in two files is none. A test's namespace has the name of its file.
Prints each breach as FILE:LINE: SENTENCE and exits with 1 when there is one.
"""
import collections
import functools
import pathlib
import re
import sys

# Comments, texts and directives, in which braces and names mean nothing.
NOT_CODE = re.compile(
    r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*(?:.|\n)*?\*/'
    r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.M)
MACRO = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n]*\\\n)*[^\n]*)', re.M)
NAMESPACE = re.compile(r'(?:inline\s+)?namespace(?:\s+([\w:]+))?$')
ALIAS = re.compile(r'(?:using|namespace)\s+(\w+)\s*=(.*)', re.S)
TYPE = re.compile(r'(?:typedef\s+)?(class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?:\[\[.*?\]\]\s*)?(\w+)\s*(?:final\b|:[^:]|$)')
ATTRIBUTE = re.compile(r'\[\[.*?\]\]|\balignas\s*\([^()]*\)')

# (namespace, name, line, whether it is the file's own, whether it is a function, the text of an alias or macro)
Kept = collections.namedtuple('Kept', 'scope name line own function alias')


def without_templates(head):
    """The head without template parameters and arguments, so that what stands before `(` is a name."""
    head = re.sub(r'operator\s*(<=>|<<=?|>>=?|<=|>=|<|>|->\*?)', 'operator', head)
    while (shorter := re.sub(r'<[^<>(){};]*(\([^<>()]*\)[^<>(){};]*)*>', ' ', head)) != head:
        head = shorter
    return re.sub(r'\b(template|requires\s+\w+(::\w+)*)\s', ' ', head)


def declared(head, has_body):
    """The name that a declaration at a namespace's level gives to something, or None."""
    head = without_templates(ATTRIBUTE.sub(' ', head)).strip()
    if found := TYPE.match(head):
        return found[2] if has_body else None
    if not head or re.match(r'(using|extern|friend|static_assert|namespace|TEST_CASE\w*|TEST_SUITE\w*|template)\b', head):
        return None
    before = re.split(r'[({\[]|=(?!=)', head, maxsplit=1)[0].strip()
    if re.search(r'\boperator$|::\s*~?\w+$', before):
        return None  # an operator's name is everybody's; a member is defined where its class is
    found = re.search(r'[\s*&](\w+)$', before)
    return found[1] if found and found[1] != 'operator' else None


@functools.cache
def kept(text):
    """What the file gives names to, at its namespaces' level."""
    return list(find_kept(text))


def find_kept(text):
    for found in MACRO.finditer(text):
        undone = re.search(rf'^[ \t]*#[ \t]*undef[ \t]+{found[1]}\b', text, re.M)
        if not undone:
            yield Kept('', found[1], text.count('\n', 0, found.start()) + 1, True, False, ' '.join(found[2].split()))
    code = NOT_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    line, start, began, parentheses = 1, 0, 1, 0
    scopes = [('', False)]  # (name, whether the file's own); None: the body of something else
    for found in re.finditer(r'[\n(){};]', code):
        at, character = found.start(), found[0]
        here = scopes[-1]
        if not code[start:at].strip():
            began = line
        if character == '\n':
            line += 1
            if not code[start:at].strip():
                began = line
        elif character in '()':
            parentheses += 1 if character == '(' else -1
        elif character in '{;' and (here is None or parentheses):
            if character == '{':
                scopes.append(None)
            elif here is None:
                start = at + 1
        elif character in '{;':
            head = code[start:at].strip()
            if character == '{' and (space := NAMESPACE.fullmatch(head)):
                scopes.append((here[0] + '::' + space[1] if space[1] else here[0], here[1] or not space[1]))
                start = at + 1
                continue
            if character == '{':
                scopes.append(None)
            own = here[1] or bool(re.match(r'(?:template\s*<.*?>\s*)?(?:inline\s+|constexpr\s+)*static\b', head, re.S))
            if alias := ALIAS.match(head):
                yield Kept(here[0], alias[1], began, own, False, ' '.join(alias[2].split()))
            elif name := declared(head, character == '{'):
                function = bool(re.search(rf'\b{name}\s*\(', head))
                yield Kept(here[0], name, began, own, function, None)
            if character == ';':
                start = at + 1
        elif character == '}' and len(scopes) > 1:
            scopes.pop()
            if scopes[-1] is not None and not parentheses:
                # What follows a body up to `;` names nothing further; a function's has none.
                start = at + 1


def clashes(files):
    """(file, line, sentence) of each name that files of one library have for themselves.

    files: {name: text}, in the order in which they are compiled."""
    seen = {}
    for name, text in files.items():
        of_this = {}
        for it in kept(text):
            key = it.scope, it.name
            for other, before in seen.get(key, []):
                same = it.alias is not None and it.alias == before.alias
                if (it.own or before.own or not it.function) and not same:
                    yield name, it.line, (f'"{it.name}" is in {other}:{before.line} too, which may be compiled with this '
                                          'file as one: name it by what differs, or share it')
                    break
            of_this.setdefault(key, (name, it))
        for key, found in of_this.items():
            seen.setdefault(key, []).append(found)


def sources(text):
    """(variable, whether a list, the .cc files it names, the variables it names) of a meson.build's targets and lists, with
    the first and with the second choice where there is one."""
    for found in re.finditer(r"(?:^|\n)\s*(\w+) = (static_library|executable|files)\(((?:[^()]|\([^()]*\))*)\)", text):
        for choice in (r'\1', r'\2'):  # of `CONDITION ? 'this.cc' : 'that.cc'`
            body = re.sub(r"\w+ \? ('[^']*') : ('[^']*')", choice, re.sub(r'#[^\n]*', '', found[3]))
            yield (found[1], found[2] == 'files', re.findall(r"'([\w./-]+\.cc)'", body),
                   re.findall(r'(?<=[\s,])(\w+)(?=,)', body))


def libraries(root):
    """[the files of each library and program], in Meson's words."""
    lists, targets = {}, []
    for build in sorted(path for path in root.rglob('meson.build') if 'subprojects' not in path.parts):
        if any(part.startswith('build') and part != 'meson.build' for part in build.relative_to(root).parts[:-1]):
            continue
        for name, is_list, quoted, named in sources(build.read_text(encoding='utf-8')):
            quoted = [(build.parent / file).relative_to(root) for file in quoted]
            if is_list:
                lists[name] = quoted
            else:
                targets.append((quoted, named))
    return [quoted + [file for name in named for file in lists.get(name, [])] for quoted, named in targets]


def breaches(root):
    reported = set()
    for library in libraries(root):
        texts = {file.as_posix(): (root / file).read_text(encoding='utf-8') for file in library}
        for breach in clashes(texts):
            if breach not in reported:
                reported.add(breach)
                yield breach
    for file in sorted((root / 'test').rglob('*_test.cc')):
        if sentence := foreign_namespace(file.stem, file.read_text(encoding='utf-8')):
            yield file.relative_to(root).as_posix(), 1, sentence


def foreign_namespace(stem, text):
    """What is wrong with the namespaces of a test, or None."""
    outermost = {it.scope.split('::')[1] if it.scope else '' for it in kept(text) if it.alias is None or it.scope}
    begun = re.search(rf'^namespace {stem} \{{', text, re.M)
    if not begun or outermost - {stem} or 'using namespace' in text[:begun.start()]:
        return f'what a test has is in the namespace of its file, {stem}, and nothing is outside'
    return None


def self_test():
    one = ('#define LIMIT 3\n#define SAME 1\nnamespace json = a::json;\nnamespace n2c {\nnamespace {\nusing Pair = int;\n'
           'struct Row {\n  int size() { return f({1}); }\n};\nclass Known;\n'
           'std::map<int, std::vector<int>> counted(std::function<void(int)> each = {}) {\n  int inner = 1;\n}\n'
           'constexpr std::array<int, 2> table = {{1, 2}};\nconst char* const text{"{"};\n'
           'template <class T>\nT made(T t) { return t; }\nbool operator==(Row a, Row b) { return true; }\n'
           '}  // namespace\nstatic int kept_static(int a) { return a; }\nvoid open_to_all() {}\n'
           'int Known::member() { return 1; }\nRow Known::counter{};\n}\n')
    found = [(it.name, it.line, it.own) for it in kept(one)]
    expected = [('LIMIT', 1, True), ('SAME', 2, True), ('json', 3, False), ('Pair', 6, True), ('Row', 7, True),
                ('counted', 11, True), ('table', 14, True), ('text', 15, True), ('made', 16, True),
                ('kept_static', 20, True), ('open_to_all', 21, False)]
    assert found == expected, found

    def words(other):
        return sorted({sentence.split('"')[1] for _, _, sentence in clashes({'one.cc': one, 'two.cc': other})})
    inner = 'namespace n2c::{} {{\n{}\n}}\n'
    assert words('namespace n2c { namespace { enum class Row { a }; int table(int); int inner; } }') == ['Row', 'table']
    assert words('namespace n2c { static int made; int counted; }') == ['counted', 'made']
    assert words('namespace n2c { namespace { class open_to_all {}; } }') == ['open_to_all']
    assert words('namespace n2c { void open_to_all(int) {} }') == []  # the linker's affair
    assert words('#define LIMIT 4\n#define SAME   1\nnamespace json = a::json;') == ['LIMIT']
    assert words('namespace n2c { namespace { using Pair = int; } }') == []
    assert words('namespace n2c { namespace { using Pair = long; } }') == ['Pair']
    assert words('namespace n2c { struct Row {}; const int made = 1; }') == ['Row', 'made']
    assert words(inner.format('x', 'namespace { struct Row {}; int member; } Row operator==(Row) {}')) == []
    assert words('namespace n2c {\nvoid f() { struct Row {}; int table = 1; auto g = [] { int made; }; }\n}') == []
    assert foreign_namespace('a_test', 'namespace a_test {\nTEST_CASE("x") { f(); }\nint g() {}\n}\n') is None
    assert foreign_namespace('a_test', 'namespace {\nint g() {}\n}\n')
    assert foreign_namespace('a_test', 'int g() {}\nnamespace a_test {\n}\n')
    assert foreign_namespace('a_test', 'using namespace n2c;\nnamespace a_test {\n}\n')
    assert foreign_namespace('a_test', 'namespace b_test {\n}\n')
    build = ("auth = files(\n  'a.cc',  # (why)\n  'b.cc')\nlib = static_library('lib',\n  auth, more,\n  fast ? 'c.cc' : 'd.cc',\n"
             "  dependencies: [d])\n")
    assert list(sources(build))[1:3] == [('auth', True, ['a.cc', 'b.cc'], []), ('lib', False, ['c.cc'], ['auth', 'more'])]
    assert list(sources(build))[3] == ('lib', False, ['d.cc'], ['auth', 'more'])


def main():
    if sys.argv[1] == '--self-test':
        return self_test()
    wrong = list(breaches(pathlib.Path(sys.argv[1])))
    for file, line, sentence in wrong:
        print(f'{file}:{line}: {sentence}')
    sys.exit(1 if wrong else 0)


main()
