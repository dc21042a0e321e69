#!/usr/bin/env python3
"""CPU time of `mjpeg record` per gigabyte, beside other programs in the same run. See README.md."""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
    b"Connection: close\r\n\r\n"
)
# Parts are sent in groups of about this many bytes.
GROUP_BYTES = 1 << 20


def part(jpeg):
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg)


class Server:
    """Sends parts to each client. It runs in its own process, so its CPU time is not the client's."""

    def __init__(self, parts, wanted_bytes, step):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        self.read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.serve(parts, wanted_bytes, step, write)
            finally:
                os._exit(0)
        os.close(write)
        self.listener.close()
        self.reports = os.fdopen(self.read)

    def serve(self, parts, wanted_bytes, step, report):
        round_of_parts = b"".join(parts)
        block = round_of_parts * max(1, GROUP_BYTES // len(round_of_parts))
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                got = client.recv(4096)
                if not got:
                    break
                request += got
            sent = 0
            try:
                client.sendall(HEAD)
                while sent < wanted_bytes:
                    if step:
                        for at in range(0, len(block), step):
                            client.send(block[at : at + step])
                            sent += step
                            if sent >= wanted_bytes:
                                break
                    else:
                        client.sendall(block)
                        sent += len(block)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:
                pass
            client.close()
            os.write(report, b"%d\n" % sent)

    def sent(self):
        """Bytes that the last client was sent."""
        return int(self.reports.readline())

    def stop(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        self.reports.close()


def measured(server, command, limit):
    """CPU seconds of a command per gigabyte that it was sent: in the program, and in the kernel for it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    timer = threading.Timer(limit, child.kill)
    timer.start()
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    timer.cancel()
    sent = server.sent()
    if child.returncode not in (0, 1, 5):
        sys.exit("%s: status %d\n%s" % (command[0], child.returncode, errors.decode(errors="replace")))
    return usage.ru_utime / (sent / 1e9), usage.ru_stime / (sent / 1e9)


def compare(title, server, commands, rounds, folder, limit):
    """Runs the commands in turn, and prints a table. The first command is the yardstick."""
    times = {name: [] for name, _ in commands}
    for _ in range(rounds):
        for name, command in commands:
            out = folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            times[name].append(measured(server, [str(word) for word in command(out)], limit))
            shutil.rmtree(out, ignore_errors=True)
    yardstick = statistics.median(map(sum, times[commands[0][0]]))
    print("\n%s (load %.2f)\n" % (title, os.getloadavg()[0]))
    print("| program | CPU s per GB | lowest | highest | ratio | of it in the kernel |\n|---|---|---|---|---|---|")
    for name, _ in commands:
        row = [sum(time) for time in times[name]]
        median = statistics.median(row)
        kernel = statistics.median(kernel for _, kernel in times[name])
        print("| %s | %.3f | %.3f | %.3f | %.2f | %.3f |" % (name, median, min(row), max(row), median / yardstick, kernel))


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", type=Path, help="directory of JPEGs")
    parser.add_argument("--mjpeg", default=root / "target/release/mjpeg", help="the program to measure")
    parser.add_argument("--load", help="a client that reads parts and writes nothing, for the one-byte sender")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="sent to each client of the fast server")
    parser.add_argument("--megabytes", type=float, default=3.0, help="sent one byte at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where files are written; default: in memory, else the temporary directory")
    options = parser.parse_args()
    jpegs = [path.read_bytes() for path in sorted(options.frames.iterdir()) if path.suffix == ".jpg"]
    if not jpegs:
        sys.exit("no .jpg files in %s" % options.frames)
    place = options.dir or (Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None)
    mean = sum(map(len, jpegs)) / len(jpegs)
    print("%d frames, mean %.1f kB, %d rounds" % (len(jpegs), mean / 1e3, options.rounds))
    with tempfile.TemporaryDirectory(dir=place) as folder:
        folder = Path(folder)
        server = Server([part(jpeg) for jpeg in jpegs], int(options.gigabytes * 1e9), 0)
        record = [options.mjpeg, "record", server.url]
        try:
            if shutil.which("ffmpeg"):
                ffmpeg = ["ffmpeg", "-loglevel", "error", "-f", "mpjpeg", "-i", server.url, "-c", "copy", "-f", "image2"]
                rows = [
                    ("ffmpeg -c copy -f image2", lambda out: ffmpeg + [out / "f%06d.jpg"]),
                    ("record OUT", lambda out: record + [out / "r", "--quiet"]),
                    ("record OUT, progress", lambda out: record + [out / "r"]),
                    ("record OUT --deep", lambda out: record + [out / "r", "--quiet", "--deep"]),
                ]
                compare("Into files", server, rows, options.rounds, folder, 300)
                video = ffmpeg[:-2] + ["-y"]
                rows = [
                    ("ffmpeg -c copy out.mkv", lambda out: video + [out / "out.mkv"]),
                    ("record --mkv", lambda out: record + ["--mkv", out / "out.mkv", "--quiet"]),
                ]
                compare("Into a Matroska file", server, rows, options.rounds, folder, 300)
            if shutil.which("curl"):
                rows = [
                    ("curl -o", lambda out: ["curl", "-s", "-o", out / "saved", server.url]),
                    ("record --concat", lambda out: record + ["--concat", out / "all", "--quiet"]),
                    ("record --raw", lambda out: record + ["--raw", out / "raw", "--quiet"]),
                ]
                compare("Into one file", server, rows, options.rounds, folder, 300)
        finally:
            server.stop()
        if not options.load:
            return
        # Frames of about 50 kB, whatever the files have: a COM segment fills them up.
        sized = [enlarged(jpeg, 50_000) for jpeg in jpegs]
        server = Server([part(jpeg) for jpeg in sized], int(options.megabytes * 1e6), 1)
        try:
            rows = [
                ("load client", lambda out: [options.load, "-n", "1", "-d", "5", server.url]),
                ("record OUT", lambda out: [options.mjpeg, "record", server.url, out / "r", "--quiet"]),
            ]
            compare("One byte per send, frames of 50 kB", server, rows, options.rounds, folder, 300)
        finally:
            server.stop()


def enlarged(jpeg, size):
    """The picture with COM segments behind SOI, up to about this size."""
    missing = size - len(jpeg)
    segments = b""
    while missing > 4:
        length = min(missing, 65_000)
        segments += b"\xff\xfe" + (length - 2).to_bytes(2, "big") + b"\0" * (length - 4)
        missing -= length
    return jpeg[:2] + segments + jpeg[2:]


if __name__ == "__main__":
    main()
