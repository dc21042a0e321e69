#!/usr/bin/env python3
"""A day's worth of frames through `mjpeg record`, as fast as it can: does its memory grow? See README.md."""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
    b"Connection: close\r\n\r\n"
)
# Parts are sent in groups of this many.
GROUP = 100


def part(jpeg):
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg)


def request(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        got = client.recv(4096)
        if not got:
            return False
        head += got
    return True


def stream(client, jpegs, frames):
    """A stream that is closed behind so many frames."""
    group = b"".join(part(jpegs[n % len(jpegs)]) for n in range(GROUP))
    if request(client):
        client.sendall(STREAM)
        for _ in range(frames // GROUP):
            client.sendall(group)


def snapshots(client, jpegs, _):
    """One picture for each request, over a connection that stays open."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
    number = 0
    while request(client):
        jpeg = jpegs[number % len(jpegs)]
        number += 1
        client.sendall(head % len(jpeg) + jpeg)


class Server:
    """Counts its connections."""

    def __init__(self, answer, jpegs, frames):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self.run, args=(answer, jpegs, frames), daemon=True).start()

    def run(self, answer, jpegs, frames):
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            try:
                with client:
                    answer(client, jpegs, frames)
            except OSError:
                pass


def state(pid):
    """Resident memory in kB, and open descriptors; None once the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        resident = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
        return resident and (int(resident), len(os.listdir(f"/proc/{pid}/fd")))
    except OSError:
        return None


def measure(name, mjpeg, server, args):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        command = [mjpeg, "record", server.url, folder, "--keep", "1000", "--quiet", "--format", "json", *args]
        began = time.monotonic()
        run = subprocess.Popen(command, stdout=subprocess.PIPE)
        seen = []
        while run.poll() is None:
            found = state(run.pid)
            if found:
                seen.append((time.monotonic() - began, *found))
            time.sleep(0.1)
        seconds = time.monotonic() - began
        summary = json.loads(run.stdout.read())
    print(f"{name}: exit {run.returncode}, {summary['frames_written']} frames in {seconds:.0f} s,", end=" ")
    print(f"{server.connections} connections, {summary['reconnects']} reconnects")
    for share in (0.02, 0.25, 0.5, 0.75, 0.99):
        at, resident, descriptors = seen[int(share * (len(seen) - 1))]
        print(f"    after {at:6.1f} s: {resident / 1024:6.2f} MB resident, {descriptors} descriptors")
    # The first second fills the buffers and the ring of files.
    settled = [resident for at, resident, _ in seen if at > seconds / 4]
    grown = max(settled) - settled[0]
    most = max(descriptors for *_, descriptors in seen)
    print(f"    growth behind the first quarter: {grown} kB; descriptors at most {most}")
    return run.returncode == 0 and grown <= 1024


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("frames", type=Path, help="a directory of JPEGs; its smallest ones are sent")
    options.add_argument("--mjpeg", default="target/release/mjpeg")
    options.add_argument("--count", type=int, default=24 * 3600 * 15, help="frames of the stream")
    options.add_argument("--close", type=int, default=10_000, help="frames of each connection")
    options.add_argument("--polls", type=int, default=86_400, help="pictures of the snapshot URL")
    options = options.parse_args()
    jpegs = sorted((path.read_bytes() for path in options.frames.glob("*.jpg")), key=len)[:10]
    reconnect = ["--frames", str(options.count), "--reconnect", "forever", "--reconnect-delay", "1ms"]
    poll = ["--frames", str(options.polls), "--poll", "1ms"]
    is_flat = [
        measure("stream", options.mjpeg, Server(stream, jpegs, options.close), reconnect),
        measure("snapshots", options.mjpeg, Server(snapshots, jpegs, 0), poll),
    ]
    sys.exit(0 if all(is_flat) else 1)


if __name__ == "__main__":
    main()
