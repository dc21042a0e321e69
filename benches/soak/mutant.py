"""What the soak must find: a proxy that falsifies a stream, and a process that takes more and more.

    benches/soak/mutant.py stream KIND PORT URL
    benches/soak/mutant.py process memory|descriptors|threads
"""
import itertools
import os
import re
import socket
import sys
import threading
import time
import urllib.parse

# Every so many frames one is falsified, from the first time on.
EVERY = 250
STREAMS = ["drop", "half", "comment", "scan", "cut", "twice", "older", "swap", "silent"]
PROCESSES = ["memory", "descriptors", "threads"]


class Stream:
    """The parts of one response, as they are sent on."""

    def __init__(self, kind):
        self.kind, self.number, self.older, self.held = kind, 0, b"", b""

    def sent(self, head, body):
        """What is sent instead of a part."""
        self.number += 1
        part, older = head + body, self.older
        if self.number % EVERY == EVERY - 10:
            self.older = part
        if self.held:
            held, self.held = self.held, b""
            return part + held
        if self.number % EVERY:
            return part
        changed = bytearray(body)
        match self.kind:
            case "drop":
                return b""
            case "half":
                # The length stays, so the end is taken from the next part.
                return head + body[: len(body) // 2]
            case "comment":
                # One bit of the comment: the picture stays the same.
                changed[body.index(b"mjpeg test") + 3] ^= 1
            case "scan":
                changed[len(body) // 2] ^= 1
            case "cut":
                changed = changed[: len(body) // 2]
                head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(changed), head)
            case "twice":
                return part + part
            case "older":
                return older
            case "swap":
                self.held = part
                return b""
        return head + bytes(changed)


def forward(kind, viewer, address):
    with viewer, socket.create_connection(address) as server:
        request = b""
        while b"\r\n\r\n" not in request:
            request += viewer.recv(65536)
        server.sendall(request)
        stream, received, at_head = Stream(kind), b"", True
        while more := server.recv(65536):
            received += more
            while b"\r\n\r\n" in received:
                head, _, rest = received.partition(b"\r\n\r\n")
                length = 0 if at_head else int(re.search(rb"Content-Length: (\d+)", head)[1])
                if len(rest) < length:
                    break
                head += b"\r\n\r\n"
                viewer.sendall(head if at_head else stream.sent(head, rest[:length]))
                received, at_head = rest[length:], False
                if kind == "silent" and stream.number == EVERY:
                    time.sleep(1e6)


def main():
    if sys.argv[1] == "stream":
        kind, port, url = sys.argv[2:]
        parts = urllib.parse.urlsplit(url)
        with socket.create_server(("127.0.0.1", int(port))) as listener:
            while True:
                viewer, _ = listener.accept()
                threading.Thread(target=forward, args=(kind, viewer, (parts.hostname, parts.port)), daemon=True).start()
    kept = []
    for second in itertools.count():
        time.sleep(1)
        match sys.argv[2]:
            case "memory":
                # 6 MB a minute.
                kept.append(os.urandom(100_000))
            case "descriptors" if second % 5 == 0:
                kept.append(os.dup(0))
            case "threads" if second % 10 == 0:
                threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()


if __name__ == "__main__":
    main()
