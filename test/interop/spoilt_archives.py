#!/usr/bin/env python3
"""Makes archives that are not what they say of a docker-archive: missing.tar lacks its first layer, altered.tar has one byte of
it changed, lying.tar says that it is longer than it is.

usage: spoilt_archives.py ARCHIVE
"""
import io
import sys
import tarfile


def rewritten(name, change):
    """The archive with its first file changed; None leaves it out."""
    with tarfile.open(sys.argv[1]) as old, tarfile.open(name, "w") as new:
        for place, info in enumerate(old):
            data = old.extractfile(info).read()
            if place == 0:
                data = change(data)
            if data is not None:
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))


rewritten("missing.tar", lambda data: None)
rewritten("altered.tar", lambda data: data[:-600] + bytes([data[-600] ^ 1]) + data[-599:])
with open(sys.argv[1], "rb") as file:
    raw = bytearray(file.read())
raw[124:136] = b"%011o\0" % (int(raw[124:135], 8) + 512)  # the size in the first header
raw[148:156] = b" " * 8
raw[148:156] = b"%06o\0 " % sum(raw[:512])  # and its checksum made right
with open("lying.tar", "wb") as file:
    file.write(raw)
