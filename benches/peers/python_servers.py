"""Servers of Python."""
import contextlib
import os
import subprocess
import sys

from .process import Skipped, free_port, running
from .python_sources import ASGI, WSGI

PYTHON = os.environ.get("MJPEG_PYTHON", sys.executable)


@contextlib.contextmanager
def python(module, script, frames, fps, app="generator", block=65536):
    if subprocess.run([PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skipped(f"Python has no module {module}")
    port = free_port()
    env = {"FRAMES": frames, "FPS": str(fps), "APP": app, "BLOCK": str(block)}
    with running([PYTHON, "-c", script, str(port)], port, env) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def gunicorn(frames, fps, folder, app="generator", block=65536):
    if subprocess.run([PYTHON, "-c", "import gunicorn"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skipped("Python has no module gunicorn")
    port = free_port()
    with open(os.path.join(folder, "peer_wsgi.py"), "w") as file:
        file.write(WSGI)
    env = {"FRAMES": frames, "FPS": str(fps), "BLOCK": str(block)}
    command = [PYTHON, "-m", "gunicorn", "--threads", "4", "-b", f"127.0.0.1:{port}", "--log-level", "error", f"peer_wsgi:{app}"]
    with running(command, port, env, folder) as child:
        yield f"http://127.0.0.1:{port}/", child.pid


@contextlib.contextmanager
def module(name, frames, fps, folder, command, app="generator", block=65536, needed=()):
    """A Python server that is started by its module, with the programs of WSGI or ASGI above in `peer_app.py`."""
    for it in (name, *needed):
        if subprocess.run([PYTHON, "-c", f"import {it}"], stderr=subprocess.DEVNULL).returncode != 0:
            raise Skipped(f"Python has no module {it}")
    port = free_port()
    with open(os.path.join(folder, "peer_app.py"), "w") as file:
        file.write(ASGI.rpartition("uvicorn.run")[0].replace(", uvicorn", "") if app == "app" else WSGI)
    env = {"FRAMES": frames, "FPS": str(fps), "BLOCK": str(block)}
    options = [it.format(port=port, app=f"peer_app:{app}") for it in command]
    with running([PYTHON, "-m", name, *options], port, env, folder) as child:
        yield f"http://127.0.0.1:{port}/", child.pid
