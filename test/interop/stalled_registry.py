#!/usr/bin/env python3
"""A registry that stops in the middle of every large blob until a file is there.

usage: stalled_registry.py REGISTRY PORT_FILE GO_ON

What it says is what the registry at REGISTRY (HOST:PORT) says. Of a blob of a megabyte or more only
the first half megabyte is sent before the file GO_ON is made.
"""
import os
import sys
import time

import loopback_server

LARGE = 1_000_000  # bytes; smaller replies are sent at once
FIRST = 500_000
LONGEST = 300  # seconds that it waits


def go_on(file):
    deadline = time.monotonic() + LONGEST
    while not os.path.exists(file) and time.monotonic() < deadline:
        time.sleep(0.02)


class Stalled(loopback_server.Handler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        status, headers, body = self.ask(sys.argv[1])
        if self.command == 'HEAD' or len(body) < LARGE:
            self.reply(status, headers, body)
            return
        self.begin_reply(status, headers)
        self.wfile.write(body[:FIRST])
        go_on(sys.argv[3])
        self.wfile.write(body[FIRST:])

    do_HEAD = do_GET


loopback_server.serve(Stalled, sys.argv[2])
