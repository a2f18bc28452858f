#!/usr/bin/env python3
"""A registry that refuses in the ways registries do, for messages.py.

usage: message_registry.py PORT

The first part of a repository's name says how; what is not listed here it takes.
"""
import hashlib
import http.server
import json
import sys

import loopback_server

PAGE = (b'<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n'
        b'<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n')
CONFIG = b'{}'
DIGEST = 'sha256:' + hashlib.sha256(CONFIG).hexdigest()
MANIFEST = json.dumps({
    'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
    'config': {'mediaType': 'application/vnd.oci.image.config.v1+json', 'digest': DIGEST, 'size': 2},
    'layers': []}).encode()


def errors(code, message):
    return json.dumps({'errors': [{'code': code, 'message': message}]}).encode()


def page(title):
    return PAGE % (title, title)


JSON = {'Content-Type': 'application/json'}
HTML = {'Content-Type': 'text/html'}
# What an upload meets.
UPLOADS = {
    'quota': (413, JSON, errors('DENIED', 'adding 2.3 MiB of storage resource, which when updated to current usage '
                                'of 10.0 GiB will exceed the configured upper limit of 10.0 GiB: quota exceeded')),
    'nginx': (413, HTML, page(b'413 Request Entity Too Large')),
    'readonly': (405, JSON, errors('UNSUPPORTED', 'The operation is unsupported.')),
    'denied': (403, JSON, errors('DENIED', 'requested access to the resource is denied')),
    'norepo': (404, JSON, errors('NAME_UNKNOWN', 'The repository does not exist')),
}
# What every request meets.
ALL = {
    'busy': (429, JSON | {'Retry-After': '0'}, errors('TOOMANYREQUESTS', 'too many requests')),
    'broken': (500, JSON, errors('UNKNOWN', 'unknown error')),
    'gateway': (502, HTML, page(b'502 Bad Gateway')),
    'page': (200, HTML, page(b'Welcome')),
    'absent': (404, JSON, errors('MANIFEST_UNKNOWN', 'manifest unknown')),
}


class Registry(loopback_server.Handler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        size = int(self.headers.get('Content-Length') or 0)
        if self.headers.get('Transfer-Encoding'):
            self.close_connection = True
        self.rfile.read(size)
        way, _, rest = self.path.removeprefix('/v2/').partition('/')
        if way in ALL:
            return self.reply(*ALL[way])
        if way == 'private':
            return self.login()
        if way == 'denied' and not self.headers['Authorization']:
            return self.login()
        if self.path == '/v2/':
            return self.reply(200, JSON, b'{}')
        if '/manifests/' in rest:
            return self.manifest(way, rest)
        if '/blobs/uploads/' in rest:
            return self.upload(way)
        if way == 'immutable' and rest.endswith(DIGEST):
            return self.reply(200, {'Content-Type': 'application/octet-stream'}, CONFIG)
        self.reply(404, JSON, errors('BLOB_UNKNOWN', 'blob unknown to registry'))

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = answer

    def login(self):
        self.reply(401, JSON | {'WWW-Authenticate': 'Basic realm="registry"'},
                   errors('UNAUTHORIZED', 'authentication required'))

    def manifest(self, way, rest):
        if self.command != 'PUT':
            held = way == 'immutable' and rest.endswith('/1')
            if held:
                return self.reply(200, {'Content-Type': 'application/vnd.oci.image.manifest.v1+json'}, MANIFEST)
            return self.reply(404, JSON, errors('MANIFEST_UNKNOWN', 'manifest unknown'))
        if way == 'immutable':
            return self.reply(400, JSON, errors(
                'ImageTagAlreadyExistsException', "The image tag '1' already exists in the repository and cannot be "
                'overwritten because the repository is immutable.'))
        self.reply(201, {'Location': self.path})

    def upload(self, way):
        if way in UPLOADS:
            return self.reply(*UPLOADS[way])
        if self.command == 'PUT':
            return self.reply(201, {'Location': '/v2/'})
        at = self.path.partition('?')[0].rpartition('/')[0] + '/session'
        self.reply(202, {'Location': at, 'Range': '0-0', 'Docker-Upload-UUID': 'session'})


if __name__ == '__main__':
    http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Registry).serve_forever()
