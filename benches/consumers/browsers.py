"""Headless Chromium and Firefox with the stream in an `<img>`."""

import contextlib
import http.client
import json
import os
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "serve"))
import drivers  # noqa: E402

from pictures import HIGH, WIDE
from programs import CONNECT_S, GRACE_S, HEAVY_S, Seen

# Notes the small grey picture before a repaint if it differs from the last one. `found` survives in the page.
WATCH = """
const found = (window.wrappedJSObject || window).found = window.found = { shown: [], isOver: false, error: '' };
const source = document.createElement('img');
document.body.append(source);
source.onerror = () => { found.error = found.error || 'the img has an error'; };
const pen = new OffscreenCanvas(WIDE, HIGH).getContext('2d', { willReadFrequently: true });
let last = null;
async function look() {
  if (found.isOver) return;
  requestAnimationFrame(look);
  if (!source.naturalWidth) return;
  const at = Date.now();
  try {
    const copy = await createImageBitmap(source, { resizeWidth: WIDE, resizeHeight: HIGH, resizeQuality: 'high' });
    pen.drawImage(copy, 0, 0);
    copy.close();
  } catch (error) {
    // Chromium makes no bitmap of a picture without EOI, and shows it.
    pen.drawImage(source, 0, 0, WIDE, HIGH);
  }
  const pixels = pen.getImageData(0, 0, WIDE, HIGH).data;
  const grey = [];
  for (let n = 0; n < pixels.length; n += 4) {
    grey.push(Math.round(0.299 * pixels[n] + 0.587 * pixels[n + 1] + 0.114 * pixels[n + 2]));
  }
  const change = last ? grey.reduce((sum, one, n) => sum + Math.abs(one - last[n]), 0) / grey.length : 255;
  if (change < 2) return;
  last = grey;
  if (found.shown.length < 500) found.shown.push([at, grey]);
}
requestAnimationFrame(look);
source.src = '/stream';
""".replace("WIDE", str(WIDE)).replace("HIGH", str(HIGH))

COLLECT = "const { found } = window.wrappedJSObject || window; found.isOver = true; \
    return JSON.stringify([found.shown, found.error])"

# The driver's answer to a tab that has crashed. A driver that does not answer in time proves no crash.
CRASHES = "crash", "no such execution context", "disconnected"
LOST = OSError, http.client.HTTPException, RuntimeError


class Browser:
    """Shows one stream at a time, and starts again after a crash."""

    sees_changes = True

    def __init__(self, kind, title):
        self.kind, self.name, self.title = kind, kind.name, title
        self.lock, self.stack, self.browser = threading.Lock(), None, None

    def is_installed(self):
        return bool(self.kind.installed())

    def version(self):
        with self.lock:
            return f"{self.title} {self.open().version}"

    def open(self):
        if not self.browser:
            self.stack = contextlib.ExitStack()
            profile = tempfile.TemporaryDirectory(prefix="mjpeg-consumers-", ignore_cleanup_errors=True)
            folder = self.stack.enter_context(profile)
            self.browser = self.stack.enter_context(self.kind.start(folder))
        return self.browser

    def close(self):
        if self.stack:
            with contextlib.suppress(*LOST):
                self.stack.close()
        self.stack = self.browser = None

    def measure(self, replay):
        with self.lock:
            try:
                return self.watch(self.open(), replay)
            except LOST as error:
                self.close()
                text = str(error).split("\n", maxsplit=1)[0][:160]
                if not any(word in text for word in CRASHES) and not isinstance(error, ConnectionError):
                    raise
                return Seen([], None, text, has_crashed=True)

    def watch(self, browser, replay):
        began = time.monotonic()
        browser.open(replay.page)
        browser.script(WATCH)
        while not replay.is_over(HEAVY_S if replay.stream.is_heavy else GRACE_S):
            if not replay.connections and time.monotonic() - began > CONNECT_S:
                break
            time.sleep(0.05)
        shown, error = json.loads(browser.script(COLLECT))
        browser.open("about:blank")
        return Seen([(at / 1000, "grey", bytes(grey)) for at, grey in shown], None, error)


BROWSERS = [Browser(drivers.Chromium, "Chromium"), Browser(drivers.Firefox, "Firefox")]
