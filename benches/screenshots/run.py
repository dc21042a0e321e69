#!/usr/bin/env python3
"""Makes the screenshots of the README and of the documents in docs/plots, in Chromium, and the plot of docs/stalls.md.

    benches/screenshots/run.py [--mjpeg target/release/mjpeg] [NAME...]        viewer, report, wall, gaps

It needs chromium, chromedriver and the `convert` of imagemagick. The pages are real: they are those of the processes that it starts and ends.
"""
import argparse
import base64
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLOTS = ROOT / "docs" / "plots"

FARM = """
[defaults]
source = "%(frames)s"
fps = 5

[[camera]]
name = "gate-[1-2]"

[[camera]]
name = "hall"
source = "test:640x480"

[[camera]]
name = "dock"
source = "test:640x480"
faults = ["stall=60s@4"]

[[camera]]
name = "roof"
dialect = "motion"

[[camera]]
name = "yard"
source = "%(silent)s"
"""


@contextlib.contextmanager
def process(*command, waits=True):
    """A process that is ended at the end of the block. If it `waits` for viewers, its first line on standard output is its URL."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        try:
            yield child.stdout.readline().strip() if waits else None
        finally:
            child.terminate()
            child.stdout.close()


class Browser:
    """Chromium by the WebDriver protocol."""

    def __init__(self, folder):
        # Port 0: the driver prints the one that it got.
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.driver.stdout:
            if "on port" in line and "successfully" in line:
                port = line.split("on port")[1].strip().rstrip(".")
                self.base = f"http://127.0.0.1:{port}/session"
                break
        options = {"args": ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]}
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "pageLoadStrategy": "none"}}
        self.base += "/" + self.call("", {"capabilities": capabilities})["sessionId"]

    def call(self, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.base + path, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def shot(self, url, width, height, seconds, is_whole=False):
        """The page after so many seconds, as PNG. `is_whole`: as high as the page is."""
        self.call("/window/rect", {"width": width, "height": height})
        self.call("/url", {"url": url})
        time.sleep(seconds)
        if is_whole:
            height = self.call("/execute/sync", {"script": "return document.documentElement.scrollHeight", "args": []})
            self.call("/window/rect", {"width": width, "height": min(height, 2400)})
            time.sleep(1)
        return base64.b64decode(self.call("/screenshot"))

    def close(self):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(self.base, method="DELETE"), timeout=10).close()
        self.driver.terminate()
        self.driver.wait()


def save(png, name, scale, colours):
    path = PLOTS / f"{name}.png"
    command = ["convert", "png:-", "-resize", f"{scale}%", "+dither", "-colors", str(colours), "-strip", f"png:{path}"]
    subprocess.run(command, input=png, check=True)
    print(path.relative_to(ROOT), os.path.getsize(path))


def viewer(browser, mjpeg, folder):
    with process(mjpeg, "serve", "test:640x480", "--fps", "15", "--listen", "127.0.0.1:0") as url:
        save(browser.shot(url.removesuffix("stream"), 900, 760, 6), "viewer", 75, 128)


def wall(browser, mjpeg, folder):
    farm = folder / "farm.toml"
    any_port = ["--listen", "127.0.0.1:0"]
    with contextlib.ExitStack() as stack:
        # A camera that has stopped: its relay in the farm is late.
        silent = stack.enter_context(process(mjpeg, "serve", "test:640x480", *any_port, "--fault", "stall=60s@10"))
        farm.write_text(FARM % {"frames": ROOT / "fixtures" / "frames", "silent": silent})
        url = stack.enter_context(process(mjpeg, "serve", "--farm", str(farm), *any_port, "--silence", "2s"))
        root = "/".join(url.split("/")[:3])
        with urllib.request.urlopen(root + "/targets", timeout=10) as answer:
            (folder / "targets.txt").write_bytes(answer.read())
        viewers = [mjpeg, "record", "--quiet", "--targets", str(folder / "targets.txt"), str(folder / "out"), "--duration", "60s"]
        with process(*viewers, waits=False):
            save(browser.shot(root + "/", 1000, 770, 7), "wall", 75, 128)


def report(browser, mjpeg, folder):
    faults = ["--fault", "cut-picture@20", "--fault", "content-length-short@45", "--fault", "stall=1500ms@60"]
    page = folder / "report.html"
    with process(mjpeg, "serve", "test:640x480", "--listen", "127.0.0.1:0", "--fps", "10", *faults) as url:
        (folder / "cameras.txt").write_text(f"front-door {url}\n")
        limits = ["--frames", "80", "--duration", "30s", "--quiet", "--report", str(page)]
        status = subprocess.run([mjpeg, "check", "--targets", str(folder / "cameras.txt"), *limits]).returncode
        assert status == 1, f"the faults were not found: exit {status}"
    save(browser.shot(page.as_uri(), 1000, 1200, 2, is_whole=True), "report", 80, 48)


def gaps(_browser, mjpeg, folder):
    """The plot of `bench chunks`: 30 parts of 28 970 to 64 543 bytes, the 15th is the first below 30 000, the 30th the smallest."""
    parts = [31_000 + 1_100 * number for number in range(30)]
    parts[3], parts[14], parts[29] = 64_543, 29_500, 28_970
    measure = [mjpeg, "bench", "chunks", "--quiet", "--format", "json"]
    # The bytes around a picture depend on the largest picture only.
    probe = picture_files(folder / "probe", [64_000])
    report = subprocess.check_output([*measure, probe, "--duration", "200ms", "--pump", "direct"])
    around = json.loads(report)["part_min_bytes"] - 64_000
    pictures = picture_files(folder / "parts", [length - around for length in parts])
    pumps = ["--pump", "ends-on-short-read,ends-on-empty-read", "--read", "part,fill"]
    subprocess.run([*measure, pictures, "--fps", "30", *pumps, "--plot", PLOTS / "gaps.svg"], check=True, stdout=subprocess.DEVNULL)


def picture_files(folder, lengths):
    """A folder with JPEG files of these lengths: a comment (COM) fills a picture up."""
    folder.mkdir()
    picture = (ROOT / "fixtures" / "frames" / "frame-000001.jpg").read_bytes()
    for number, length in enumerate(lengths):
        fill = length - len(picture) - 4
        comment = b"\xff\xfe" + (fill + 2).to_bytes(2, "big") + bytes(fill)
        (folder / f"{number:06}.jpg").write_bytes(picture[:2] + comment + picture[2:])
    return folder


SCENES = {"viewer": viewer, "report": report, "wall": wall, "gaps": gaps}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", choices=[*SCENES, []], help="all, unless some are named")
    parser.add_argument("--mjpeg", default=str(ROOT / "target" / "release" / "mjpeg"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        try:
            for name in arguments.names or SCENES:
                SCENES[name](browser, arguments.mjpeg, pathlib.Path(folder))
        finally:
            browser.close()


if __name__ == "__main__":
    main()
