#!/usr/bin/env python3
"""Runs `mjpeg bench path` at the end of chains of known programs, one after the other, and prints the table of docs/path.md.

    benches/path/run.py [--fps 20] [--duration 10] [--size 640x480] [--only NAME]

The source of each chain is `mjpeg serve test:SIZE`. See benches/peers.py for what is skipped.
"""
import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peers  # noqa: E402

# Raw TCP to HTTP: GStreamer's sink writes multipart without a response head.
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"

PIPE = """
import socket, subprocess, sys
port, command = int(sys.argv[1]), sys.argv[2:]
listener = socket.create_server(('127.0.0.1', port))
viewer, _ = listener.accept()
viewer.recv(65536)
viewer.sendall(%r)
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=viewer.fileno())
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


@contextlib.contextmanager
def pipe(source, fps, command):
    """A program that writes multipart to its standard output, behind a response head."""
    peers.needs(command("")[0])
    with peers.serve(source, fps) as (upstream, _):
        port = peers.free_port()
        with peers.running([sys.executable, "-c", PIPE, str(port), *command(upstream)], port) as child:
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def script(source, fps, module, text):
    if subprocess.run([peers.PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
        raise peers.Skipped(f"Python has no module {module}")
    with peers.serve(source, fps) as (upstream, _):
        port = peers.free_port()
        with peers.running([peers.PYTHON, "-c", text, str(port), upstream], port) as child:
            yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def relay(source, fps):
    with peers.serve(source, fps) as (upstream, _), peers.serve_url(upstream) as it:
        yield it


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
        "aiohttp relay": lambda: script(source, fps, "aiohttp", AIOHTTP_RELAY),
        "npm mjpeg-proxy": lambda: peers.node_proxy(source, fps, folder),
        "ffmpeg, passthrough": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-fps_mode", "passthrough")),
        "ffmpeg, fps=15": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-vf", "fps=15")),
        "ffmpeg, scale to half": lambda: pipe(source, fps, ffmpeg("-q:v", "5", "-vf", "scale=iw/2:-1", "-fps_mode",
                                                                  "passthrough")),
        "GStreamer, jpegdec ! jpegenc": lambda: pipe(source, fps, gstreamer),
        "OpenCV relay": lambda: script(source, fps, "cv2", OPENCV_RELAY),
        "VLC": lambda: peers.vlc(source, fps, folder),
        "motion": lambda: peers.motion(source, fps, folder),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fps", type=int, default=20)
    parser.add_argument("--duration", type=int, default=10)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    source = f"test:{args.size}"
    print(f"load average {open('/proc/loadavg').read().split()[0]}")
    print("| chain | frames | lost | doubled | reordered | no strip | latency p50 ms | p99 ms | max ms |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in chains(source, args.fps, ""):
        if args.only and args.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            try:
                url, _ = stack.enter_context(chains(source, args.fps, folder)[name]())
            except (peers.Skipped, subprocess.CalledProcessError) as why:
                print(f"{name} is skipped: {why}", file=sys.stderr)
                continue
            command = [peers.MJPEG, "bench", "path", url, "--duration", f"{args.duration}s", "--idle", "15s", "--format", "json"]
            end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            lines = end.stdout.splitlines()
            it = json.loads(lines[0]) if lines else {}
            if "frames" not in it or end.returncode > 1:
                print(f"{name}: {end.stderr.strip()}", file=sys.stderr)
            if "frames" not in it:
                continue
            latency = [it.get(f"latency_{key}_ms") for key in ("p50", "p99", "max")]
            cells = [it["frames"], it["lost"], it["doubled"], it["reordered"], it["unreadable"],
                     *("-" if ms is None else f"{ms:.1f}" for ms in latency)]
            print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
