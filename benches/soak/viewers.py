"""Viewers that read slowly, leave, or are too many."""
import contextlib
import random
import socket
import struct
import threading
import time
import urllib.parse

COUNT = {"vanished": 0, "slow": 0}


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
            while not stopped.wait(0.2) and viewer.recv(2000):
                pass


def crowd(url, stopped, many):
    """More viewers than the server has descriptors for: it must go on for those that it has."""
    while not stopped.wait(5):
        with contextlib.ExitStack() as stack:
            for _ in range(many):
                with contextlib.suppress(OSError):
                    stack.enter_context(connect(url))
            time.sleep(2)


def start(soak, stopped, many):
    jobs = [(vanish, ([soak.source_url, soak.relay_url], stopped, seed)) for seed in range(3)]
    jobs += [(read_slowly, (url, stopped)) for url in [soak.source_url, soak.relay_url]]
    jobs.append((crowd, (soak.few_url, stopped, many)))
    threads = [threading.Thread(target=job, args=arguments, daemon=True) for job, arguments in jobs]
    for thread in threads:
        thread.start()
    return threads
