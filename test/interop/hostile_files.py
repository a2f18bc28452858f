#!/usr/bin/env python3
"""Descriptions and manifests made to do harm, for hostile_images.sh.

usage: hostile_files.py

Writes below the current folder, which must be empty:

    described/   image.json (NAME.json) and layers.json (NAME.layers) that are wrong in themselves
    opened/      likewise, that name what must not be read, or not be waited for, as a layer
    lacking/     likewise, whose layer's path leads nowhere
    stored/      likewise, whose store path is none
    manifests/   folders, each with the like in a manifest: of a folder (dir), of a layout (oci), of
                 a layout's index (index), and in archives (archive, docker-archive)
    .            two that are small and ask for much memory, and *.folder, whose manifest.json is
                 no regular file
"""
import json
import os
import pathlib
import sys
import tarfile

import oci

WORK = os.getcwd()
if os.path.exists('.git'):
    sys.exit('hostile_files.py: the current folder is a checkout; it writes hundreds of files there')
TAR = bytes(10240)
TRUE, FALSE = oci.digest_of(TAR), 'sha256:' + '0' * 64
CLIMB = '../' * 40
TRUE_LAYER = {'digest': TRUE, 'size': len(TAR), 'diff_ids': TRUE, 'mediatype': oci.LAYER,
              'layer-path': WORK + '/tar'}

# What manifests have too: digests that are paths or none, and lists of layers that are large.
DIGESTS = {
    'with dots': 'sha256:../../x',
    'of dots, as long as a true one': 'sha256:' + '../' * 21 + 'x',
    'that is an absolute path': f'sha256:{WORK}/x',
    'in upper case': TRUE.upper().replace('SHA', 'sha'),
    'of four digits': 'sha256:abcd',
}
LARGE = {
    'a million layers': ','.join(['{}'] * 10**6),
    'a string of 100 MB': '"' + 'x' * (100 << 20) + '"',
    '100 MB of numbers': '0,' * (50 << 20) + '0',
    'arrays 100000 deep': '[' * 10**5 + ']' * 10**5,
    'objects 100000 deep': '{"a":' * 10**5 + '0' + '}' * 10**5,
}
# What only descriptions have.
OTHER_DIGESTS = {
    'that ends with NUL': TRUE + '\0',
    'that ends with a newline': TRUE + '\n',
    'of MD5': 'md5:' + '0' * 32,
    'of nothing': '',
}
SIZES = {size: size for size in ('-1', '1.5', '1e999999999', str(2**63))}
SIZES |= {'400 digits': '1' * 400}
CUTS = {
    'an end too early': lambda text: text[:-20],
    'an end too late': lambda text: text + ']',
    'bytes that are no JSON': lambda text: '\0\1\2',
    'no bytes': lambda text: '',
}
LAYER_PATHS = {
    'opened/a device': '/dev/zero',
    'opened/a device by a relative path': CLIMB + 'dev/zero',
    'opened/a device by a link': WORK + '/link',
    'opened/a FIFO': WORK + '/fifo',
    'opened/a folder': WORK,
    'opened/a path with a NUL': WORK + '/tar\0',
    'lacking/a link to itself': WORK + '/loop',
    'lacking/a path of 10000 bytes': '/x' * 5000,
}
STORE_PATHS = {
    'a path outside of the store': WORK + '/secret',
    'a path that climbs out of the store': '/nix/store/' + CLIMB + WORK[1:] + '/secret',
    'a device as store path': '/dev/zero',
}


def write(name, text):
    pathlib.Path(name).write_bytes(text.encode('latin-1'))


def layer(**keys):
    """A true layer's description, but for these keys; None leaves one out."""
    whole = TRUE_LAYER | keys
    return json.dumps({key: value for key, value in whole.items() if value is not None})


def describe(name, layers, config='', change=lambda text: text):
    """Writes the layers, which are text, as image.json and as layers.json."""
    image = '{"version":1,"image-config":{%s},"arch":"amd64","created":null,"layers":[%s]}'
    write(name + '.json', change(image % (config, layers)))
    write(name + '.layers', change(f'[{layers}]'))


def write_wrong_descriptions():
    for how, digest in (DIGESTS | OTHER_DIGESTS).items():
        for key in ('digest', 'diff_ids'):
            describe(f'described/a {key} {how}', layer(**{key: digest}))
    describe('described/a digest that is no UTF-8',
             '{"digest":"sha256:\xff\xfe","diff_ids":"\xc3"}')
    describe('described/a digest given twice, the last time with dots',
             layer()[:-1] + ',"digest":"sha256:../../x"}')
    for how, size in SIZES.items():
        sized = layer(**{'size': 0, 'layer-path': None, 'paths': []})
        describe('described/a size of ' + how, sized.replace('"size": 0', '"size": ' + size))
    for name, layers in LARGE.items():
        describe('described/' + name, layers)
    for name, change in CUTS.items():
        describe('described/' + name, layer(), change=change)


def write_small_and_greedy_descriptions():
    describe('a million paths', '{"paths":[' + ','.join(['{}'] * 990000) + ']}')
    labels = ','.join(f'"{i:016x}":"{"x" * 16}"' for i in range(480000))
    describe('half a million labels', layer(), '"Labels":{' + labels + '}')


def write_descriptions_of_wrong_files():
    write('tar', TAR.decode())
    write('secret', 'nobody asked for this\n')
    os.mkfifo('fifo')
    os.symlink('/dev/zero', 'link')
    os.symlink('loop', 'loop')
    for name, path in LAYER_PATHS.items():
        describe(name, layer(**{'layer-path': path}))
    for name, path in STORE_PATHS.items():
        stored = {'layer-path': None, 'paths': [{'path': path}], 'digest': FALSE, 'diff_ids': FALSE}
        describe('stored/' + name, layer(**stored))


def document(media_type, more):
    return '{"schemaVersion":2,"mediaType":"%s",%s}' % (media_type, more)


def put(folder, media_type, file):
    """Links the file to its digest in the folder; its descriptor."""
    content = pathlib.Path(file).read_bytes()
    os.link(file, f'{folder}/{oci.digest_of(content).removeprefix("sha256:")}')
    return json.dumps(oci.descriptor(media_type, content))


def write_layout(folder, manifests):
    write(f'{folder}/oci-layout', '{"imageLayoutVersion":"1.0.0"}')
    write(f'{folder}/index.json', document(oci.INDEX, f'"manifests":[{manifests}]'))


def write_manifests(layers, in_docker_archive):
    """Into the current folder: the layers, which are text, in every form that has a manifest."""
    for folder in ('dir', 'oci/blobs/sha256', 'index/blobs'):
        os.makedirs(folder)
    config = put('dir', oci.CONFIG, WORK + '/config')
    write('dir/manifest.json', document(oci.MANIFEST, f'"config":{config},"layers":[{layers}]'))
    write_layout('oci', put('oci/blobs/sha256', oci.MANIFEST, 'dir/manifest.json'))
    write_layout('index', layers)
    more = ',' + layers if in_docker_archive else ''
    write('manifest.json',
          '[{"Config":"../../x","RepoTags":null,"Layers":["../../x","/dev/zero"%s]}]' % more)
    with tarfile.open('archive', 'w') as archive:
        archive.add('index', '.')
    with tarfile.open('docker-archive', 'w') as archive:
        archive.add('manifest.json')


def entry(digest, size=1):
    return json.dumps({'mediaType': oci.LAYER, 'digest': digest, 'size': size})


def write_wrong_manifests():
    write('config', '{"architecture":"amd64","os":"linux","config":{},'
                    '"rootfs":{"type":"layers","diff_ids":[]}}')
    wrong = {'a digest ' + how: entry(digest) for how, digest in DIGESTS.items()}
    wrong |= {'a negative size': entry(TRUE, -1), 'a size of 64 bits': entry(TRUE, 2**63)}
    large = {name: layers for name, layers in LARGE.items() if name != '100 MB of numbers'}
    for name, layers in (large | wrong).items():
        os.mkdir(f'{WORK}/manifests/{name}')
        os.chdir(f'{WORK}/manifests/{name}')
        write_manifests(layers, name in large)
        os.chdir(WORK)


def make_folders_without_manifest():
    for name in ('device', 'loop', 'fifo'):
        os.mkdir(name + '.folder')
    os.symlink('/dev/zero', 'device.folder/manifest.json')
    os.symlink('manifest.json', 'loop.folder/manifest.json')
    os.mkfifo('fifo.folder/manifest.json')


def main():
    for folder in ('described', 'opened', 'lacking', 'stored', 'manifests'):
        os.mkdir(folder)
    write_wrong_descriptions()
    write_small_and_greedy_descriptions()
    write_descriptions_of_wrong_files()
    write_wrong_manifests()
    make_folders_without_manifest()


main()
