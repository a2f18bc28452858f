#!/usr/bin/env python3
"""A registry that has manifests, and leads elsewhere for blobs and uploads, by name.

usage: redirecting_registry.py PORT PORT_FILE

Manifests are those of the registry at 127.0.0.1:PORT. A blob that is fetched is redirected to
storage.test:PORT, and an upload's Location is there too. Listens on every address of the machine.
"""
import sys

import loopback_server

PORT = sys.argv[1]


class Redirecting(loopback_server.Handler):
    def answer(self):
        if '/blobs/uploads/' in self.path:
            self.reply(202, {'Location': f'http://storage.test:{PORT}/v2/app/blobs/uploads/1'})
        elif '/blobs/' in self.path:
            status = 307 if self.command == 'GET' else 404
            self.reply(status, {'Location': f'http://storage.test:{PORT}{self.path}'})
        else:
            self.reply(*self.ask(f'127.0.0.1:{PORT}'))

    do_GET = do_HEAD = do_POST = do_PUT = answer


loopback_server.serve(Redirecting, sys.argv[2], '0.0.0.0')
