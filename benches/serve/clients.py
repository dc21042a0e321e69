"""Two clients: one discards bytes and counts them cheaply, the other reads frames and notes their times."""

import contextlib
import gc
import glob
import re
import selectors
import socket
import struct
import time

SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)
FIELD = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
STAMP = re.compile(rb"\r\nX-Timestamp: *(\d+)\.(\d{6})", re.IGNORECASE)
COM = b"\xff\xd8\xff\xfe\x00\x0a"
COM_BYTES = 14  # SOI and the segment
TICK_S, TICK_BYTES = 0.02, 4000  # how a slow viewer reads: 200 kB/s


def family(pid):
    """A process and its children."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path) as file:
            for child in file.read().split():
                found += family(int(child))
    return found


def scheduled(pids):
    """Seconds that all threads ran, and seconds that they were ready but had no core."""
    ran, waited = 0, 0
    for pid in pids:
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with contextlib.suppress(OSError), open(path) as file:
                times = file.read().split()
                ran, waited = ran + int(times[0]), waited + int(times[1])
    return ran / 1e9, waited / 1e9


def rss_mb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return total / 1024


def connect(stack, server):
    """Sends an HTTP/1.0 request, so that no server answers with chunks. Raises OSError if the server refuses."""
    peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
    peer.sendall(f"GET {server.path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
    peer.setblocking(False)
    return peer


def count(server, viewers, seconds, settle):
    """Measures with `viewers` viewers; returns bytes of each, CPU seconds, window and RSS of the server.

    Bytes are discarded unread (MSG_TRUNC), so that one core can receive a thousand streams."""
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        got = [0] * viewers
        for number in range(viewers):
            with contextlib.suppress(OSError):
                selector.register(connect(stack, server), selectors.EVENT_READ, number)
        buffer, pids = bytearray(1 << 20), family(server.pid)
        begin = time.monotonic() + settle
        cpu = None
        while cpu is None or time.monotonic() < begin + seconds:
            if cpu is None and time.monotonic() >= begin:
                begin, cpu, got = time.monotonic(), scheduled(pids)[0], [0] * viewers
            for key, _ in selector.select(0.05):
                try:
                    n = key.fileobj.recv_into(buffer, len(buffer), socket.MSG_TRUNC)
                except BlockingIOError:
                    continue
                except OSError:
                    n = 0
                got[key.data] += n
                if n == 0:
                    selector.unregister(key.fileobj)
        window = time.monotonic() - begin
        return got, scheduled(pids)[0] - cpu, window, rss_mb(pids)


class Viewer:
    """Parses a stream while it arrives. `frames` are (due, arrived, read), all in ns of CLOCK_REALTIME: the planned
    send time in the frame, when the kernel received its last byte, and when this program read it."""

    def __init__(self, peer, clock, monotonic_to_real):
        self.peer, self.clock, self.monotonic_to_real = peer, clock, monotonic_to_real
        self.frames, self.head, self.left, self.due = [], b"", 0, 0
        peer.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def read(self, buffer):
        """Reads once into the buffer; False at the end of the stream."""
        try:
            n, extra, _, _ = self.peer.recvmsg_into([buffer], 64)
        except BlockingIOError:
            return True
        except OSError:
            return False
        now = arrived = time.time_ns()
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, ns = struct.unpack("qq", value)
                arrived = seconds * 10**9 + ns
        self.feed(buffer, n, arrived, now)
        return n > 0

    def feed(self, data, n, arrived, now):
        at = 0
        while at < n:
            if self.left > 0:
                step = min(self.left, n - at)
                self.left -= step
                at += step
                if self.left == 0:
                    self.frames.append((self.due, arrived, now))
                continue
            piece = bytes(data[at : min(n, at + 512)])
            text = self.head + piece
            end = text.find(b"\r\n\r\n") + 4
            if end < 4 or (self.clock == "com" and len(text) < end + COM_BYTES):
                if len(text) > 65536:
                    raise ValueError("a head without an end")
                self.head = text
                at += len(piece)
                continue
            # Bytes after the head belong to the body and are counted there.
            step, self.head = end - len(self.head), b""
            length = FIELD.search(text, 0, end)
            if length:  # else it is the head of the response
                self.left = int(length[1]) + min(step, 0)
                self.due = self.time_of(text, end)
            elif step < 0:
                self.head = text[end:]
            at += max(step, 0)

    def time_of(self, text, end):
        if self.clock == "com" and text.startswith(COM, end):
            return int.from_bytes(text[end + 6 : end + COM_BYTES], "big") + self.monotonic_to_real
        stamp = self.clock == "field" and STAMP.search(text, 0, end)
        return int(stamp[1]) * 10**9 + int(stamp[2]) * 1000 if stamp else None


def watch(server, viewers, seconds, settle, slow=0):
    """Reads with `viewers` viewers, the first `slow` of them at 200 kB/s; returns the frames after the settle time."""
    offset = time.time_ns() - time.monotonic_ns()
    gc.collect()
    gc.disable()  # a collection is a pause of its own
    try:
        with contextlib.ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            all_ = [Viewer(connect(stack, server), server.clock, offset) for _ in range(viewers)]
            for viewer in all_[slow:]:
                selector.register(viewer.peer, selectors.EVENT_READ, viewer)
            buffer, small = bytearray(1 << 18), bytearray(TICK_BYTES)
            begin = time.monotonic()
            tick = begin
            while (now := time.monotonic()) < begin + settle + seconds:
                while slow and now >= tick:
                    tick += TICK_S
                    for viewer in all_[:slow]:
                        viewer.read(small)
                wait = tick - now if slow else 0.05
                for key, _ in selector.select(max(wait, 0)):
                    if not key.data.read(buffer):
                        selector.unregister(key.fileobj)
            settled = time.time_ns() - int(seconds * 1e9)
            return [[frame for frame in viewer.frames if frame[2] >= settled] for viewer in all_]
    finally:
        gc.enable()


def first_frame_in(server, files, deadline_s):
    """Whether one of the files becomes ready within the time."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=deadline_s) as peer:
        peer.sendall(f"GET {server.path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        deadline, seen = time.monotonic() + deadline_s, b""
        while time.monotonic() < deadline:
            seen = (seen + peer.recv(1 << 18))[-(1 << 22) :]
            if any(file in seen for file in files):
                return True
    return False


def timer_grid(pid):
    """The ticks of the periodic timerfd of a process: (one tick in ns of CLOCK_REALTIME, interval in ns).

    fdinfo has the time to the next tick. Of many readings the fastest one is the most exact: its error is at most
    half of its duration. None if there is no such timer."""
    best = None
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        for _ in range(200):
            before = time.time_ns()
            with open(path) as file:
                text = file.read()
            after = time.time_ns()
            times = re.findall(r"it_(?:value|interval): \((\d+), (\d+)\)", text)
            if len(times) != 2:
                break
            left, interval = (int(seconds) * 10**9 + int(ns) for seconds, ns in times)
            if interval and (best is None or after - before < best[0]):
                best = after - before, (before + after) // 2 + left, interval
    return best and best[1:]
