#!/usr/bin/env python3
"""Makes gaps of each cause for real, and compares them with the cause that `mjpeg check` names.

Usage: causes.py [--mjpeg PATH] [--runs N] [--kind KIND]...

It needs root on Linux, and /dev/net/tun: camera and reader have a network namespace each, and this script is the wire between them
(two TUN devices), which can lose and delay packets. No system setting outside of these namespaces changes.

Kinds: camera (the server is stopped), reader (the check is stopped), starved (other processes take the processor of the check),
outage (all packets are lost for a while), loss (a quarter of the packets is lost for a while), delay (packets take much longer
from some time on), none (nothing happens).
"""

import argparse, ctypes, fcntl, heapq, json, os, random, select, signal, socket, struct, subprocess, sys, tempfile, threading, time
from collections import Counter

CAMERA, READER = "10.9.0.1", "10.9.0.2"
KINDS = {
    "camera": "camera", "reader": "reader", "starved": "reader",
    "outage": "network", "loss": "network", "delay": "network", "none": "-",
}


def namespace(address, peer, sock):
    """Runs in a new process: a network namespace with one TUN device, whose descriptor goes to the wire."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "unshare")
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"wire", 0x0001 | 0x1000))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    for words in (["link", "set", "lo", "up"], ["addr", "add", address, "peer", peer, "dev", "wire"],
                  ["link", "set", "wire", "up", "mtu", "1500"]):
        if os.spawnvp(os.P_WAIT, "ip", ["ip", *words]):
            os._exit(1)
    socket.send_fds(sock, [b"t"], [tun])
    os.close(tun)


def start(command, address, peer, **more):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(command, preexec_fn=lambda: namespace(address, peer, theirs), pass_fds=[theirs.fileno()], **more)
    _, (tun,), _, _ = socket.recv_fds(ours, 1, 1)
    ours.close(), theirs.close()
    return process, tun


class Wire(threading.Thread):
    """Passes packets on: a loss between 0 and 1, and a delay in seconds, which may change."""

    def __init__(self, one, other):
        super().__init__(daemon=True)
        self.ends, self.loss, self.delay, self.is_open = (one, other), 0.0, 0.001, True
        self.lost = 0

    def run(self):
        queue, number = [], 0
        while self.is_open:
            wait = max(0.0, queue[0][0] - time.monotonic()) if queue else 0.1
            for end in select.select(self.ends, [], [], min(wait, 0.1))[0]:
                packet = os.read(end, 65536)
                if random.random() < self.loss:
                    self.lost += 1
                    continue
                number += 1
                to = self.ends[1] if end == self.ends[0] else self.ends[0]
                heapq.heappush(queue, (time.monotonic() + self.delay, number, to, packet))
            while queue and queue[0][0] <= time.monotonic():
                _, _, to, packet = heapq.heappop(queue)
                try:
                    os.write(to, packet)
                except OSError:
                    pass  # The other end is gone.


def hogs(count, processor):
    busy = ["sh", "-c", "while :; do :; done"]
    return [subprocess.Popen(busy, preexec_fn=lambda: (os.nice(15), os.sched_setaffinity(0, {processor}))) for _ in range(count)]


def end(processes):
    for process in processes:
        if process and process.poll() is None:
            process.kill(), process.wait()


def run(mjpeg, kind, options):
    length = random.uniform(2.0, 3.2)
    out = tempfile.TemporaryFile()
    server, camera_tun = start([mjpeg, "serve", "test:640x480", "--fps", str(options.fps), "--listen", f"{CAMERA}:8080"], CAMERA, READER,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    check, wire, busy = None, None, []
    try:
        url = server.stdout.readline().decode().strip()
        command = [mjpeg, "check", url, "--duration", "7s", "--format", "json"]
        processor = max(os.sched_getaffinity(0))
        if kind == "starved":
            command = ["taskset", "-c", str(processor), "nice", "-n", "19", *command]
        check, reader_tun = start(command, READER, CAMERA, stdout=out, stderr=subprocess.DEVNULL)
        wire = Wire(camera_tun, reader_tun)
        wire.start()
        time.sleep(random.uniform(2.0, 2.4))
        if kind in ("camera", "reader"):
            process = server if kind == "camera" else check
            process.send_signal(signal.SIGSTOP)
            time.sleep(length)
            process.send_signal(signal.SIGCONT)
        elif kind == "starved":
            busy = hogs(options.hogs, processor)
            time.sleep(length)
            end(busy)
        elif kind == "outage":
            wire.loss = 1.0
            time.sleep(length)
            wire.loss = 0.0
        elif kind == "loss":
            wire.loss = options.loss
            time.sleep(length)
            wire.loss = 0.0
        elif kind == "delay":
            wire.delay = length
        check.wait(timeout=30)
        out.seek(0)
        verdict = json.loads(out.read())
        if not verdict.get("timing"):
            sys.exit(f"the check failed: {verdict.get('error')}")
        return verdict, length
    finally:
        end([server, check, *busy])
        if wire:
            wire.is_open = False
            wire.join()
            os.close(camera_tun), os.close(reader_tun)


def said(verdict):
    """The causes that the verdict names."""
    gaps = [gap.get("cause", "-") for gap in verdict.get("gaps", [])]
    return gaps or ["-"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mjpeg", default="target/release/mjpeg")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--fps", type=int, default=20)
    parser.add_argument("--hogs", type=int, default=40)
    parser.add_argument("--loss", type=float, default=0.25)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    mjpeg = os.path.abspath(options.mjpeg)
    words = ["camera", "network", "reader", "unknown", "-"]
    print(f"{'made':8} runs " + " ".join(f"{word:>8}" for word in words) + "   (gaps above the limit, by the cause named; -: no gap)",
          flush=True)
    wrong = 0
    for kind in options.kind or KINDS:
        counts = Counter()
        for _ in range(options.runs):
            verdict, length = run(mjpeg, kind, options)
            causes = said(verdict)
            counts.update(causes)
            blamed = {"camera", "network", "reader"} & set(causes)
            wrong += len(blamed - {KINDS[kind]})
            if options.verbose:
                findings = [(f["code"], f["message"]) for f in verdict["findings"] if f["code"].startswith("T4")]
                print(f"  {kind} {length:.2f} s: {causes} {findings} {verdict.get('reader')}", flush=True)
        print(f"{kind:8} {options.runs:4} " + " ".join(f"{counts[word]:8}" for word in words), flush=True)
    print(f"wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
