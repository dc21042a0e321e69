"""A farm of `mjpeg serve`, and `mjpeg check` of all its cameras."""

import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request


def serve(mjpeg, file, *options):
    """Starts the farm of a file. Returns its process and its URL."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [mjpeg, "serve", "--farm", file, "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=said, text=True,
        )
        url = process.stdout.readline().strip()
        if not url:
            process.wait()
            said.seek(0)
            sys.exit(said.read())
    return process, url


def check(mjpeg, url, folder, frames, duration, jobs=500):
    """Checks all cameras of the farm at `url`. Returns the verdicts and the exit code."""
    targets = pathlib.Path(folder) / "targets"
    targets.write_bytes(urllib.request.urlopen(f"{url}targets").read())
    checked = subprocess.run(
        [mjpeg, "check", "--targets", targets, "--frames", str(frames), "--duration", duration, "--jobs", str(jobs),
         "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
    )
    return [json.loads(line) for line in checked.stdout.splitlines()], checked.returncode
