#!/usr/bin/env python3
"""How exactly `mjpeg serve` replays a capture: bytes and gaps of a capture, and of the recording of its replay. See README.md."""

import argparse
import filecmp
import os
import subprocess
import tempfile
from pathlib import Path


def reads(path):
    """The bytes that had come and the time of each read."""
    lines = Path(str(path) + ".timing").read_text().splitlines()
    return [(int(end), float(at)) for end, at in (line.split() for line in lines if not line.startswith("#"))]


def time_of(all_reads, offset, state):
    """When the byte before `offset` came. Offsets rise; `state` is a list with the index of the last answer."""
    while all_reads[state[0]][0] < offset:
        state[0] += 1
    return all_reads[state[0]][1]


def frame_ends(path):
    """The offsets behind the JPEGs of a capture of `mjpeg serve`."""
    data = Path(path).read_bytes()
    ends, at = [], 0
    while (at := data.find(b"Content-Length: ", at)) >= 0:
        length = int(data[at + 16 : data.index(b"\r", at)])
        at = data.index(b"\r\n\r\n", at) + 4 + length
        if at <= len(data):
            ends.append(at)
    return ends


def serve(mjpeg, *arguments):
    server = subprocess.Popen([mjpeg, "serve", *arguments, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().strip()


def cpu(pid):
    fields = Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def record(mjpeg, url, raw, *arguments):
    subprocess.run([mjpeg, "record", url, "--raw", raw, "--quiet", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", help="directory of JPEGs")
    parser.add_argument("--mjpeg", default=root / "target/release/mjpeg", help="the program to measure")
    parser.add_argument("--fps", default="30")
    parser.add_argument("--duration", default="20s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "first.http", Path(folder) / "second.http"
        server, url = serve(options.mjpeg, options.frames, "--fps", options.fps)
        record(options.mjpeg, url, first, "--duration", options.duration)
        served = cpu(server.pid)
        server.terminate()
        server.wait()
        server, url = serve(options.mjpeg, first, "--loop")
        record(options.mjpeg, url, second, "--duration", options.duration)
        replayed = cpu(server.pid)
        server.terminate()
        server.wait()
        print("load %.2f" % os.getloadavg()[0])
        print("CPU of the server: live %.2f s, replay %.2f s" % (served, replayed))
        second.unlink()
        Path(str(second) + ".timing").unlink()
        server, url = serve(options.mjpeg, first, "--once")
        record(options.mjpeg, url, second)
        server.wait()
        print("bytes identical: %s" % filecmp.cmp(first, second, shallow=False))
        ends = frame_ends(first)
        times = [[time_of(all_reads, end, state) for end in ends]
                 for all_reads, state in ((reads(first), [0]), (reads(second), [0]))]
        gaps = [[after - before for before, after in zip(row, row[1:])] for row in times]
        differences = [abs(one - other) * 1000 for one, other in zip(*gaps)]
        differences.sort()
        at = lambda part: differences[min(len(differences) - 1, int(len(differences) * part))]
        print("%d gaps of frames, difference in ms: p50 %.3f, p99 %.3f, largest %.3f"
              % (len(differences), at(0.5), at(0.99), differences[-1]))


if __name__ == "__main__":
    main()
