#!/usr/bin/env python3
"""Checks who includes whom, where each library's headers and each system's own calls appear, that one
file alone writes to the terminal, who opens files, how long files are, how
many sources a folder has, and that tests say how what fails does.

usage: includes.py ROOT

The rules are the ones of src/README.md, "Folders, and who may include whom". Prints each breach
as FILE:LINE: SENTENCE and exits with 1 when there is one.
"""
import collections
import pathlib
import re
import sys

# A folder may include itself and these. transfer/ is kept from knowing HTTP and registries: what decides about a
# push is the same wherever it goes.
GROUND = ['src/base', 'src/codec', 'src/go', 'src/oci']
CLIENT = ['registry/client', 'registry/client/auth']
SERVER = ['registry/server/store', 'registry/server/api', 'registry/server/net', 'registry/server/guard']
BELOW = {
    'src/base': [],
    'src/codec': ['src/base'],
    'src/go': ['src/base'],
    'src/oci': ['src/base', 'src/go'],
    'src/image': GROUND,
    'src/describe': GROUND + ['src/image'],
    'src/statement': GROUND + ['src/image', 'src/describe'],
    'src/http': ['src/base'],
    'src/cache': GROUND,
    'src/transfer': GROUND + ['src/image'],
    'src/layout': GROUND + ['src/transfer', 'src/image'],
    'src/remote': GROUND + ['src/transfer', 'src/cache', 'src/image', 'src/http'] + CLIENT,
    'src/serve': GROUND + ['src/transfer', 'src/cache', 'src/image'] + SERVER,
    'src/engine': GROUND + ['src/layout', 'src/serve', 'src/transfer', 'src/cache', 'src/image', 'src/http'],
    'src/places': GROUND + ['src/engine', 'src/layout', 'src/remote', 'src/transfer', 'src/image'],
    'src/console': GROUND + ['src/transfer'],
    'registry/client/auth': GROUND + ['src/http'],
    'registry/client': GROUND + ['src/http', 'registry/client/auth'],
    'registry/server/store': GROUND,
    'registry/server/api': GROUND + ['registry/server/store'],
    'registry/server/net': GROUND + ['registry/server/api', 'registry/server/store'],
    'registry/server/guard': GROUND + ['registry/server/net', 'registry/server/api'],
}
BELOW['src/library'] = list(BELOW)
BELOW['src/cli'] = list(BELOW) + ['src/cli/line', 'src/cli/shown', 'src/cli/attest', 'src/cli/pushing']
BELOW['src/cli/inspect'] = list(BELOW)
BELOW['src/cli/attest'] = list(BELOW)
BELOW['src/cli/line'] = list(BELOW)
BELOW['src/cli/shown'] = list(BELOW)
BELOW['src/cli/pushing'] = [folder for folder in BELOW if folder != 'src/cli/inspect']
BELOW['src'] = ['src/cli']

# Each library's headers, and the files that may name them.
LIBRARIES = {
    r'curl/': r'src/http/.*\.(cc|h)',
    r'boost/json': r'src/go/encoding_json\.cc',
    r'CLI/': r'src/cli/.*\.cc',
    r'archive(_entry)?\.h': r'src/layout/archive_(entries|writer)\.cc',
    r're2/': r'src/go/regexp\.cc',
    r'(isa-l|zlib|zstd)': r'src/codec/codec_[a-z_]+\.(cc|h)',
    r'openssl/': r'(src/base/hash\.cc|registry/server/(net|guard)/[a-z_]+\.cc)',
}
# What reaches standard output or standard error, and the one file that may name it: it escapes.
WAY_OUT = 'src/base/terminal.cc'
SPEAKS = re.compile(
    r'\b(cout|cerr|clog|stdout|stderr|STDOUT_FILENO|STDERR_FILENO|perror|psignal|v?syslog|v?d?f?printf|'
    r'f?puts|putc(har)?|(fmt|std)::print(ln)?|write\((1|2),)(?!\w)')
# What opens files, and the files that may: all others go through base/file.h, which never waits.
OPENING = re.compile(r'((?<![\w>])::open(at)?\s*\(|\bf(re)?open\s*\(|\bstd::[io]?fstream\b|open_filename)')
MAY_OPEN = [
    r'src/base/.*',
    r'src/image/(store_walk|layer_reader)\.cc',  # below an open store root, by openat()
    r'src/console/input\.cc',  # waits for a FIFO's writer until the stop
    r'src/console/output\.cc',  # writes in place, into what cannot be replaced
    r'src/cache/cache_file\.cc',  # reads and writes under a lock; what cannot be opened is no error
    r'registry/server/store/folder_layout\.cc',  # makes files, and its lock
    r'registry/server/store/tag_journal\.cc',  # adds to a file
]
# What reads folders by libstdc++, which ends the process where it finds no memory for a name: base/folder_entries.h does not.
WALKS = re.compile(r'\b((recursive_)?directory_iterator|remove_all|(fs|filesystem)::is_empty)\b')
# What systems do differently is known to this file alone (src/base/system.h); tests call the same functions.
SYSTEM = 'src/base/system.cc'
SYSTEM_QUESTION = re.compile(
    r'\s*#\s*(el)?if\w*\b.*(__APPLE__|__MACH__|linux|__GLIBC__|__unix|BSD|_WIN32|TARGET_OS|MAC_OS|N2C_PORTABLE'
    r'|\b(O|F|SO|SOCK|MSG|EFD|MADV|POSIX_SPAWN)_[A-Z]+|\bPOLL[A-Z]+|__has_include\s*\(\s*<(sys|mach|linux|malloc)\b)')
LINUX_ONLY = re.compile(
    r'\b((accept4|copy_file_range|dup3|epoll_\w+|eventfd|fallocate|fdatasync|fsync|getrandom|inotify_\w+|mallopt|mem(p|r)(cpy|chr)|memfd_create|pipe2|ppoll'
    r'|posix_fallocate|posix_fadvise|prctl|pthread_setname_np|renameat2|sched_getaffinity|secure_getenv|sendfile'
    r'|sem_(init|timedwait)|signalfd|sigtimedwait|splice|statx|timerfd_\w+)\s*\(|(POLLRDHUP|SO_PEERCRED|TCP_CORK)\b'
    r'|(O|MSG|MADV|AT|RENAME)_(PATH|TMPFILE|NOATIME|DIRECT|MORE|NOSIGNAL|HUGEPAGE|EMPTY_PATH|NOREPLACE)\b'
    r'|SOCK_CLOEXEC\b|SOCK_NONBLOCK\b|cpu_set_t\b|st_[amc]tim\b|environ\s*[;[]|random_device\b)')
# That something fails says too little: its kind decides the exit code, its words are for people.
BARE_FAILURE = re.compile(r'\b(CHECK|REQUIRE)_THROWS(_AS)?\(')
LONGEST = 400  # lines of a file
MOST_SOURCES = 16  # of a folder below src/ and registry/
INCLUDE = re.compile(r'\s*#include\s+(["<])([^">]+)[">]')


def library_breaches(path, number, target):
    for library, allowed in LIBRARIES.items():
        if re.match(library, target) and not re.fullmatch(allowed, path.as_posix()):
            yield number, f'<{target}> belongs in {allowed} only'


def is_spoken(line):
    """Whether what a line does, beside its comments and texts, may reach people."""
    return SPEAKS.search(re.sub(r'//.*', '', re.sub(r'"(\\.|[^"\\])*"', '""', line)))


def system_breaches(path, number, line):
    if path.suffix not in ('.cc', '.h') or path.as_posix() == SYSTEM:
        return
    if SYSTEM_QUESTION.match(line):
        yield number, f'only {SYSTEM} may ask which system this is'
    if found := LINUX_ONLY.search(line.split('//')[0]):
        yield number, f'{found.group()} is not on every system: {SYSTEM} has what stands for it'


def crowded_folders(files):
    sources = collections.Counter(path.parent for path in files if path.suffix == '.cc' and path.parts[0] != 'test')
    for folder, count in sources.items():
        if count > MOST_SOURCES:
            yield folder, f'{count} sources; a folder has at most {MOST_SOURCES}'


def breaches_of(root, path):
    folder = path.parent.as_posix()
    lines = (root / path).read_text(encoding='utf-8').splitlines()
    if len(lines) > LONGEST:
        yield 1, f'{len(lines)} lines; a file is one noun and at most {LONGEST} lines'
    for number, line in enumerate(lines, 1):
        yield from system_breaches(path, number, line)
    if path.parts[0] == 'test':
        for number, line in enumerate(lines, 1):
            if path.suffix in ('.h', '.cc') and BARE_FAILURE.search(line):
                yield number, 'CHECK_FAILS(expression, kind, text) of test/support/check_fails.h says how it fails'
        return
    may_open = any(re.fullmatch(allowed, path.as_posix()) for allowed in MAY_OPEN)
    for number, line in enumerate(lines, 1):
        if path.suffix in ('.h', '.cc') and path.as_posix() != WAY_OUT and is_spoken(line):
            yield number, f'what people see goes through {WAY_OUT}'
        if not may_open and path.suffix in ('.h', '.cc') and OPENING.search(line.split('//')[0]):
            yield number, 'opens a file; base/file.h does that'
        if path.suffix in ('.h', '.cc') and WALKS.search(line.split('//')[0]):
            yield number, 'reads a folder; base/folder_entries.h does that without ending the process for want of memory'
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(2)
        if found.group(1) == '<':
            yield from library_breaches(path, number, target)
            continue
        full = target if target.startswith('registry/') else 'src/' + target
        owner = pathlib.PurePosixPath(full).parent.as_posix()
        if owner != folder and owner not in BELOW.get(folder, []):
            yield number, f'{folder} may not include "{target}"'


def main():
    root = pathlib.Path(sys.argv[1])
    files = [found.relative_to(root) for top in ('src', 'registry', 'test', 'nix')
             for found in sorted((root / top).rglob('*')) if found.suffix in ('.h', '.cc', '.py', '.sh', '.nix')]
    wrong = 0
    for folder, sentence in crowded_folders(files):
        print(f'{folder}: {sentence}')
        wrong += 1
    for path in files:
        for number, sentence in breaches_of(root, path):
            print(f'{path}:{number}: {sentence}')
            wrong += 1
    print(f'{len(files)} files, {wrong} breaches')
    sys.exit(1 if wrong else 0)


main()
