#!/usr/bin/env python3
"""Compares `mjpeg bench clients` with another load client, against the same server in the same run.

    benches/clients/run.py [DIR] --load PROGRAM [--limit PROGRAM] [-n 100,500] [--rounds 3] [--duration 6] [--together]
        [--most-cores 0.5]

PROGRAM of --load prints one JSON line, as described in README.md. Without --limit the server is `mjpeg serve DIR`, and without DIR the
pictures have 48 kB. With --together both clients measure at the same moment, so they see the same faults of the server.
"""
import argparse
import json
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))
from pictures import pictures  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, child):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if child.poll() is not None:
            sys.exit(f"the server ended with {child.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the server does not listen")


def server(args):
    port = free_port()
    if args.limit:
        command = [args.limit, "--mode", "epoll", "--port", str(port), "--frames", args.directory, "--fps", str(args.fps)]
        path = "/"
    else:
        command = [args.mjpeg, "serve", args.directory, "--fps", str(args.fps), "--listen", f"127.0.0.1:{port}"]
        path = "/stream"
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(port, child)
    return child, f"http://127.0.0.1:{port}{path}"


def ours(args, child, url, n):
    out = subprocess.run(
        [args.mjpeg, "bench", "clients", url, "-n", str(n), "--duration", f"{args.duration}s", "--fps", str(args.fps),
         "--pid", str(child.pid), "--format", "json", "--quiet"],
        stdout=subprocess.PIPE, check=False).stdout
    row = json.loads(out)["rows"][0]
    return {"cores": row["client_cores"], "fps": row["fps_p50"], "p99": row["gap_p99_ms"], "max": row["gap_max_ms"],
            "served": row["served"], "frames": row["frames"]}


def other(args, child, url, n):
    out = subprocess.run(
        [args.load, "--pid", str(child.pid), "-n", str(n), "-d", str(args.duration), "--settle", "5", url],
        stdout=subprocess.PIPE, check=True).stdout
    row = json.loads(out)
    return {"cores": row["client"]["cores"], "fps": row["fps_p50"], "p99": row["gap_ms"]["p99"],
            "max": row["gap_ms"]["max"], "served": row["with_frames"], "frames": row["frames"]}


def load():
    with open("/proc/loadavg") as file:
        return file.read().split()[0]


def both(args, child, url, n):
    """One round of each client."""
    if args.together:
        with ThreadPoolExecutor() as pool:
            first, second = (pool.submit(client, args, child, url, n) for client in (ours, other))
            return first.result(), second.result()
    return ours(args, child, url, n), other(args, child, url, n)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?")
    parser.add_argument("--load", required=True)
    parser.add_argument("--limit")
    parser.add_argument("--mjpeg", default=str(ROOT / "target/release/mjpeg"))
    parser.add_argument("-n", default="100,500")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=6)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--most-cores", type=float, help="fail if our client takes more of a core")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not args.directory:
            args.directory = folder
            print(f"pictures of {pictures(folder) / 1000:.1f} kB in the mean")
        sys.exit(0 if measure(args) else 1)


def measure(args):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    interval = 1000 / args.fps
    print(f"load average {load()}{', both at once' if args.together else ''}")
    print("| viewers | client | cores | us per frame | ratio | fps p50 | gap p99 ms | gap max ms | served |")
    print("|---|---|---|---|---|---|---|---|---|")
    is_good = True
    for n in [int(n) for n in args.n.split(",")]:
        rows = {"mjpeg": [], "other": []}
        child, url = server(args)
        try:
            for _ in range(args.rounds):
                for name, row in zip(rows, both(args, child, url, n)):
                    rows[name].append(row)
        finally:
            child.terminate()
            child.wait()
        cost = {}
        middle = {}
        for name, runs in rows.items():
            cost[name] = statistics.median(run["cores"] * args.duration * 1e6 / max(run["frames"], 1) for run in runs)
            middle[name] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name in rows:
            it = middle[name]
            print(f"| {n} | {name} | {it['cores']:.3f} | {cost[name]:.1f} | {cost[name] / cost['other']:.2f} | {it['fps']:.2f} | {it['p99']:.1f} | "
                  f"{it['max']:.1f} | {it['served']:.0f} |", flush=True)
        a, b = middle["mjpeg"], middle["other"]
        if args.most_cores is not None and a["cores"] > args.most_cores:
            is_good = False
            print(f"{n} viewers: {a['cores']:.3f} cores, more than {args.most_cores}", file=sys.stderr)
        agrees = abs(a["fps"] - b["fps"]) <= 0.03 * b["fps"] and abs(a["p99"] - b["p99"]) <= interval
        if not agrees or cost["mjpeg"] > 1.5 * cost["other"]:
            is_good = False
            print(f"{n} viewers: they differ by more than 3 % of fps, one interval, or half of the cost", file=sys.stderr)
    print(f"load average {load()} at the end")
    return is_good


if __name__ == "__main__":
    main()
