#!/usr/bin/env python3
"""Soak and chaos: source, relay, farm, recorders, monitor and viewers run together, while processes are killed, stopped and restarted,
a disk is full and descriptors are few. See README.md.

    benches/soak/run.py [--minutes 3] [--mjpeg target/release/mjpeg] [--seed 1]
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import judge  # noqa: E402
import viewers  # noqa: E402
from peers import free_port, listens  # noqa: E402
from process import Process, table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FPS = 10
# So long after an event, frames may be missing: what was restarted needs time, and what was stopped skips frames.
EXCUSED_S = 6
# A pause of this script that was longer by so much shows that the machine does not run what is ready.
STARVED_S = 0.1
# Descriptors of the server with few of them, and the viewers that ask it.
FEW, MANY = 40, 60
SMALL_DISK = "2m"

FARM = """
[defaults]
source = "test:320x240"
fps = 10

[[camera]]
name = "sound"

[[camera]]
name = "cut"
faults = ["cut-picture@every=10"]

[[camera]]
name = "reset"
faults = ["reset@40"]

[[camera]]
name = "length"
faults = ["content-length-short@every=15"]
"""


class Soak:
    def __init__(self, mjpeg, folder, seed):
        self.mjpeg, self.folder, self.random = mjpeg, folder, random.Random(seed)
        self.source_port, self.relay_port, self.farm_port, self.few_port = (free_port() for _ in range(4))
        self.source_url = f"http://127.0.0.1:{self.source_port}/stream"
        self.relay_url = f"http://127.0.0.1:{self.relay_port}/stream"
        self.few_url = f"http://127.0.0.1:{self.few_port}/stream"
        self.events, self.starved, self.all, self.named, self.wrong = [], [], [], {}, []
        self.disk = None

    def start(self, name, *arguments, **options):
        process = Process(name, [self.mjpeg, *arguments], self.folder / f"{name}.log", **options)
        self.all.append(process)
        self.named[name] = process
        return process

    def start_source(self):
        self.start("source", "serve", "test:320x240", "--fps", str(FPS), "--listen", f"127.0.0.1:{self.source_port}")

    def start_relay(self):
        self.start("relay", "serve", self.source_url, "--upstream", "always", "--listen", f"127.0.0.1:{self.relay_port}")

    def start_recorder(self, name, url, *more):
        patient = ["--reconnect", "forever", "--reconnect-delay", "200ms", "--idle", "5s", "--wait", "20s", "--quiet"]
        self.start(name, "record", url, str(self.folder / name), *patient, *more)

    def begin(self):
        self.start_source()
        self.wait_for(self.source_port)
        self.start_relay()
        (self.folder / "farm.toml").write_text(FARM)
        self.start("farm", "serve", "--farm", str(self.folder / "farm.toml"), "--listen", f"127.0.0.1:{self.farm_port}")
        self.start(
            "few", "serve", self.source_url, "--listen", f"127.0.0.1:{self.few_port}", files=FEW
        )
        self.start_recorder("direct", self.source_url)
        self.start_recorder("relayed", self.relay_url)
        self.start_recorder("killed", self.relay_url)
        targets = self.folder / "targets.txt"
        names = ["sound", "cut", "reset", "length"]
        targets.write_text("".join(f"{name} http://127.0.0.1:{self.farm_port}/{name}/stream\n" for name in names))
        self.start(
            "fleet", "record", "--targets", str(targets), str(self.folder / "fleet"), "--reconnect", "forever",
            "--reconnect-delay", "200ms", "--idle", "5s", "--wait", "20s", "--quiet",
        )
        self.start("monitor", "monitor", self.source_url, self.relay_url, "--targets", str(targets))
        self.start_full_disk()

    def wait_for(self, port):
        end = time.monotonic() + 20
        while not listens(port):
            if time.monotonic() > end:
                raise SystemExit(f"nothing listens on port {port}")
            time.sleep(0.1)

    def start_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            print("the full disk is left out: it needs root and mount")
            return
        self.disk = disk
        self.start("full", "record", self.source_url, str(disk / "out"), "--wait", "20s", "--reconnect", "forever", "--quiet")

    # What happens. Each takes place at a random time, in random order, again and again.

    def restart_source(self):
        self.named["source"].kill(signal.SIGKILL)
        time.sleep(self.random.uniform(0, 2))
        self.start_source()

    def stop_source(self):
        self.named["source"].send(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.5, 2))
        self.named["source"].send(signal.SIGCONT)

    def restart_relay(self):
        self.named["relay"].kill(self.random.choice([signal.SIGKILL, signal.SIGTERM]))
        time.sleep(self.random.uniform(0, 2))
        self.start_relay()

    def kill_recorder(self):
        self.named["killed"].kill(signal.SIGKILL)
        self.start_recorder("killed", self.relay_url, "--resume")

    def stop_relay(self):
        self.named["relay"].send(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.5, 2))
        self.named["relay"].send(signal.SIGCONT)

    def run(self, seconds):
        end = time.monotonic() + seconds
        happens = [self.restart_source, self.stop_source, self.restart_relay, self.kill_recorder, self.stop_relay]
        due = []
        next_event = time.monotonic() + 10
        while time.monotonic() < end:
            for process in self.all:
                process.sample()
            if time.monotonic() >= next_event and end - time.monotonic() > 12:
                due = due or self.random.sample(happens, len(happens))
                event = due.pop()
                began = time.time()
                event()
                self.events.append((event.__name__, began, time.time() + EXCUSED_S))
                next_event = time.monotonic() + self.random.uniform(8, 14)
            self.pause(0.5)

    def pause(self, seconds):
        began = time.time()
        time.sleep(seconds)
        ended = time.time()
        if ended - began > seconds + STARVED_S:
            self.starved.append(("starved", began - 2, ended + 2))

    def end(self):
        """Ends everything. Those that should still run must have done so."""
        full = self.named.pop("full", None)
        if full and full.wait(1) != 6:
            self.wrong.append(f"the recorder on a full disk: exit {full.status}, expected 6")
        for name in ["direct", "relayed", "killed", "fleet", "monitor", "few", "relay", "farm", "source"]:
            process = self.named[name]
            if process.status is not None:
                self.wrong.append(f"{name} has ended with {process.status}")
            process.kill(signal.SIGTERM)
            if process.status not in (0, 1):
                self.wrong.append(f"{name}: exit {process.status} after SIGTERM")

    def close(self):
        for process in self.all:
            process.kill(signal.SIGKILL)
        if self.disk:
            subprocess.run(["umount", str(self.disk)], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--mjpeg", default=str(ROOT / "target/release/mjpeg"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="do not remove the recordings and the messages")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
    soak = Soak(arguments.mjpeg, folder, arguments.seed)
    stopped = threading.Event()
    crowd = []
    try:
        soak.begin()
        crowd = viewers.start(soak, stopped, MANY)
        soak.run(arguments.minutes * 60)
        stopped.set()
        soak.end()
        disk = folder / "disk" / "out"
        wrong = soak.wrong + judge.recordings(folder, soak.events, soak.starved, FPS, disk if soak.disk else None)
        wrong += table(soak.all)
        print()
        wrong += judge.monitor(folder / "monitor.log", bool(soak.starved))
    finally:
        stopped.set()
        soak.close()
        for viewer in crowd:
            viewer.join(10)
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"events: {len(soak.events)}, times without a processor: {len(soak.starved)}, viewers that came and went: {viewers.COUNT['vanished']}, slow viewers: {viewers.COUNT['slow']}")
    print("\n".join(f"WRONG: {line}" for line in wrong) or "nothing wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
