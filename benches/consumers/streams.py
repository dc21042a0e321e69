"""The streams that are given to the consumers: bytes, when each piece is sent, and the pictures in them.

Streams come from two sources: the recipes of `fixtures/recipes/deviations`, and `mjpeg serve --fault`, whose stream is
captured once. All consumers get the same bytes at the same times.
"""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import cv2
import numpy

from pictures import small

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIXTURES = os.path.join(ROOT, "fixtures")

# Of the recipes: the wait between the head and the first piece, between two pieces, and before the close.
FIRST_MS, STEP_MS, SILENCE_MS = 150, 300, 1200

# Of the captured streams.
FPS, PARTS = 5, 12
# A capture ends after this time even if the server does not end the stream.
CAPTURE_S = 15
# Pieces that arrive within this time are one piece.
TOGETHER_MS = 4

# Rules whose faults damage what a picture shows, and rules of faults with very large parts or pictures.
DAMAGING, HEAVY = {"J306"}, {"M236", "J315", "J328", "J329"}


@dataclasses.dataclass
class Stream:
    name: str
    # Pairs: ms since the request, bytes.
    sends: list
    ended_ms: float
    is_reset: bool = False
    # So large that the speed of the machine decides when it is shown.
    is_heavy: bool = False
    # Small grey copies of the pictures as they were before a fault damaged them.
    undamaged: list = dataclasses.field(default_factory=list)

    @property
    def raw(self):
        return b"".join(data for _, data in self.sends)


# --- recipes -----------------------------------------------------------------------------------------------------------


def recipes():
    """The names of the recipes in the order of the table."""
    with open(os.path.join(FIXTURES, "consumers", "outcomes.txt"), encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return [words[0] for words in lines[1:]]


def of_recipe(name):
    """The stream of a recipe; tests/codec/recipe.rs describes the format."""
    with open(os.path.join(FIXTURES, "recipes", "deviations", name + ".txt"), encoding="utf-8") as file:
        text = file.read().split("= events\n")[0]
    # `before` is what stands before the first chunk of a piece.
    pieces, before, now, chunk = [], b"", b"", 0

    def flush():
        chunks = [now[at : at + chunk] for at in range(0, len(now), chunk)] if chunk else []
        pieces.append(before + (b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) if chunk else now))

    for line in text.splitlines():
        verb, _, rest = line.partition(" ")
        if verb in ("", "#"):
            continue
        if verb == "flush":
            flush()
            before, now = b"", b""
        elif verb in ("frame", "picture"):
            number, _, cut = rest.partition(" ")
            start, _, end = cut.partition("..")
            path = f"streams/frames/{number}.jpg" if verb == "frame" else f"frames/frame-{int(number):06}.jpg"
            now += read(os.path.join(FIXTURES, path))[int(start or 0) : int(end) if end else None]
        elif verb == "noise":
            now += noise(int(rest))
        elif verb == "times":
            count, _, quoted = rest.partition(" ")
            now += unquoted(quoted) * int(count)
        elif verb == "chunks":
            chunk, before, now = int(rest), now, b""
        elif line.startswith('"'):
            now += unquoted(line)
        else:
            raise ValueError(f"{name}: not a line of a recipe: {line}")
    flush()
    if chunk:
        pieces.append(b"0\r\n\r\n")
    pieces = [piece for piece in pieces if piece]
    due = [0] + [FIRST_MS + STEP_MS * i for i in range(len(pieces) - 1)]
    return Stream(name, list(zip(due, pieces)), due[-1] + SILENCE_MS)


def noise(count):
    state, out = 1, bytearray()
    for _ in range(count):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        out.append((state >> 16) % 255)
    return bytes(out)


ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", '"': b'"', "\\": b"\\"}


def unquoted(text):
    out = b""
    for one in re.findall(r"\\x[0-9a-fA-F]{2}|\\.|[^\\]", text[1:-1]):
        if one.startswith("\\x"):
            out += bytes([int(one[2:], 16)])
        else:
            out += ESCAPES[one[1]] if one.startswith("\\") else one.encode()
    return out


# --- captures of faults ------------------------------------------------------------------------------------------------


def faults(mjpeg):
    """The faults, with name, example and rule."""
    listed = subprocess.run(
        [mjpeg, "serve", "--list-faults", "--format", "json"], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in listed.stdout.splitlines()]


def of_fault(mjpeg, fault):
    """What `mjpeg serve --fault EXAMPLE` sends."""
    name, example, undamaged = fault["name"], fault["example"], []
    when = re.search(r"@(\d+)$", example)
    parts = max(PARTS, int(when[1]) + 4 if when else 0)
    skipped = re.match(r"skipped=(\d+)", example)
    with tempfile.TemporaryDirectory(prefix="mjpeg-consumers-") as folder:
        draw(folder, parts + (int(skipped[1]) if skipped else 0))
        if fault.get("rule") in DAMAGING:
            undamaged = [small(read(os.path.join(folder, name))) for name in sorted(os.listdir(folder))]
        command = [mjpeg, "serve", folder, "--once", "--fps", str(FPS), "--seed", "1", "--listen", "127.0.0.1:0"]
        with subprocess.Popen(
            [*command, "--fault", example], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            try:
                port = int(re.search(r":(\d+)/", server.stdout.readline())[1])
                sends, ended, is_reset = capture(port, "/stream")
            finally:
                server.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(5)
                server.kill()
    # A redirection must lead to the replay.
    sends = [(at, re.sub(rb"http://127\.0\.0\.1:%d" % port, b"", data)) for at, data in sends]
    return Stream("fault:" + name, sends, ended, is_reset, fault.get("rule") in HEAVY, undamaged)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def capture(port, path):
    sends, is_reset = [], False
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=CAPTURE_S) as wire:
        wire.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode())
        while (left := began + CAPTURE_S - time.monotonic()) > 0:
            wire.settimeout(left)
            try:
                data = wire.recv(1 << 20)
            except ConnectionResetError:
                is_reset = True
                break
            except TimeoutError:
                break
            if not data:
                break
            at = 1000 * (time.monotonic() - began)
            if sends and at - sends[-1][0] < TOGETHER_MS:
                sends[-1] = (sends[-1][0], sends[-1][1] + data)
            else:
                sends.append((at, data))
    return sends, 1000 * (time.monotonic() - began), is_reset


def draw(folder, count):
    """Pictures that even a small and damaged copy tells apart: each has other grey tones in 4 x 3 fields. The first ones
    are files, since their sizes decide what readers of whole blocks do: the tests predict from the same files."""
    for number in range(count):
        drawn = os.path.join(FIXTURES, "consumers", "pictures", f"{number:03}.jpg")
        if os.path.exists(drawn):
            shutil.copy(drawn, folder)
            continue
        random = numpy.random.default_rng(number)
        tones = random.integers(30, 225, (3, 4)).astype(numpy.uint8)
        picture = cv2.resize(tones, (320, 240), interpolation=cv2.INTER_NEAREST)
        colours = cv2.merge([picture, picture, numpy.clip(picture.astype(int) + 20, 0, 255).astype(numpy.uint8)])
        grain = random.normal(0, 6, colours.shape)
        picture = numpy.clip(colours + grain, 0, 255).astype(numpy.uint8)
        cv2.imwrite(os.path.join(folder, f"{number:03}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 75])
