#!/usr/bin/env python3
"""Compares the latency that the coded strip shows with the truth, frame by frame.

    benches/path/truth.py [--frames 300]

A relay of this script reads `mjpeg serve test:` and sends each frame on after a random delay. It knows when it has sent the last byte of
each frame, and X-Timestamp has the time of the strip. `mjpeg inspect` reads the strips at the relay; its `age_ms` is the figure of which
`bench path` prints the percentiles. Under load the relay may be interrupted between its clock and its system call: the script reads the
clock before and after the call, and the truth is between the two.
"""
import argparse
import json
import pathlib
import random
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peers  # noqa: E402


def frames(url):
    host, path = re.match(r"http://([^/]*)(.*)", url).groups()
    address = host.rsplit(":", 1)
    stream = socket.create_connection((address[0], int(address[1])))
    stream.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    file = stream.makefile("rb")
    while True:
        taken = length = None
        while length is None or line.strip():
            line = file.readline()
            if not line:
                return
            name, _, value = line.decode(errors="replace").partition(":")
            if name.lower() == "content-length":
                length = int(value)
            elif name.lower() == "x-timestamp":
                taken = float(value)
        yield taken, file.read(length)


def relay(listener, url, truth):
    viewer, _ = listener.accept()
    viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    viewer.recv(65536)
    viewer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
    try:
        for taken, jpeg in frames(url):
            time.sleep(random.uniform(0, 0.03))
            viewer.sendall(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg[:-1])
            before = time.time()
            viewer.sendall(jpeg[-1:])
            after = time.time()
            viewer.sendall(b"\r\n")
            truth[round(taken * 1e6)] = (before - taken, after - taken)
    except OSError:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    args = parser.parse_args()
    truth = {}
    with peers.serve("test:640x480", 20) as (url, _), socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=relay, args=(listener, url, truth), daemon=True).start()
        target = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        command = [peers.MJPEG, "inspect", target, "--frames", str(args.frames), "--format", "json"]
        lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    errors = []
    for strip in (json.loads(line)["strip"] for line in lines):
        times = truth.get(strip["time_us"])
        if times and "age_ms" in strip:
            before, after = (1000 * it for it in times)
            age = strip["age_ms"]
            errors.append(max(before - age, age - after, 0.0))
    errors.sort()
    print(f"{len(errors)} frames: error p50 {errors[len(errors) // 2]:.3f} ms, p99 {errors[len(errors) * 99 // 100]:.3f} ms, "
          f"max {errors[-1]:.3f} ms; load average {open('/proc/loadavg').read().split()[0]}")


if __name__ == "__main__":
    main()
