#!/usr/bin/env python3
"""Compares `mjpeg bench clients` with another load client, against the same server in the same run.

    benches/clients/run.py DIR --load PROGRAM [--limit PROGRAM] [-n 1,10,100,500] [--rounds 3] [--duration 6]

PROGRAM of --load prints one JSON line, as described in README.md. Without --limit the server is `mjpeg serve DIR`.
"""
import argparse
import json
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--load", required=True)
    parser.add_argument("--limit")
    parser.add_argument("--mjpeg", default=str(ROOT / "target/release/mjpeg"))
    parser.add_argument("-n", default="1,10,100,500")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=6)
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    interval = 1000 / args.fps
    print(f"load average {open('/proc/loadavg').read().split()[0]}")
    print("| viewers | client | us per frame | ratio | fps p50 | gap p99 ms | gap max ms | served |")
    print("|---|---|---|---|---|---|---|---|")
    is_good = True
    for n in [int(n) for n in args.n.split(",")]:
        rows = {"mjpeg": [], "other": []}
        child, url = server(args)
        try:
            for _ in range(args.rounds):
                rows["mjpeg"].append(ours(args, child, url, n))
                rows["other"].append(other(args, child, url, n))
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
            print(f"| {n} | {name} | {cost[name]:.1f} | {cost[name] / cost['other']:.2f} | {it['fps']:.2f} | {it['p99']:.1f} | "
                  f"{it['max']:.1f} | {it['served']:.0f} |", flush=True)
        a, b = middle["mjpeg"], middle["other"]
        agrees = abs(a["fps"] - b["fps"]) <= 0.03 * b["fps"] and abs(a["p99"] - b["p99"]) <= interval
        if not agrees or cost["mjpeg"] > 1.5 * cost["other"]:
            is_good = False
            print(f"{n} viewers: they differ by more than 3 % of fps, one interval, or half of the cost", file=sys.stderr)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
