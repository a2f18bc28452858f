"""What the tests' HTTP servers have in common: their start, their replies, asking a registry."""
import http.server
import pathlib
import urllib.error
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    """One request. Its line goes to standard error, which `start` in common.inc keeps in a log."""

    def begin_reply(self, status, headers):
        """The status and these headers, with nothing behind them."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def reply(self, status, headers, body=b''):
        """A whole reply; to HEAD it goes without its body."""
        self.begin_reply(status, {'Content-Length': str(len(body))} | headers)
        if self.command != 'HEAD':
            self.wfile.write(body)

    def ask(self, registry):
        """What the registry at HOST:PORT says to this request: (status, headers, body)."""
        accept = self.headers['Accept'] or '*/*'
        asked = urllib.request.Request(f'http://{registry}{self.path}', method=self.command,
                                       headers={'Accept': accept})
        try:
            said = urllib.request.urlopen(asked, timeout=60)
        except urllib.error.HTTPError as error:
            said = error
        with said:
            names = ('Content-Type', 'Docker-Content-Digest', 'Content-Length')
            headers = {name: said.headers[name] for name in names if said.headers[name]}
            return said.status, headers, said.read()


def serve(handler, port_file, address='127.0.0.1'):
    """Listens on a free port, which it writes into the file, and answers until it is killed."""
    server = http.server.ThreadingHTTPServer((address, 0), handler)
    pathlib.Path(port_file).write_text(str(server.server_port), encoding='ascii')
    server.serve_forever()
