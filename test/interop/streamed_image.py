#!/usr/bin/env python3
"""Writes a docker-archive of the shape that dockerTools' streamLayeredImage has: HEX/layer.tar for each layer, named by the
digest of its plain tar, then the config, and manifest.json last.

usage: streamed_image.py MIB LAYERS [SEED]      half of it is random, and the same for one SEED
"""
import hashlib
import io
import json
import os
import sys
import tarfile
import threading

mib, layers = int(sys.argv[1]), int(sys.argv[2])
seed = sys.argv[3] if len(sys.argv) > 3 else ""
BLOCK = 1 << 19


class Content(io.RawIOBase):
    """The bytes of one file, which are not held."""

    def __init__(self, layer):
        super().__init__()
        self.random = hashlib.shake_256(f"{seed} {layer}".encode()).digest(BLOCK // 2)
        self.left, self.block = mib * (1 << 20) // layers // BLOCK, b""

    def readable(self):
        return True

    def readinto(self, into):
        if not self.block and self.left:
            self.left -= 1
            self.block = (self.left.to_bytes(8, "big") + self.random)[:BLOCK // 2] + bytes(BLOCK // 2)
        count = min(len(into), len(self.block))
        into[:count], self.block = self.block[:count], self.block[count:]
        return count


def write_layer(layer, out):
    with tarfile.open(fileobj=out, mode="w|") as tar:
        folder = tarfile.TarInfo("/nix")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        file = tarfile.TarInfo(f"/nix/store/layer-{layer}")
        file.size = mib * (1 << 20) // layers // BLOCK * BLOCK
        tar.addfile(file, io.BufferedReader(Content(layer), 1 << 20))


class Measure:
    def __init__(self):
        self.hash, self.size = hashlib.sha256(), 0

    def write(self, data):
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def write_into(layer, descriptor):
    with os.fdopen(descriptor, "wb") as out:
        write_layer(layer, out)


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    names = []
    for layer in range(layers):
        measure = Measure()
        write_layer(layer, measure)
        info = tarfile.TarInfo(measure.hash.hexdigest() + "/layer.tar")
        info.size = measure.size
        reading, writing = os.pipe()
        thread = threading.Thread(target=write_into, args=(layer, writing))
        thread.start()
        with os.fdopen(reading, "rb") as bytes_of_layer:
            tar.addfile(info, bytes_of_layer)
        thread.join()
        names.append(info.name)
    config = json.dumps({
        "created": "1970-01-01T00:00:01+00:00", "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + name.split("/")[0] for name in names]}}, indent=4).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    add(tar, config_name, config)
    add(tar, "manifest.json", json.dumps([{"Config": config_name, "RepoTags": ["app:1"], "Layers": names}]).encode())
