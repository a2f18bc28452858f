"""What was promised: for each tag, which images it may name now. Thread-safe."""
import http.client
import json
import threading
import time

import whole  # test/torture

INDEX = 'application/vnd.oci.image.index.v1+json'


class Book:
    """Each image has a name of its own in its config (label `id`); a tag that is not there has the name None.

    Of the tries to move a tag, the last one that was acknowledged counts, and those behind it may have happened.
    """

    def __init__(self):
        self.lock, self.tries, self.attached, self.count = threading.Lock(), {}, {}, 0

    def begin(self, key, name):
        """A try to move key (registry, repository, tag) begins."""
        with self.lock:
            self.tries.setdefault(key, [None]).append(name)

    def acknowledge(self, key, name):
        """That last try of key was answered with success."""
        with self.lock:
            self.tries[key] = [name]
            self.count += 1

    def attach(self, key, name):
        with self.lock:
            self.attached[key] = name

    def allowed(self, key):
        with self.lock:
            return set(self.tries[key])

    def keys(self):
        with self.lock:
            return sorted(self.tries)


def look(at, key, book):
    """None when the tag is whole and names what it may, else what is wrong."""
    _, repository, tag = key
    allowed = book.allowed(key)
    status, manifest = whole.ask(at, f'/v2/{repository}/manifests/{tag}')
    if status == 404:
        return None if None in allowed else f'{key}: it is gone; {sorted(map(str, allowed))} may be there'
    if status != 200:
        return f'{key}: the manifest is answered {status}'
    if wrong := whole.in_registry(at, repository, tag, manifest):
        return f'{key}: {wrong}'
    status, config = whole.ask(at, f'/v2/{repository}/blobs/{json.loads(manifest)["config"]["digest"]}')
    name = json.loads(config)['config']['Labels']['id']
    if name not in allowed:
        return f'{key}: it names {name}, and may name {sorted(map(str, allowed))}'
    return look_at_attached(at, key, name, manifest, book)


def look_at_attached(at, key, name, manifest, book):
    expected = book.attached.get(key)
    if expected != name:
        return None
    status, listed = whole.ask(at, f'/v2/{key[1]}/referrers/{whole.digest_of(manifest)}', headers={'Accept': INDEX})
    if status != 200 or not json.loads(listed)['manifests']:
        return f'{key}: what was attached to it is not listed ({status})'
    return None


def look_patiently(server, key, book):
    """The same at a server (registries.Registry) that may be on its way up; one that is killed may also cut a reply short."""
    passing = (OSError, http.client.HTTPException) if server.is_killed else OSError
    for _ in range(50):
        try:
            return look(server.at, key, book)
        except passing:
            time.sleep(0.2)
    return f'{key}: the server does not answer'
