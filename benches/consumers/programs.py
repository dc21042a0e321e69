"""The consumers that are programs or libraries. To add one, add an entry to PROGRAMS.

Each entry has the name that the table of `check` uses (src/consumers/table), or another one if `check` predicts nothing
for it yet.
"""

import base64
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import cv2
import numpy

from pictures import HIGH, WIDE

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reader.py")
# After the stream has ended, a program has this time to show the last picture, or to connect again.
GRACE_S = 0.8
HEAVY_S = 20
# A program that does not connect in this time is given up.
CONNECT_S = 20


@dataclasses.dataclass
class Seen:
    """What a consumer did."""

    # Pairs: the time, and 16x12 bytes of grey pixels or the bytes of a part, as ("grey" | "body", bytes).
    shown: list
    # The exit status, or None if it was ended by us.
    exit: object = None
    error: str = ""
    has_crashed: bool = False


class Program:
    """A program that writes raw grey pictures of 64x48 to its standard output."""

    grace_s = GRACE_S
    # It is known when the picture changes, not when a picture is shown.
    sees_changes = False

    def __init__(self, name, command, version, title):
        self.name, self.command, self.version_command, self.title = name, command, version, title

    def is_installed(self):
        return bool(shutil.which(self.command[0]))

    def version(self):
        out = subprocess.run(self.version_command, capture_output=True, text=True, check=False, timeout=60)
        found = re.search(r"(?:version|mpv) v?(\d\S*)", out.stdout + out.stderr)
        return f"{self.title} {found[1] if found else '?'}"

    def close(self):
        pass

    def measure(self, replay):
        command = [word.replace("URL", replay.url) for word in self.command]
        return self.watch(subprocess.Popen(command, **PIPES), replay, self.read)

    def read(self, out, shown):
        while len(pixels := out.read(64 * 48)) == 64 * 48:
            at = time.time()
            shown.append((at, "grey", smaller(numpy.frombuffer(pixels, numpy.uint8).reshape(48, 64))))

    def watch(self, process, replay, read):
        """Lets the process run until the stream is over."""
        shown, errors = [], []
        threads = [
            threading.Thread(target=read, args=(process.stdout, shown), daemon=True),
            threading.Thread(target=first_line, args=(process.stderr, errors), daemon=True),
        ]
        for thread in threads:
            thread.start()
        began, grace = time.monotonic(), HEAVY_S if replay.stream.is_heavy else self.grace_s
        while process.poll() is None:
            if replay.is_over(grace) or not replay.connections and time.monotonic() - began > CONNECT_S:
                break
            time.sleep(0.02)
        status = process.poll()
        if status is None:
            process.kill()
            process.wait()
        for thread in threads:
            thread.join(5)
        process.stdout.close()
        process.stderr.close()
        # A signal of its own doing is a crash.
        crashed = status is not None and status < 0
        return Seen(list(shown), status, errors[0] if errors else "", crashed)


def smaller(grey):
    return cv2.resize(grey, (WIDE, HIGH), interpolation=cv2.INTER_AREA).tobytes()


PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}


def first_line(pipe, lines):
    """The first line of what a program writes to standard error, or the last one of a Python traceback."""
    for line in pipe:
        text = re.sub(r"0x[0-9a-f]+|\b0000[0-9a-f]{12}\b", "0x", line.decode(errors="replace").rstrip())[:160]
        if text and not lines:
            lines.append(text)
        elif text and lines[0].startswith("Traceback") and not text.startswith(" "):
            lines[0] = text


class Library(Program):
    """A function of reader.py."""

    def __init__(self, name, module, version, grace_s=GRACE_S, sees_changes=False):
        self.name, self.module, self.version_code = name, module, version
        self.grace_s, self.sees_changes = grace_s, sees_changes

    def is_installed(self):
        found = subprocess.run([sys.executable, "-c", self.module], capture_output=True, check=False, timeout=60)
        return found.returncode == 0

    def version(self):
        code = f"{self.module}\nprint({self.version_code})"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def measure(self, replay):
        command = [sys.executable, READER, self.name, replay.url]
        return self.watch(subprocess.Popen(command, **PIPES), replay, self.read)

    def read(self, out, shown):
        for line in out:
            at, kind, data = line.decode().split(" ")
            data = bytes.fromhex(data) if kind == "grey" else base64.b64decode(data)
            shown.append((float(at), kind, data))


class Mpv(Program):
    """It writes a file for each picture; the time is that of the file."""

    def measure(self, replay):
        with tempfile.TemporaryDirectory(prefix="mjpeg-consumers-") as folder:
            command = [word.replace("URL", replay.url).replace("FOLDER", folder) for word in self.command]
            seen = self.watch(subprocess.Popen(command, **PIPES), replay, lambda out, _: out.read())
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
                if grey is not None:
                    seen.shown.append((os.stat(path).st_mtime, "grey", smaller(grey)))
        return seen


# With more than one thread FFmpeg's encoder delays each picture by one.
FFMPEG = "ffmpeg -nostdin -loglevel error STRICT -i URL -an -vf scale=64:48:flags=area,format=gray -vsync passthrough"
FFMPEG += " -threads 1 -flush_packets 1 -f rawvideo pipe:1"
GSTREAMER = "gst-launch-1.0 -q souphttpsrc location=URL ! multipartdemux ! jpegdec ! videoconvert !"
GSTREAMER += " video/x-raw,format=GRAY8 ! videoscale ! video/x-raw,width=64,height=48 ! fdsink fd=1 sync=false"
MPV = "mpv --no-config --no-terminal --no-audio --untimed --cache-pause=no --vo=image --vo-image-format=png"
MPV += f" --vo-image-png-compression=0 --vo-image-outdir=FOLDER --vf=lavfi=[scale={WIDE}:{HIGH}:flags=area] URL"

PROGRAMS = [
    Program("ffmpeg", FFMPEG.replace("STRICT ", "").split(), ["ffmpeg", "-version"], "FFmpeg"),
    Program("ffmpeg_strict", FFMPEG.replace("STRICT", "-strict_mime_boundary 1").split(), ["ffmpeg", "-version"],
            "-strict_mime_boundary 1, FFmpeg"),
    Program("gstreamer", GSTREAMER.split(), ["gst-launch-1.0", "--version"], "GStreamer"),
    # VLC connects again two seconds after a head that it does not like, and draws a picture again and again.
    Library("vlc", "import ctypes\nlibrary = ctypes.CDLL('libvlc.so.5')\n"
            "library.libvlc_get_version.restype = ctypes.c_char_p", "'VLC', library.libvlc_get_version().decode()", grace_s=3,
            sees_changes=True),
    Library("opencv", "import cv2", "'OpenCV', cv2.__version__, 'FFmpeg backend'"),
    Mpv("mpv", MPV.split(), ["mpv", "--version"], "mpv"),
    Library("aiohttp", "import aiohttp", "'aiohttp', aiohttp.__version__, 'MultipartReader'"),
    Library("soi_eoi_scanner", "import platform", "'Python', platform.python_version(), 'urllib, read(1024)'"),
]
