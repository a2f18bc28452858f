"""A TCP proxy on the loopback that passes on so many bytes a second to the server."""
import socket
import threading
import time


class SlowLink:
    """`port` leads to `server_port`; all connections share the rate."""

    def __init__(self, server_port, bytes_per_second):
        self.server_port, self.rate = server_port, bytes_per_second
        self.lock, self.free_at = threading.Lock(), time.monotonic()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(('127.0.0.1', self.server_port))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def wait_for_leave(self, count):
        with self.lock:
            now = time.monotonic()
            self.free_at = max(self.free_at, now) + count / self.rate
            pause = self.free_at - now
        time.sleep(pause)

    def pump(self, from_, to, is_slow):
        try:
            while chunk := from_.recv(16 << 10):
                if is_slow:
                    self.wait_for_leave(len(chunk))
                to.sendall(chunk)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            from_.close()
            to.close()
