#!/usr/bin/env python3
"""A registry of one image that lies about one part of it, in a way that the repository's name says.

usage: lying_registry.py PORT_FILE DIGESTS LOG

The name is PLACE/LIE. PLACE is the part: tag, index, platform, manifest, config or layer. Below tag
the tag 1 is the image's manifest, elsewhere an index that names it. LIE is one of LIES below.
Writes the digests of the manifest and the layer as JSON into DIGESTS, and each request's part and
path into LOG.
"""
import itertools
import json
import sys
import threading

import loopback_server
import oci

LAYER = b'one, two, three, ' * 20000
CONFIG = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {},
                     'rootfs': {'type': 'layers', 'diff_ids': [oci.digest_of(LAYER)]}}).encode()
MANIFEST = oci.manifest(CONFIG, [LAYER])
PARTS = {oci.digest_of(CONFIG): ('config', CONFIG), oci.digest_of(LAYER): ('layer', LAYER)}
TIMES = itertools.count()
CLIMBING = b'sha256:' + b'../' * 21 + b'x'  # as long as a true digest


def moved(_):
    """Another manifest whenever it is asked for."""
    return oci.manifest(CONFIG, [LAYER], annotations={'times': str(next(TIMES))})


LIES = {
    'none': lambda body: body,
    'altered': lambda body: body.replace(b', ', b' ,', 1),  # as long, and as good JSON
    'short': lambda body: body[:-20],
    'long': lambda body: body + b' ',
    'cut': lambda body: body,  # but the connection ends halfway
    'waiting': lambda body: body,  # but the second half does not come
    'lacking': lambda body: None,
    'moving': moved,
    'path': lambda body: body.replace(oci.digest_of(LAYER).encode(), CLIMBING),
}


def index(architecture):
    platform = {'platform': {'os': 'linux', 'architecture': architecture}}
    listed = oci.descriptor(oci.MANIFEST, MANIFEST) | platform
    return json.dumps({'schemaVersion': 2, 'mediaType': oci.INDEX, 'manifests': [listed]}).encode()


def part(place, reference):
    """What is asked for: (its name, its true bytes)."""
    if reference != '1':
        return PARTS.get(reference, ('manifest', MANIFEST))
    if place == 'tag':
        return 'tag', MANIFEST
    return 'index', index('s390x' if place == 'platform' else 'amd64')


class Lying(loopback_server.Handler):
    def do_GET(self):
        _, _, place, lie, _, reference = self.path.split('/', 5)
        name, body = part(place, reference)
        print(name, self.path, file=log, flush=True)
        lied = name == place
        if lied:
            body = LIES[lie](body)
        if body is None:
            self.send_error(404)
            return
        self.begin_reply(200, {'Content-Type': oci.INDEX if name == 'index' else oci.MANIFEST,
                               'Content-Length': str(len(body))})
        self.close_connection = True
        half = lied and lie in ('cut', 'waiting')
        self.wfile.write(body[:len(body) // 2] if half else body)
        if lied and lie == 'waiting':
            threading.Event().wait(60)


port_file, digests, log_file = sys.argv[1:]
with open(digests, 'w', encoding='utf-8') as out:
    json.dump({'manifest': oci.digest_of(MANIFEST), 'layer': oci.digest_of(LAYER)}, out)
with open(log_file, 'w', encoding='utf-8') as log:
    loopback_server.serve(Lying, port_file)
