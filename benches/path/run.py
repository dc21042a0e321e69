#!/usr/bin/env python3
"""Runs `mjpeg bench path` at the end of chains of known programs, one after the other, and prints the table of docs/path.md.

    benches/path/run.py [--fps 20] [--duration 6] [--rounds 3] [--size 640x480] [--only NAME]

The source of each chain is `mjpeg serve test:SIZE`. See benches/peers/ for what is skipped.
"""
import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peers  # noqa: E402

# Raw TCP to HTTP: GStreamer's sink writes multipart without a response head.
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"

PIPE = """
import socket, subprocess, sys, threading
port, command = int(sys.argv[1]), sys.argv[2:]
listener = socket.create_server(('127.0.0.1', port))
viewer, _ = listener.accept()
viewer.recv(65536)
viewer.sendall(%r)
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=viewer.fileno())
def end():
    # The stream ends with the program.
    child.wait()
    viewer.shutdown(socket.SHUT_RDWR)
threading.Thread(target=end, daemon=True).start()
try:
    # Ends when the viewer has left.
    while viewer.recv(65536): pass
finally:
    child.kill()
    child.wait()
""" % HEAD

AIOHTTP_RELAY = """
import sys
import aiohttp
from aiohttp import web
async def relay(request):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        async with session.get(sys.argv[2]) as upstream:
            response = web.StreamResponse(headers={'Content-Type': upstream.headers['Content-Type']})
            await response.prepare(request)
            async for chunk in upstream.content.iter_any():
                await response.write(chunk)
app = web.Application()
app.router.add_get('/', relay)
web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)
"""

OPENCV_RELAY = """
import socket, sys
import cv2
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
viewer, _ = listener.accept()
viewer.recv(65536)
viewer.sendall(%r)
camera = cv2.VideoCapture(sys.argv[2])
while True:
    good, frame = camera.read()
    if not good: break
    jpeg = cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    viewer.sendall(b'--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: %%d\\r\\n\\r\\n' %% len(jpeg) + jpeg + b'\\r\\n')
""" % HEAD


# Its frames are sent at a rate of its own, whether they are new or not.
STREAMER = """
import sys
import cv2
from mjpeg_streamer import MjpegServer, Stream
camera = cv2.VideoCapture(sys.argv[2])
stream = Stream('x', quality=80, fps=int(sys.argv[3]))
stream.set_frame(camera.read()[1])
server = MjpegServer('127.0.0.1', int(sys.argv[1]))
server.add_stream(stream)
server.start()
while True:
    good, frame = camera.read()
    if not good: break
    stream.set_frame(frame)
"""


@contextlib.contextmanager
def pipe(source, fps, command):
    """A program that writes multipart to its standard output, behind a response head."""
    peers.needs(command("")[0])
    with peers.serve(source, fps) as (upstream, _):
        port = peers.free_port()
        with peers.running([sys.executable, "-c", PIPE, str(port), *command(upstream)], port) as child:
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def streamer(source, fps):
    with script(source, fps, "mjpeg_streamer", STREAMER, str(fps)) as (url, pid):
        yield url + "x", pid


@contextlib.contextmanager
def script(source, fps, module, text, *more):
    if subprocess.run([peers.PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
        raise peers.Skipped(f"Python has no module {module}")
    with peers.serve(source, fps) as (upstream, _):
        port = peers.free_port()
        with peers.running([peers.PYTHON, "-c", text, str(port), upstream, *more], port) as child:
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def relay(source, fps):
    with peers.serve(source, fps) as (upstream, _), peers.serve_url(upstream) as it:
        yield it


# The demuxer counts time in 1/25 s. Two frames within one tick, and the encoder of ffmpeg 5.1 ends the run ("Invalid pts").
EACH = "setpts=N"


def ffmpeg(*options):
    return lambda url: ["ffmpeg", "-v", "error", "-use_wallclock_as_timestamps", "1", "-f", "mpjpeg", "-i", url, *options, "-f",
                        "mpjpeg", "-boundary_tag", "frame", "-flush_packets", "1", "-"]


def gstreamer(url):
    return ["gst-launch-1.0", "-q", "souphttpsrc", "is-live=true", f"location={url}", "!", "multipartdemux", "!", "jpegdec", "!",
            "jpegenc", "quality=80", "!", "multipartmux", "boundary=frame", "!", "fdsink", "fd=1", "sync=false"]


def chains(source, fps, folder):
    return {
        "none: the server itself": lambda: peers.serve(source, fps),
        "mjpeg serve URL": lambda: relay(source, fps),
        "nginx, buffering off": lambda: peers.nginx(source, fps, folder, "off"),
        "nginx, buffering on": lambda: peers.nginx(source, fps, folder, "on"),
        "HAProxy": lambda: peers.haproxy(source, fps, folder),
        "aiohttp relay": lambda: script(source, fps, "aiohttp", AIOHTTP_RELAY),
        "npm mjpeg-proxy": lambda: peers.node_proxy(source, fps, folder),
        "npm node-mjpeg-proxy": lambda: peers.other_node_proxy(source, fps, folder),
        "ffmpeg, passthrough": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-vf", EACH, "-fps_mode", "passthrough")),
        "ffmpeg, fps=15": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-vf", "fps=15")),
        "ffmpeg, scale to half": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-vf", f"scale=iw/2:-1,{EACH}",
                                                                  "-fps_mode", "passthrough")),
        "GStreamer, jpegdec ! jpegenc": lambda: pipe(source, fps, gstreamer),
        "OpenCV relay": lambda: script(source, fps, "cv2", OPENCV_RELAY),
        "PyPI mjpeg-streamer": lambda: streamer(source, fps),
        "VLC": lambda: peers.vlc(source, fps, folder),
        "motion": lambda: peers.motion(source, fps, folder),
    }


def measured(name, source, args):
    """One round: the object of `mjpeg bench path`, or why there is none."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        try:
            url, _ = stack.enter_context(chains(source, args.fps, folder)[name]())
        except (peers.Skipped, subprocess.CalledProcessError) as why:
            return None, f"skipped: {why}"
        # Programs need different times to start, and the same number of frames is measured of all.
        asked = args.fps * args.duration
        command = [peers.MJPEG, "bench", "path", url, "--frames", str(asked),
                   "--duration", f"{args.duration * 2 + 5}s", "--idle", "15s", "--format", "json"]
        end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = end.stdout.splitlines()
        it = json.loads(lines[0]) if lines else {}
        why = end.stderr.strip() if "frames" not in it or end.returncode > 1 else ""
        if not why and it["frames"] < asked:
            why = f"{it['frames']} of {asked} frames came in time"
        return (it if "frames" in it else None), why


def row(name, rounds):
    """Counts of all rounds together; the median of the medians and 99th percentiles, the largest of the maxima."""
    total = lambda key: sum(it[key] for it in rounds)
    latency = lambda key: [it[f"latency_{key}_ms"] for it in rounds if f"latency_{key}_ms" in it]
    middle = lambda key: f"{statistics.median(latency(key)):.1f}" if latency(key) else "-"
    most = f"{max(latency('max')):.1f}" if latency("max") else "-"
    counts = [total(key) for key in ("frames", "lost", "doubled", "reordered", "late", "unreadable")]
    return f"| {name} | {' | '.join(map(str, counts))} | {middle('p50')} | {middle('p99')} | {most} |"


def load():
    with open("/proc/loadavg") as file:
        return file.read().split()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fps", type=int, default=20)
    parser.add_argument("--duration", type=int, default=6, help="seconds of frames in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    source = f"test:{args.size}"
    names = [name for name in chains(source, args.fps, "") if args.only in name]
    before, started, rounds = load(), time.monotonic(), {name: [] for name in names}
    for number in range(args.rounds):
        for name in names:
            it, why = measured(name, source, args)
            if it:
                rounds[name].append(it)
            if why:
                print(f"{name}, round {number + 1}: {why}", file=sys.stderr, flush=True)
    print("| chain | frames | lost | doubled | reordered | late | no strip | latency p50 ms | p99 ms | max ms |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in names:
        if rounds[name]:
            print(row(name, rounds[name]))
    print(f"\n{source} at {args.fps} fps, {args.rounds} rounds of {args.fps * args.duration} frames for each chain, in turn, in "
          f"{time.monotonic() - started:.0f} s; load average {before} before and {load()} after.")


if __name__ == "__main__":
    main()
