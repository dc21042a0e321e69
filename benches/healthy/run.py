#!/usr/bin/env python3
"""What `mjpeg check` says about every server that is installed here and works. See README.md."""
import argparse
import collections
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))
import peers  # noqa: E402

# What really is wrong with a server (README.md). All other errors are a failure.
TRUE = {
    "ffmpeg": {"H102"},
    "vlc": {"H102", "M203", "M204"},
    "gstreamer tcpserversink": {"H121"},
}


@contextlib.contextmanager
def ffmpeg(frames, fps):
    peers.needs("ffmpeg")
    port = peers.free_port()
    command = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-framerate", str(fps), "-pattern_type", "glob",
               "-i", f"{frames}/*.jpg", "-c", "copy", "-f", "mpjpeg", "-listen", "1", f"http://127.0.0.1:{port}/"]
    with peers.running(command, port) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


def pipeline(fps, sink):
    source = f"videotestsrc is-live=true ! video/x-raw,width=640,height=480,framerate={fps}/1 ! jpegenc"
    return ["gst-launch-1.0", "-q", *f"{source} ! multipartmux boundary=frame ! {sink}".split()]


@contextlib.contextmanager
def tcpserversink(fps):
    peers.needs("gst-launch-1.0")
    port = peers.free_port()
    with peers.running(pipeline(fps, f"tcpserversink host=127.0.0.1 port={port}"), port) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


# Takes a request with a body of chunks, and answers others with it as it comes.
SINK = """
import http.server, queue, sys, threading
bodies = queue.Queue()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *a): pass
    def do_PUT(self):
        if self.headers.get('Transfer-Encoding') == 'chunked':
            while True:
                size = int(self.rfile.readline().split(b';')[0], 16)
                if size: bodies.put(self.rfile.read(size))
                self.rfile.readline()
                if not size: break
        else:
            bodies.put(self.rfile.read(int(self.headers['Content-Length'])))
        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
    do_POST = do_PUT
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
        self.send_header('Connection', 'close'); self.end_headers(); self.close_connection = True
        while not bodies.empty(): bodies.get()
        # A viewer may come in the middle of a part.
        started = False
        while True:
            body = bodies.get()
            if not started:
                at = body.find(b'--frame')
                if at < 0: continue
                body, started = body[at:], True
            self.wfile.write(body)
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
"""


@contextlib.contextmanager
def souphttpclientsink(fps):
    peers.needs("gst-launch-1.0")
    port = peers.free_port()
    with peers.running([sys.executable, "-c", SINK, str(port)], port):
        command = pipeline(fps, f"souphttpclientsink location=http://127.0.0.1:{port}/")
        quiet = subprocess.DEVNULL
        child = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
        try:
            yield f"http://127.0.0.1:{port}/", child.pid
        finally:
            child.kill()
            child.wait()


def servers(frames, fps, folder):
    python = lambda module, script, **more: (lambda: peers.python(module, script, frames, fps, **more))
    return {
        "mjpeg serve": lambda: peers.serve(frames, fps),
        "motion": lambda: peers.motion(frames, fps, folder),
        "ustreamer": lambda: peers.ustreamer(frames, fps, folder),
        "ffmpeg": lambda: ffmpeg(frames, fps),
        "vlc": lambda: peers.vlc(frames, fps, folder),
        "gstreamer tcpserversink": lambda: tcpserversink(fps),
        "gstreamer souphttpclientsink": lambda: souphttpclientsink(fps),
        "nginx": lambda: peers.nginx(frames, fps, folder),
        "nginx, buffered": lambda: peers.nginx(frames, fps, folder, buffering="on"),
        "haproxy": lambda: peers.haproxy(frames, fps, folder),
        "flask": python("flask", peers.FLASK),
        "aiohttp": python("aiohttp", peers.AIOHTTP),
        "wsgiref": python("wsgiref", peers.WSGIREF),
        "uvicorn": python("uvicorn", peers.ASGI),
        "gunicorn": lambda: peers.gunicorn(frames, fps, folder),
        "node mjpeg-proxy": lambda: peers.node_proxy(frames, fps, folder),
        "node node-mjpeg-proxy": lambda: peers.other_node_proxy(frames, fps, folder),
        "node mjpeg-server": lambda: peers.node_server(frames, fps, folder),
    }


def check(url, arguments):
    command = [peers.MJPEG, "check", url, "--format", "json", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return json.loads(ended.stdout), ended.stderr.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", help="directory of JPEGs of 640x480")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--only", action="append", help="name of a server")
    parser.add_argument("check", nargs="*", default=["--duration", "8s"], help="options of check, behind --")
    options = parser.parse_args()
    unexpected = 0
    print("| server | verdict | parts | fps | errors | warnings |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, start in servers(options.frames, options.fps, folder).items():
            if options.only and name not in options.only:
                continue
            try:
                with start() as (url, _):
                    verdict, said = check(url, options.check)
            except peers.Skipped as reason:
                print(f"| {name} | skipped: {reason} | | | | |", flush=True)
                continue
            found = collections.defaultdict(list)
            for finding in verdict["findings"]:
                found[finding["severity"]].append(f"{finding['code']} {finding['message']}")
            codes = {text.split()[0] for text in found["error"]}
            untrue = codes - TRUE.get(name, set())
            unexpected += bool(untrue) or "frames" not in verdict
            fps = verdict.get("timing", {}).get("fps", "")
            cells = [name, verdict["verdict"] + " " * bool(said) + said, str(verdict.get("parts", "")), str(fps)]
            cells += ["; ".join(found[severity]) or "none" for severity in ("error", "warning")]
            print("| " + " | ".join(cells) + " |", flush=True)
    sys.exit(1 if unexpected else 0)


main()
