#!/usr/bin/env python3
"""Measures the delay of headless Chromium and Firefox for a frame of `mjpeg serve`.

    cargo build --release
    benches/serve/browsers.py [--loads 4] [--frames 10] [--fps 2] [--each] [--browsers chromium,firefox]
                              [--what img,page] [--layouts leading,trailing,early]

For each layout a directory of sixteen frames is served, each with its number in black and white blocks along
its lower edge. A connection of this script notes when the last byte of each frame arrives. The browser shows the
same stream, in an `<img>` of a page of another origin or on the page of `mjpeg serve`. Before each repaint
(requestAnimationFrame) a script reads the blocks in the picture. A delay is the time between the two: `seen` is the
start of the repaint with the frame, `painted` the start of the next repaint, when the one with the frame is done.
`idle %` is the idle CPU time in the busiest load: if it is low, other load has changed the result.

Browsers that are not installed are skipped. ImageMagick draws the frames.
"""

import argparse
import collections
import contextlib
import http.server
import math
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from drivers import Chromium, Firefox, child

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WIDTH, HEIGHT, BLOCK = 640, 480, 80

# Frames that arrive while the page loads show the delay of the page, not of the stream.
SETTLING = 3

# The browser and this script are two viewers, and the browser may be served first.
SKEW_MS = 50

# The kernel's timestamp of the last byte of a read does not depend on when the reader wakes up.
SO_TIMESTAMPNS = 35

PAGE = b"<!DOCTYPE html><title>img</title><style>body { margin: 0 }</style><img id=picture crossorigin=anonymous>"

# Reads the number of the shown frame before each repaint. Four blocks are its bits, the other four the inverted bits, so
# an incomplete picture has no valid number. The script uses createImageBitmap, because in Firefox drawImage of an <img>
# may draw an old frame again.
WATCH = """
const source = document.getElementById('picture');
const pen = new OffscreenCanvas(8, 1).getContext('2d', { willReadFrequently: true });
const clock = () => performance.timeOrigin + performance.now();
const found = (window.wrappedJSObject || window).found = window.found = { seen: [], stop: false };
pen.imageSmoothingEnabled = false;
let last = null, fresh = [];
async function look() {
  if (found.stop) return;
  requestAnimationFrame(look);
  const at = clock();
  for (const one of fresh.splice(0)) one.painted = at;
  if (!source.naturalWidth && !source.getContext) return;
  const strip = await createImageBitmap(source, 0, HEIGHT - BLOCK, WIDTH, BLOCK);
  pen.drawImage(strip, 0, 0, 8, 1);
  strip.close();
  const pixels = pen.getImageData(0, 0, 8, 1).data;
  let bits = 0;
  for (let n = 0; n < 8; n++) bits |= (pixels[4 * n] > 127) << n;
  const number = (bits & 15) === (~bits >> 4 & 15) ? bits & 15 : null;
  if (number === null || number === last) return;
  last = number;
  const one = { number, seen: at };
  found.seen.push(one);
  fresh.push(one);
}
requestAnimationFrame(look);
"""
for name in "WIDTH", "HEIGHT", "BLOCK":
    WATCH = re.sub(rf"\b{name}\b", str(globals()[name]), WATCH)

COLLECT = "const { found } = window.wrappedJSObject || window; found.stop = true; \
    return found.seen.filter(one => one.painted)"

# The offset from performance.now() to Date.now(). Date.now() has whole milliseconds, so the offset is read when its value
# changes. Returns the median of 25 such readings, and the fourth from either end.
CLOCKS = """
const found = [];
for (let n = 0; n < 25; n++) {
  let was = Date.now(), at;
  while (Date.now() === was) at = performance.timeOrigin + performance.now();
  found.push(Date.now() - at);
}
found.sort((a, b) => a - b);
return [found[12], found[3], found[21], Date.now()];
"""


class Arrivals(threading.Thread):
    """A viewer that notes when the last byte of each frame arrives."""

    def __init__(self, port, numbers):
        super().__init__(daemon=True)
        self.numbers, self.found = numbers, []
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.sendall(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.kept, self.at = b"", 0.0
        self.until(b"\r\n\r\n")

    def more(self):
        some, ancillary, _, _ = self.socket.recvmsg(1 << 20, 64)
        for level, kind, stamp in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("@ll", stamp)
                self.at = seconds + nanoseconds / 1e9
        if not some:
            raise ConnectionError("the stream has ended")
        self.kept += some

    def until(self, mark):
        while mark not in self.kept:
            self.more()
        head, self.kept = self.kept.split(mark, 1)
        return head

    def run(self):
        # The server ends before this socket, which ends the last read.
        with contextlib.suppress(OSError):
            while True:
                length = int(re.search(rb"(?i)\ncontent-length: *(\d+)", self.until(b"\r\n\r\n"))[1])
                while len(self.kept) < length:
                    self.more()
                body, self.kept = self.kept[:length], self.kept[length:]
                self.found.append((self.at * 1000, self.numbers.get(body)))


class Pages(http.server.BaseHTTPRequestHandler):
    """A page with only an `<img>`."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


def draw(folder):
    """Sixteen frames, and the number of each by its bytes."""
    numbers = {}
    for number in range(16):
        command = ["convert", "-size", f"{WIDTH}x{HEIGHT}", "-seed", str(number), "plasma:"]
        command += ["-attenuate", "0.1", "+noise", "Gaussian"]
        bits = number | (~number & 15) << 4
        for block in range(8):
            left, top = block * BLOCK, HEIGHT - BLOCK
            command += ["-fill", "white" if bits >> block & 1 else "black"]
            command += ["-draw", f"rectangle {left},{top} {left + BLOCK - 1},{HEIGHT - 1}"]
        path = os.path.join(folder, f"{number:02}.jpg")
        subprocess.run([*command, "-strip", "-sampling-factor", "4:2:0", "-quality", "85", path], check=True)
        with open(path, "rb") as file:
            numbers[file.read()] = number
    return numbers


@contextlib.contextmanager
def serve(folder, fps, layout):
    command = [os.path.join(ROOT, "target", "release", "mjpeg"), "serve", folder, "--listen", "127.0.0.1:0"]
    command += ["--fps", str(fps), "--layout", layout, "--cors", "*"]
    with child(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        yield int(re.search(r":(\d+)/", process.stdout.readline())[1])


def clocks(browser):
    """The offset of the page's clock, and its possible error, in ms."""
    sent = time.time() * 1000
    offset, least, greatest, date = browser.script(CLOCKS)
    # Whole milliseconds, read by another program.
    if not sent - 2 <= date <= time.time() * 1000 + 1:
        raise RuntimeError(f"the wall clock of {browser.name} is another one")
    return offset, greatest - least


def measure(browser, what, folder, layout, numbers, pages, args):
    """The result of one load of a page: pairs of delays in ms, the number of frames that were not seen, the idle share of
    the processors, and how many ms the page's clock is behind."""
    with serve(folder, args.fps, layout) as port:
        arrivals = Arrivals(port, numbers)
        arrivals.start()
        if what == "img":
            browser.open(f"http://127.0.0.1:{pages}/")
            browser.script(f"document.getElementById('picture').src = 'http://127.0.0.1:{port}/stream'")
        else:
            browser.open(f"http://127.0.0.1:{port}/")
        browser.script(WATCH)
        before = processors()
        time.sleep((args.frames + SETTLING + 1.5) / args.fps)
        idle, ticks = (now - then for now, then in zip(processors(), before))
        seen = browser.script(COLLECT)
        offset = clocks(browser)[0]
        browser.open("about:blank")
    arrivals.join()
    if any(number is None for _, number in arrivals.found):
        raise RuntimeError("a frame came that was not served")
    delays, matched = [], []
    for one in seen[SETTLING:SETTLING + args.frames]:
        at = one["seen"] + offset
        # The next frame with the same number is sixteen frames away.
        came = [n for n, (when, number) in enumerate(arrivals.found) if number == one["number"] and when < at + SKEW_MS]
        if not came:
            raise RuntimeError("a frame was seen that had not come")
        matched.append(came[-1])
        delays.append((at - arrivals.found[came[-1]][0], one["painted"] + offset - arrivals.found[came[-1]][0]))
    if len(delays) < args.frames / 2:
        raise RuntimeError(f"{browser.name} has shown {len(seen)} frames only")
    return delays, matched[-1] - matched[0] + 1 - len(set(matched)), idle / ticks, offset


def processors():
    """Idle ticks, and all ticks."""
    with open("/proc/stat") as file:
        ticks = list(map(int, file.readline().split()[1:9]))
    return ticks[3] + ticks[4], sum(ticks)


def rank(values, share):
    """Nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=int, default=10, help="frames measured after each load of a page")
    parser.add_argument("--loads", type=int, default=4)
    parser.add_argument("--fps", type=float, default=2)
    parser.add_argument("--layouts", default="leading,trailing,early")
    parser.add_argument("--browsers", default="chromium,firefox")
    parser.add_argument("--what", default="img,page")
    parser.add_argument("--each", action="store_true", help="print every delay as well")
    args = parser.parse_args()
    if not shutil.which("convert"):
        parser.error("ImageMagick's convert is not installed, which draws the frames")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mjpeg-browsers-"))
        numbers = draw(folder)
        pages = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages))
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        stack.callback(pages.shutdown)
        sizes = [len(body) / 1000 for body in numbers]
        print(f"{WIDTH}x{HEIGHT}, {min(sizes):.0f} to {max(sizes):.0f} kB, {args.fps:g} fps, {args.loads} loads of "
              f"{args.frames} frames, load {os.getloadavg()[0]:.1f}")
        print(f"{'':29}             seen ms              painted ms")
        print("browser   what  layout    frames missed    p50    p90    max     p50    p90    max  idle %", flush=True)
        for kind in Chromium, Firefox:
            if kind.name not in args.browsers.split(","):
                continue
            if not kind.installed():
                print(f"{kind.name} is not installed")
            else:
                rows(kind, folder, numbers, pages.server_port, args)


def rows(kind, folder, numbers, pages, args):
    found, offsets = collections.defaultdict(lambda: ([], [], [])), []
    # The browser may still write into its profile while the profile is removed.
    with tempfile.TemporaryDirectory(prefix="mjpeg-browsers-", ignore_cleanup_errors=True) as profile:
        with kind.start(profile) as browser:
            for _ in range(args.loads):
                for what in args.what.split(","):
                    for layout in args.layouts.split(","):
                        delays, missed, idle, offset = measure(browser, what, folder, layout, numbers, pages, args)
                        for row, one in zip(found[what, layout], (delays, [missed], [idle])):
                            row.extend(one)
                        offsets.append(offset)
            browser.open("about:blank")
            spread = clocks(browser)[1]
    for (what, layout), (delays, missed, idle) in found.items():
        columns = [[rank(values, share) for share in (0.5, 0.9, 1)] for values in zip(*delays)]
        seen, painted = (" ".join(f"{value:6.1f}" for value in values) for values in columns)
        print(f"{kind.name:9} {what:5} {layout:9} {len(delays):6} {sum(missed):6} {seen}  {painted}"
              f"  {100 * min(idle):6.0f}")
        if args.each:
            print("  seen   ", " ".join(f"{seen:.0f}" for seen, _ in delays))
            print("  painted", " ".join(f"{painted:.0f}" for _, painted in delays))
    print(f"{kind.name} {browser.version}: the page's clock was {min(offsets):.1f} to {max(offsets):.1f} ms behind, "
          f"read to within {spread:.1f} ms; load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
