#!/usr/bin/env python3
"""What makes an attack on the built program harder is in it (#23): read from its ELF file.

usage: hardened.py N2C yes|no FLAG…
"yes": the build was to be hardened. The flags are those that the compiler was given for it.
"""
import pathlib
import struct
import sys

LOADED, DYNAMIC, NOTE, STACK, RELRO = 1, 2, 4, 0x6474e551, 0x6474e552
NEEDED, STRINGS, STRINGS_SIZE, NOW, FLAGS, FLAGS_1 = 1, 5, 10, 24, 30, 0x6ffffffb
wrong = 0


def check(what, holds, seen=''):
    global wrong
    print(('ok: ' if holds else 'FAILED: ') + what + ('' if holds else f': {seen}'))
    wrong += not holds


class Program:
    """A 64-bit little-endian ELF file."""

    def __init__(self, file):
        self.data = pathlib.Path(file).read_bytes()
        if self.data[:6] != b'\x7fELF\x02\x01':
            print('no 64-bit ELF file: nothing to read here')
            sys.exit(77)
        self.kind, = struct.unpack_from('<H', self.data, 16)
        start, = struct.unpack_from('<Q', self.data, 32)
        size, count = struct.unpack_from('<HH', self.data, 54)
        self.segments = [struct.unpack_from('<IIQQQQQQ', self.data, start + i * size) for i in range(count)]
        table = self.bytes_of(DYNAMIC)
        self.dynamic = [struct.unpack_from('<QQ', table, at) for at in range(0, len(table), 16)]

    def bytes_of(self, kind):
        return b''.join(self.data[s[2]:s[2] + s[5]] for s in self.segments if s[0] == kind)

    def has(self, kind):
        return any(s[0] == kind for s in self.segments)

    def value(self, tag):
        return next((value for one, value in self.dynamic if one == tag), 0)

    def names(self):
        """What the program needs from others, and its own dynamic symbols."""
        at = self.value(STRINGS)
        for kind, _, offset, address, _, size, _, _ in self.segments:
            if kind == LOADED and address <= at < address + size:
                start = offset + at - address
                return set(self.data[start:start + self.value(STRINGS_SIZE)].split(b'\0'))
        return set()

    def flags_of_all_objects(self):
        """The processor's features that every object of the program was made for (.note.gnu.property)."""
        found, notes = 0, self.bytes_of(NOTE)
        while len(notes) >= 16:
            name, size, kind = struct.unpack_from('<III', notes)
            body = notes[12 + (name + 3) // 4 * 4:][:size]
            while kind == 5 and len(body) >= 8:
                what, length = struct.unpack_from('<II', body)
                if what in (0xc0000002, 0xc0000000) and length == 4:
                    found |= struct.unpack_from('<I', body, 8)[0]
                body = body[8 + (length + 7) // 8 * 8:]
            notes = notes[12 + (name + 3) // 4 * 4 + (size + 3) // 4 * 4:]
        return found


def main():
    if sys.argv[2] != 'yes':
        print('this build is not hardened: nothing is optimised, or it was asked for')
        sys.exit(77)
    program, given = Program(sys.argv[1]), sys.argv[3:]
    names = program.names()
    is_dynamic = any(tag == NEEDED for tag, _ in program.dynamic)
    check('no part of the stack can be run', all(not s[1] & 1 for s in program.segments if s[0] == STACK) and program.has(STACK))
    check('nothing that can be run can be written to', all(s[1] & 3 != 3 for s in program.segments if s[0] == LOADED))
    check('what the linker fills in is read-only afterwards', program.has(RELRO))
    if is_dynamic:
        check('and it is all filled in at the start',
              program.value(NOW) or program.value(FLAGS) & 8 or program.value(FLAGS_1) & 1, program.dynamic)
        check('the program is anywhere in memory', program.kind == 3 and program.value(FLAGS_1) & 0x08000000, program.kind)
        check('a stack that was written over ends the program',
              '-fstack-protector-strong' not in given or b'__stack_chk_fail' in names)
        checked = sorted(name.decode() for name in names if name.endswith(b'_chk'))
        check('the C library checks the sizes of buffers', len(checked) > 3 or b'libc.so.6' not in names, checked)
        check('containers are asked for nothing that they have not',
              not any(name.startswith(b'libstdc++.so') for name in names) or any(b'glibcxx_assert_fail' in name for name in names))
    if '-fcf-protection=full' in given:
        landings = program.data.count(b'\xf3\x0f\x1e\xfa')
        check('functions begin with where a jump may land', landings > 1000, landings)
        features = program.flags_of_all_objects()
        print('every object of the program has it:', 'yes' if features & 3 == 3 else 'no (a library within, or the compiler\'s own start)')
    sys.exit(wrong > 0)


main()
