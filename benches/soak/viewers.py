"""Viewers that read slowly, leave, or are too many."""
import contextlib
import hashlib
import random
import re
import socket
import struct
import threading
import time
import urllib.parse

COUNT = {"vanished": 0, "slow": 0}
# The hashes of the whole pictures that slow viewers received, and when their source made them, as they say themselves.
SEEN = []


def connect(url):
    parts = urllib.parse.urlsplit(url)
    viewer = socket.create_connection((parts.hostname, parts.port), timeout=5)
    viewer.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return viewer


def vanish(urls, stopped, seed):
    """Comes, reads a little and goes: with a reset, with an end, or in the middle of the request."""
    choice = random.Random(seed)
    while not stopped.wait(choice.uniform(0.05, 0.3)):
        with contextlib.suppress(OSError), connect(choice.choice(urls)) as viewer:
            viewer.recv(choice.choice([1, 200, 20_000]))
            if choice.random() < 0.5:
                viewer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        COUNT["vanished"] += 1


def read_slowly(url, stopped):
    while not stopped.wait(0.5):
        with contextlib.suppress(OSError), connect(url) as viewer:
            COUNT["slow"] += 1
            received = b""
            while not stopped.wait(0.2) and (more := viewer.recv(2000)):
                received = take(received + more)


def take(received):
    """Notes the whole parts, and returns the rest."""
    while head := re.search(rb"Content-Length: (\d+)\r\n.*?\r\n\r\n|Content-Length: (\d+)\r\n\r\n", received, re.DOTALL):
        end = head.end() + int(head[1] or head[2])
        if len(received) < end:
            break
        picture = received[head.end() : end]
        made = re.search(rb"mjpeg test frame=\d+ T=(\d+)", picture)
        SEEN.append((hashlib.sha256(picture).hexdigest(), int(made[1]) / 1e9 if made else 0))
        received = received[end:]
    return received


def crowd(url, stopped, many):
    """More viewers than the server has descriptors for: it must go on for those that it has."""
    while not stopped.wait(5):
        with contextlib.ExitStack() as stack:
            for _ in range(many):
                with contextlib.suppress(OSError):
                    stack.enter_context(connect(url))
            time.sleep(2)


def start(soak, stopped, many):
    urls = [soak.source_url, soak.relay_url, soak.laps_url, soak.laps_relay_url, soak.farm_url("sound")]
    jobs = [(vanish, (urls, stopped, seed)) for seed in range(5)]
    jobs += [(read_slowly, (url, stopped)) for url in [soak.source_url, soak.relay_url, soak.laps_relay_url]]
    jobs.append((crowd, (soak.few_url, stopped, many)))
    threads = [threading.Thread(target=job, args=arguments, daemon=True) for job, arguments in jobs]
    for thread in threads:
        thread.start()
    return threads
