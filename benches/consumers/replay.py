"""A server that gives one stream to everyone who connects, byte for byte and at its times."""

import contextlib
import dataclasses
import select
import socket
import struct
import threading
import time

# Pages for browsers: an empty one, whose script reads the pixels of the stream, which needs the same origin, and one
# that only shows the stream.
PAGE = b"<!DOCTYPE html><meta charset=utf-8><title>img</title><body></body>"
PAGES = {b"/page": PAGE, b"/img": PAGE.replace(b"<body>", b"<body><img src=/stream>")}

# More connections than this are refused: a program that reconnects in a loop ends nothing else.
CONNECTIONS = 30


@dataclasses.dataclass
class Connection:
    # Times are seconds of the wall clock, because browsers have only this clock in common with us.
    began: float
    sent: list = dataclasses.field(default_factory=list)
    ended: float = 0.0
    # The other side closed before the stream was over.
    was_left: bool = False


class Replay:
    """A context manager. `url` is the stream, `page` an empty page, `img` a page that shows the stream."""

    def __init__(self, stream):
        self.stream = stream
        self.connections = []
        self.stopping = threading.Event()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        port = self.listener.getsockname()[1]
        self.url, self.page, self.img = (f"http://127.0.0.1:{port}/{name}" for name in ("stream", "page", "img"))
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.listener.close()

    def accept(self):
        threads = []
        self.listener.settimeout(0.05)
        while not self.stopping.is_set():
            try:
                wire, _ = self.listener.accept()
            except TimeoutError:
                continue
            if len(self.connections) >= CONNECTIONS:
                wire.close()
                continue
            thread = threading.Thread(target=self.answer, args=(wire,), daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def answer(self, wire):
        with wire, contextlib.suppress(OSError):
            wire.settimeout(5)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = b""
            while b"\r\n\r\n" not in request and len(request) < 1 << 16:
                some = wire.recv(4096)
                if not some:
                    return
                request += some
            path = request.split(b" ")[1].split(b"?")[0]
            if page := PAGES.get(path):
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (len(page), page))
            elif path == b"/favicon.ico":
                wire.sendall(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            else:
                self.send(wire)

    def send(self, wire):
        connection = Connection(time.time())
        self.connections.append(connection)
        began = time.monotonic()
        try:
            for due, data in self.stream.sends:
                if not self.wait(wire, began + due / 1000):
                    connection.was_left = True
                    return
                wire.sendall(data)
                connection.sent.append(time.time())
            if not self.wait(wire, began + self.stream.ended_ms / 1000):
                connection.was_left = True
                return
            if self.stream.is_reset:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            connection.was_left = True
            raise
        finally:
            connection.ended = time.time()

    def wait(self, wire, due):
        """Whether the other side is still there at that time."""
        while (left := due - time.monotonic()) > 0:
            if self.stopping.is_set():
                return False
            if select.select([wire], [], [], min(left, 0.1))[0] and not wire.recv(4096):
                return False
        return True

    def is_over(self, grace):
        """Whether all connections have ended so many seconds ago."""
        ends = [one.ended for one in list(self.connections)]
        return bool(ends) and all(ends) and time.time() - max(ends) > grace
