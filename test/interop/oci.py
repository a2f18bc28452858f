"""Words of the OCI formats that the tests' programs write and read."""
import hashlib
import json

OCI = 'application/vnd.oci.image.'
CONFIG = OCI + 'config.v1+json'
INDEX = OCI + 'index.v1+json'
LAYER = OCI + 'layer.v1.tar'
MANIFEST = OCI + 'manifest.v1+json'


def digest_of(content):
    """The digest of these bytes, with its algorithm."""
    return 'sha256:' + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    """What names these bytes in a manifest or an index."""
    return {'mediaType': media_type, 'digest': digest_of(content), 'size': len(content)}


def manifest(config, layers, **more):
    """The bytes of a manifest with this config and these layers, all given as bytes."""
    whole = {'schemaVersion': 2, 'mediaType': MANIFEST, 'config': descriptor(CONFIG, config),
             'layers': [descriptor(LAYER, layer) for layer in layers]}
    return json.dumps(whole | more).encode()
