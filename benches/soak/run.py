#!/usr/bin/env python3
"""Soak and chaos: source, relay, farm, recorders, monitor and viewers run together, while processes are killed, stopped and restarted,
a disk is full and descriptors are few. See README.md.

    benches/soak/run.py [--minutes 3] [--mjpeg target/release/mjpeg] [--seed 1] [--falsify KIND@RECORDER] [--grow memory]
"""
import argparse
import hashlib
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
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import judge  # noqa: E402
import mutant  # noqa: E402
import viewers  # noqa: E402
from peers import free_port, listens  # noqa: E402
from process import Process, table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FPS = 10
# Frames that are made before, so that their bytes are known: a server of these files begins again behind so many.
LAPS = 300
# A process, or this script, that was ready for so long and got no processor shows that the machine is busy: half a frame.
STARVED_S = 0.05
# A recorder that waits so long for the disk does not read, so that the server skips frames for it.
DISK_S = 0.1
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


def disk_waits():
    """For how many seconds something on this machine has waited for a disk, by the pressure of the kernel; 0 without that."""
    try:
        with open("/proc/pressure/io") as file:
            return int(file.readline().rpartition("=")[2]) / 1e6
    except OSError:
        return 0


class Soak:
    def __init__(self, mjpeg, folder, seed):
        self.mjpeg, self.folder, self.random = mjpeg, folder, random.Random(seed)
        self.ports = {name: free_port() for name in ["source", "relay", "farm", "few", "laps-server", "laps-relay"]}
        self.source_url, self.relay_url, self.few_url = self.url("source"), self.url("relay"), self.url("few")
        self.laps_url, self.laps_relay_url = self.url("laps-server"), self.url("laps-relay")
        self.events, self.starved, self.all, self.named, self.wrong = [], [], [], {}, []
        self.disk, self.falsify, self.originals = None, None, {}

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}/stream"

    def farm_url(self, camera):
        return f"http://127.0.0.1:{self.ports['farm']}/{camera}/stream"

    def start(self, name, *arguments, **options):
        process = Process(name, [self.mjpeg, *arguments], self.folder / f"{name}.log", **options)
        self.keep(name, process)

    def keep(self, name, process):
        self.all.append(process)
        self.named[name] = process

    def start_source(self):
        self.start("source", "serve", "test:320x240", "--fps", str(FPS), "--listen", f"127.0.0.1:{self.ports['source']}")

    def start_relay(self):
        self.start("relay", "serve", self.source_url, "--upstream", "always", "--listen", f"127.0.0.1:{self.ports['relay']}")

    def start_recorder(self, name, url, *more):
        if self.falsify and self.falsify[1] == name and "--resume" not in more:
            port = free_port()
            command = [sys.executable, mutant.__file__, "stream", self.falsify[0], str(port), url]
            self.keep("falsifier", Process("falsifier", command, self.folder / "falsifier.log"))
            self.wait_for(port)
            url = f"http://127.0.0.1:{port}/stream"
        patient = ["--reconnect", "forever", "--reconnect-delay", "200ms", "--idle", "5s", "--wait", "20s", "--quiet"]
        self.start(name, "record", url, str(self.folder / name), *patient, *more)

    def begin(self):
        self.start_source()
        self.wait_for(self.ports["source"])
        self.start_relay()
        (self.folder / "farm.toml").write_text(FARM)
        self.start("farm", "serve", "--farm", str(self.folder / "farm.toml"), "--listen", f"127.0.0.1:{self.ports['farm']}")
        self.start(
            "few", "serve", self.source_url, "--listen", f"127.0.0.1:{self.ports['few']}", files=FEW
        )
        self.start_recorder("direct", self.source_url)
        self.start_recorder("relayed", self.relay_url)
        self.start_recorder("killed", self.relay_url)
        targets = self.folder / "targets.txt"
        names = ["sound", "cut", "reset", "length"]
        targets.write_text("".join(f"{name} {self.farm_url(name)}\n" for name in names))
        self.start(
            "fleet", "record", "--targets", str(targets), str(self.folder / "fleet"), "--reconnect", "forever",
            "--reconnect-delay", "200ms", "--idle", "5s", "--wait", "20s", "--quiet",
        )
        self.start("monitor", "monitor", self.source_url, self.relay_url, "--targets", str(targets), output=self.folder / "changes.jsonl")
        self.begin_laps()
        self.start_full_disk()

    def begin_laps(self):
        """Known files, a server of them, a relay, and a recorder. Nothing happens to these."""
        folder = self.folder / "originals"
        subprocess.run([self.mjpeg, "record", "test:320x240", str(folder), "--frames", str(LAPS), "--quiet"], check=True, stderr=subprocess.DEVNULL)
        for line in judge.lines(folder):
            if "file" in line:
                self.originals[line["strip"]["number"]] = hashlib.sha256((folder / line["file"]).read_bytes()).hexdigest()
        if len(self.originals) != LAPS:
            raise SystemExit(f"{len(self.originals)} files instead of {LAPS}")
        listen = lambda name: ["--listen", f"127.0.0.1:{self.ports[name]}"]
        self.start("laps-server", "serve", str(folder), "--fps", str(FPS), *listen("laps-server"))
        self.wait_for(self.ports["laps-server"])
        self.start("laps-relay", "serve", self.laps_url, "--upstream", "always", *listen("laps-relay"))
        self.wait_for(self.ports["laps-relay"])
        self.start_recorder("laps", self.laps_relay_url)

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
        next_event, sampled, waited = time.monotonic() + 10, time.time(), disk_waits()
        while time.monotonic() < end:
            waited_before = waited
            for process in self.all:
                process.sample()
            now, waited = time.time(), disk_waits()
            starved = any(process.starved > STARVED_S for process in self.all if process.status is None)
            if starved or waited - waited_before > DISK_S:
                self.starved.append((sampled - 0.2, now + 0.2))
            sampled = now
            if time.monotonic() >= next_event and end - time.monotonic() > 12:
                due = due or self.random.sample(happens, len(happens))
                event = due.pop()
                began = time.time()
                event()
                self.events.append((event.__name__, began, time.time()))
                next_event = time.monotonic() + self.random.uniform(8, 14)
            time.sleep(0.5)

    def beat(self, stopped):
        """Notes when this script itself gets no processor, also while something happens."""
        while not stopped.is_set():
            began = time.time()
            time.sleep(STARVED_S)
            ended = time.time()
            if ended - began > 2 * STARVED_S:
                self.starved.append((began - 0.2, ended + 0.2))

    def ask_few(self):
        """Once the viewers have left that were too many, it serves others."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.few_url.replace("/stream", "/snapshot"), timeout=5) as answer:
                    if answer.read().endswith(b"\xff\xd9"):
                        return
            except OSError:
                time.sleep(0.2)
        self.wrong.append("the server with few descriptors does not serve when it has some again")

    def end(self):
        """Ends everything. Those that should still run must have done so."""
        full = self.named.pop("full", None)
        if full and full.wait(1) != 6:
            self.wrong.append(f"the recorder on a full disk: exit {full.status}, expected 6")
        for name in ["direct", "relayed", "killed", "laps", "fleet", "monitor", "few", "laps-relay", "laps-server", "relay", "farm", "source"]:
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
    parser.add_argument("--falsify", metavar="KIND@RECORDER", help=f"falsify what a recorder receives ({', '.join(mutant.STREAMS)}): the run must fail")
    parser.add_argument("--grow", choices=mutant.PROCESSES, help="run a process that takes more and more: the run must fail")
    parser.add_argument("--keep", action="store_true", help="do not remove the recordings and the messages")
    arguments = parser.parse_args()
    # So that it ends its processes, also where SIGINT is ignored (nohup).
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
    soak = Soak(arguments.mjpeg, folder, arguments.seed)
    soak.falsify = arguments.falsify and arguments.falsify.split("@")
    stopped = threading.Event()
    crowd = []
    try:
        soak.begin()
        if arguments.grow:
            command = [sys.executable, mutant.__file__, "process", arguments.grow]
            soak.keep("growing", Process("growing", command, folder / "growing.log"))
        crowd = viewers.start(soak, stopped, MANY)
        threading.Thread(target=soak.beat, args=(stopped,), daemon=True).start()
        began = time.time()
        # Until now, many processes started at once.
        soak.starved.append((0, began))
        soak.run(arguments.minutes * 60)
        ended = time.time()
        stopped.set()
        for viewer in crowd:
            viewer.join(10)
        soak.ask_few()
        soak.end()
        wrong, known = judge.recordings(soak, began, ended)
        wrong = soak.wrong + wrong + judge.viewers(viewers.SEEN, known, soak)
        wrong += table(soak.all)
        print()
        wrong += judge.monitor(folder / "changes.jsonl", len(soak.starved) > 1)
    finally:
        stopped.set()
        soak.close()
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"events: {len(soak.events)}, times without a processor: {len(soak.starved) - 1}, viewers that came and went: {viewers.COUNT['vanished']}, slow viewers: {viewers.COUNT['slow']}")
    for line in wrong[:30]:
        print(f"WRONG: {line}")
    print(f"{len(wrong)} things wrong" if wrong else "nothing wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
