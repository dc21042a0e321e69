"""The server and the relay of this project."""
import contextlib
import os
import pathlib

from .process import free_port, running

ROOT = pathlib.Path(__file__).resolve().parents[2]
MJPEG = os.environ.get("MJPEG", str(ROOT / "target/release/mjpeg"))


@contextlib.contextmanager
def serve(frames, fps, *more):
    port = free_port()
    command = [MJPEG, "serve", frames, "--fps", str(fps), "--listen", f"127.0.0.1:{port}", *more]
    with running(command, port) as child:
        yield f"http://127.0.0.1:{port}/stream", child.pid


@contextlib.contextmanager
def serve_url(url):
    """A relay."""
    port = free_port()
    with running([MJPEG, "serve", url, "--listen", f"127.0.0.1:{port}"], port) as child:
        yield f"http://127.0.0.1:{port}/stream", child.pid
