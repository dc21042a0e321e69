"""Children that listen on a port of their own, and are ended in every case."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_S = 8


class Skipped(Exception):
    """A server that cannot be started here, and why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    """Reads /proc, because some servers end with their first connection. 0A is LISTEN."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            if any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in file):
                return True
    return False


@contextlib.contextmanager
def running(command, port, env=None, cwd=None):
    """A child in a session of its own. Its number and what it has written come with the error if it does not listen."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, env={**os.environ, **(env or {})}, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + START_S
            while not listens(port):
                if child.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace").strip().splitlines()
                    raise Skipped(f"{command[0]} does not listen: {said[-1] if said else 'it says nothing'}")
                time.sleep(0.02)
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")
