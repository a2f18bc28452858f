"""What the example needs of uwsgi: serves the WSGI application of one file over HTTP."""
import argparse
import runpy
from wsgiref.simple_server import make_server

arguments = argparse.ArgumentParser()
arguments.add_argument('--plugin')
arguments.add_argument('--http', default=':9090')
arguments.add_argument('--wsgi-file')
arguments.add_argument('--callable', default='application')
given = arguments.parse_args()
application = runpy.run_path(given.wsgi_file)[given.callable]
with make_server('', int(given.http.rsplit(':')[-1]), application) as server:
    server.serve_forever()
