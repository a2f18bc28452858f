#!/usr/bin/env python3
"""A registry that knows nothing newer than TLS 1.1 is not talked to, whatever this machine's OpenSSL allows (#23, RFC 8996).

usage: old_tls.py N2C
"""
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import warnings

N2C = os.path.realpath(sys.argv[1])
WORK = tempfile.TemporaryDirectory()
PLACE = pathlib.Path(WORK.name)
# What an administrator may have set for the sake of an old program.
PERMISSIVE = '''openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
'''
REPLY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\nConnection: close\r\n\r\n{"name":"app","tags":["1"]}'


def serve_once(context):
    """Where it listens, and which version its first connection came to (filled in later)."""
    listener = socket.create_server(('127.0.0.1', 0))
    versions = []

    def work():
        while True:
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as secure:
                    versions.append(secure.version())
                    secure.recv(65536)
                    secure.sendall(REPLY)
            except ssl.SSLError:
                continue
            except OSError:
                return
    threading.Thread(target=work, daemon=True).start()
    return listener, versions


def main():
    if shutil.which('openssl') is None:
        print('no openssl to make a certificate with')
        sys.exit(77)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=x', '-addext',
                    'subjectAltName=IP:127.0.0.1', '-keyout', PLACE / 'key', '-out', PLACE / 'cert'], check=True, capture_output=True)
    (PLACE / 'openssl.cnf').write_text(PERMISSIVE)
    env = {k: v for k, v in os.environ.items() if 'proxy' not in k.lower()}
    env |= {'HOME': WORK.name, 'XDG_CACHE_HOME': WORK.name, 'OPENSSL_CONF': str(PLACE / 'openssl.cnf')}
    warnings.simplefilter('ignore', DeprecationWarning)
    wrong = 0
    for newest, is_taken in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PLACE / 'cert', PLACE / 'key')
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
        listener, versions = serve_once(context)
        done = subprocess.run([N2C, 'tags', f'127.0.0.1:{listener.getsockname()[1]}/app', '--ca-file', str(PLACE / 'cert'), '--retry', '0'],
                              env=env, capture_output=True, text=True, timeout=60, check=False)
        listener.close()
        holds = (done.returncode == 0 and versions) if is_taken else (done.returncode != 0 and not versions and done.stderr)
        print('ok:' if holds else 'FAILED:', f'a registry up to {newest.name} is {"" if is_taken else "not "}talked to',
              '' if holds else (versions, done))
        wrong += not holds
    sys.exit(wrong > 0)


main()
