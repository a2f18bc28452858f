#!/usr/bin/env python3
"""Whether every layer of a pulled image, inflated, has its diff_id.

usage: inflated_layers.py FOLDER

FOLDER is a `dir:` folder. Ends with an assertion that names the layer where one is wrong.
"""
import gzip
import json
import pathlib
import sys

import oci

GZIP = b'\x1f\x8b'


def main():
    folder = pathlib.Path(sys.argv[1])

    def blob(descriptor):
        return (folder / descriptor['digest'].split(':')[1]).read_bytes()

    manifest = json.loads((folder / 'manifest.json').read_text(encoding='utf-8'))
    diff_ids = json.loads(blob(manifest['config']))['rootfs']['diff_ids']
    assert len(diff_ids) == len(manifest['layers']), (len(diff_ids), len(manifest['layers']))
    for layer, diff_id in zip(manifest['layers'], diff_ids):
        raw = blob(layer)
        assert len(raw) == layer['size'], layer
        plain = gzip.decompress(raw) if raw.startswith(GZIP) else raw
        assert oci.digest_of(plain) == diff_id, layer


main()
