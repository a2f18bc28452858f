#!/usr/bin/env python3
"""An image of two sparse layers. No codec looks at their bytes, so that they are only moved.

usage: sparse_image.py NAME MIB

Writes NAME.json, and the layers beside it; both layers together have MIB mebibytes.
"""
import concurrent.futures
import hashlib
import json
import os
import sys

import oci


def layer(name, number, size):
    """The description of a layer of that many bytes, whose file is made."""
    path = os.path.abspath(f'{name}.layer{number}')
    with open(path, 'wb+') as file:
        file.write(f'{name} {number}'.encode())
        file.truncate(size)
        file.seek(0)
        digest = 'sha256:' + hashlib.file_digest(file, 'sha256').hexdigest()
    return {'digest': digest, 'diff_ids': digest, 'size': size, 'layer-path': path,
            'mediatype': oci.LAYER, 'History': {}}


def main():
    name, size = sys.argv[1], int(sys.argv[2]) << 20
    with concurrent.futures.ThreadPoolExecutor() as pool:
        layers = list(pool.map(lambda number: layer(name, number, size // 2), range(2)))
    image = {'version': 1, 'image-config': {}, 'arch': 'amd64', 'created': None, 'layers': layers}
    with open(f'{name}.json', 'w', encoding='utf-8') as out:
        json.dump(image, out)


main()
