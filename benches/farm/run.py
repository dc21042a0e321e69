#!/usr/bin/env python3
"""Measures `mjpeg serve --farm`: CPU and memory with one viewer for each camera.

    benches/farm/run.py MJPEG FRAMES [--cameras 1000] [--fps 1] [--seconds 20] [--repeat 3] [--check]

MJPEG is a release build, FRAMES a directory of JPEGs. The client is this program: one thread with epoll. Its own CPU is not
part of the result. Prints a JSON line for each run.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import select
import socket
import tempfile
import time
import urllib.parse
import urllib.request

import farm


def cpu_seconds(pid):
    """User and system time of all threads of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kb(pid):
    """Memory of a process that no other one shares, in kB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(value) for value in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Viewers:
    """Connections that read and count bytes and frames."""

    def __init__(self, host, port):
        self.at = (host, port)
        self.epoll = select.epoll()
        self.sockets = {}
        self.frames = {}
        self.bytes = 0

    def add(self, path):
        connection = socket.create_connection(self.at)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.at[0]}:{self.at[1]}\r\n\r\n".encode())
        connection.setblocking(False)
        self.sockets[connection.fileno()] = connection
        self.frames[connection.fileno()] = 0
        self.epoll.register(connection.fileno(), select.EPOLLIN)

    def read_until(self, deadline):
        while (left := deadline - time.monotonic()) > 0:
            for number, _ in self.epoll.poll(left):
                try:
                    while True:
                        data = self.sockets[number].recv(1 << 18)
                        if not data:
                            raise SystemExit("a viewer was closed")
                        self.bytes += len(data)
                        # The end of a picture; one that two reads share is not counted.
                        self.frames[number] += data.count(b"\xff\xd9")
                except BlockingIOError:
                    pass


def measure(options, cameras, folder):
    file = pathlib.Path(folder) / "farm.toml"
    names = f"cam[1-{cameras}]" if cameras > 1 else "cam1"
    file.write_text(
        f'[[camera]]\nname = "{names}"\nsource = "{os.path.abspath(options.frames)}"\nfps = {options.fps}\n'
    )
    process, url = farm.serve(options.mjpeg, file)
    try:
        idle_kb = resident_kb(process.pid)
        address = urllib.parse.urlsplit(url)
        viewers = Viewers(address.hostname, address.port)
        for number in range(1, cameras + 1):
            viewers.add(f"/cam{number}/stream")
        viewers.read_until(time.monotonic() + 3)
        before, at = cpu_seconds(process.pid), time.monotonic()
        frames, received = sum(viewers.frames.values()), viewers.bytes
        viewers.read_until(at + options.seconds)
        seconds = time.monotonic() - at
        result = {
            "cameras": cameras,
            "fps": options.fps,
            "cores": round((cpu_seconds(process.pid) - before) / seconds, 4),
            "frames_per_s": round((sum(viewers.frames.values()) - frames) / seconds, 1),
            "mb_per_s": round((viewers.bytes - received) / seconds / 1e6, 2),
            "viewers_with_frames": sum(1 for count in viewers.frames.values() if count),
            "kb_before_viewers": idle_kb,
            "kb": resident_kb(process.pid),
            "threads": threads(process.pid),
            "load": os.getloadavg()[0],
        }
        at = time.monotonic()
        urllib.request.urlopen(f"{url}state").read()
        result["state_ms"] = round((time.monotonic() - at) * 1000, 1)
        if options.check:
            for connection in viewers.sockets.values():
                connection.close()
            verdicts, status = farm.check(options.mjpeg, url, folder, 5, "60s")
            result["check_pass"] = sum(1 for verdict in verdicts if verdict["verdict"] == "pass")
            result["check_exit"] = status
        return result
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mjpeg")
    parser.add_argument("frames")
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--fps", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeat):
            one = measure(options, 1, folder) if options.cameras > 1 else None
            many = measure(options, options.cameras, folder)
            if one:
                many["kb_per_camera"] = round((many["kb"] - one["kb"]) / (options.cameras - 1), 2)
            print(json.dumps(many), flush=True)


main()
