"""A way to a server on which connections go wrong: cut in either direction, slow, or answered 503 by what stands between."""
import contextlib
import random
import socket
import threading
import time

REFUSAL = (b'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n'
           b'Connection: close\r\n\r\nbusy\n')
FATES = {'passed': 76, 'cut on the way there': 8, 'cut on the way back': 8, 'slow': 4, 'answered 503': 4}  # of a hundred


class FaultyProxy:
    """Listens on a port of its own, `at`, until the process ends. `fates` counts connections."""

    def __init__(self, to, seed):
        self.to, self.rng, self.lock = to, random.Random(seed), threading.Lock()
        self.fates = dict.fromkeys(FATES, 0)
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.at = f'127.0.0.1:{self.listener.getsockname()[1]}'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        with self.lock:
            fate = self.rng.choices(list(FATES), FATES.values())[0]
            limit = int(10 ** self.rng.uniform(1, 6))  # bytes until it is cut
            self.fates[fate] += 1
        with contextlib.suppress(OSError), client:
            if fate == 'answered 503':
                client.recv(65536)
                client.sendall(REFUSAL)
                return
            host, port = self.to.split(':')
            with socket.create_connection((host, int(port)), timeout=10) as server:
                there = limit if fate == 'cut on the way there' else None
                back = limit if fate == 'cut on the way back' else None
                other = threading.Thread(target=pump, args=(server, client, back, fate == 'slow'), daemon=True)
                other.start()
                pump(client, server, there, fate == 'slow')
                other.join()


def pump(source, target, limit, is_slow):
    """Until one of them ends, or so many bytes have passed: then both are over."""
    source.settimeout(60)
    try:
        while data := source.recv(65536):
            if limit is not None:
                data, limit = data[:limit], limit - len(data)
            target.sendall(data)
            if limit is not None and limit <= 0:
                break
            if is_slow:
                time.sleep(0.02)
        else:
            target.shutdown(socket.SHUT_WR)
            return
    except OSError:
        pass
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
