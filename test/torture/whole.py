"""What is whole: images in registries, layouts, archives and folders. Each function returns None, or what is wrong."""
import hashlib
import http.client
import json
import pathlib
import re
import tarfile

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
ABSENT = 'is not there'


def digest_of(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


def parts_of(manifest):
    said = json.loads(manifest)
    return [said['config'], *said['layers']]


def ask(at, path, method='GET', body=None, headers=None):
    """(status, body) of one request on a connection of its own."""
    host, port = at.split(':')
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    try:
        connection.request(method, path, body, {'Accept': MANIFEST, **(headers or {})})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def in_registry(at, repository, tag, wanted=None):
    """The tag serves a whole image, of this manifest if one is wanted."""
    status, manifest = ask(at, f'/v2/{repository}/manifests/{tag}')
    if status == 404:
        return ABSENT
    if status != 200:
        return f'the manifest is answered {status}'
    if wanted is not None and manifest != wanted:
        return 'another manifest'
    for part in parts_of(manifest):
        status, content = ask(at, f'/v2/{repository}/blobs/{part["digest"]}')
        if status != 200 or digest_of(content) != part['digest'] or len(content) != part['size']:
            return f'the tag is there, and of its blob {part["digest"]} {len(content)} bytes, status {status}'
    return None


def of_layout(read, names):
    """An OCI layout whose files `read` gives by name."""
    if 'index.json' not in names:
        return ABSENT
    try:
        listed = json.loads(read('index.json'))['manifests']
        if json.loads(read('oci-layout'))['imageLayoutVersion'] != '1.0.0':
            return 'oci-layout has another version'
        for one in listed:
            manifest = read('blobs/sha256/' + one['digest'][7:])
            for part in [one, *parts_of(manifest)]:
                if digest_of(read('blobs/sha256/' + part['digest'][7:])) != part['digest']:
                    return f'wrong bytes of {part["digest"]}'
    except (OSError, KeyError, ValueError) as wrong:
        return repr(wrong)
    return None if listed else ABSENT


def files_in(folder):
    return {str(file.relative_to(folder)) for file in pathlib.Path(folder).rglob('*') if not file.is_dir()}


def layout_folder(folder):
    names = files_in(folder)
    wrong = of_layout(lambda name: (folder / name).read_bytes(), names)
    return wrong if wrong not in (None, ABSENT) else half_written(folder, names) or wrong


def half_written(folder, names, allowed=r'blobs/sha256/[0-9a-f]{64}|index\.json|oci-layout'):
    """A file that is named by a digest which it does not have, or that has no name of a layout's."""
    for name in names:
        last = pathlib.PurePath(name).name
        if not re.fullmatch(allowed, name):
            return f'left {name}'
        if re.fullmatch('[0-9a-f]{64}', last) and digest_of((folder / name).read_bytes()) != f'sha256:{last}':
            return f'half of {name}'
    return None


def docker_archive(file):
    try:
        with tarfile.open(file) as tar:
            listed = json.loads(tar.extractfile('manifest.json').read())[0]
            diff_ids = json.loads(tar.extractfile(listed['Config']).read())['rootfs']['diff_ids']
            for layer, diff_id in zip(listed['Layers'], diff_ids, strict=True):
                if digest_of(tar.extractfile(layer).read()) != diff_id:
                    return f'wrong bytes of {layer}'
    except FileNotFoundError:
        return ABSENT
    except (OSError, KeyError, ValueError, AttributeError, tarfile.TarError) as wrong:
        return repr(wrong)
    return None


def oci_archive(file):
    try:
        with tarfile.open(file) as tar:
            return of_layout(lambda name: tar.extractfile(name).read(), tar.getnames())
    except FileNotFoundError:
        return ABSENT
    except (OSError, tarfile.TarError) as wrong:
        return repr(wrong)


def pulled_folder(folder, manifest):
    """As `n2c pull` makes it."""
    if not folder.exists():
        return ABSENT
    try:
        if (folder / 'manifest.json').read_bytes() != manifest:
            return 'another manifest'
        for part in parts_of(manifest):
            if digest_of((folder / part['digest'][7:]).read_bytes()) != part['digest']:
                return f'wrong bytes of {part["digest"]}'
    except OSError as wrong:
        return repr(wrong)
    return None


def forget(at, repository, manifest):
    """Removes an image that was looked at, so that the registry's memory does not grow from run to run."""
    ask(at, f'/v2/{repository}/manifests/{digest_of(manifest)}', 'DELETE')
    for part in parts_of(manifest):
        ask(at, f'/v2/{repository}/blobs/{part["digest"]}', 'DELETE')
