#!/usr/bin/env python3
"""Measures CPU time and latency of `mjpeg serve` and other servers in the same run.

    cargo build --release
    benches/serve/run.py DIR [--limit PROGRAM]              all three tables, about six minutes
    benches/serve/run.py DIR --cpu --clients 1,1000         one of them

DIR has JPEG files that ffmpeg can read in the order of their names. Servers that are not installed are skipped.
README.md explains the columns.
"""

import argparse
import os
import resource
import signal
import statistics
import sys
import tempfile

import clients
import servers

LATENCY_SETTLE_S = 0.7
SLOW, VIEWERS, SLOW_SETTLE_S, STREAM_BYTES_S = 5, 20, 4, 1.4e6


def percentile(values, part):
    """Nearest-rank percentile: the smallest value that the share `part` of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)]


def times(value, limit):
    """The ratio to the limit, if the limit was measured."""
    return f"{value / limit:8.2f}" if limit else "       -"


def cpu_table(all_, frames, args):
    mean = statistics.mean(map(os.path.getsize, servers.jpegs(frames))) + 100  # with its head
    # Whole rounds of the directory if possible: files differ in size, and frames are computed from bytes.
    round_s = len(servers.jpegs(frames)) / args.fps
    seconds = max(1, args.seconds // round_s) * round_s if round_s <= args.seconds else args.seconds
    print(f"\nCPU: medians of {args.repeat} windows of {seconds:g} s, load {os.getloadavg()[0]:.1f}")
    print("server     viewers  us/frame  x limit  fps p50  fps min  served  RSS MB")
    for viewers in args.clients:
        rows = {}
        for _ in range(args.repeat):
            for name in all_.names:
                if name == "ffmpeg" and viewers > 1:  # it serves one viewer
                    continue
                with all_.start(name, frames) as server:
                    got, cpu, window, rss = clients.count(server, viewers, seconds, settle=1)
                rates = sorted(n / mean / window for n in got)
                cost = cpu / max(sum(got) / mean, 1) * 1e6
                row = cost, rates[len(rates) // 2], rates[0], sum(n > 0 for n in got), rss
                rows.setdefault(name, []).append(row)
        found = {name: [statistics.median(column) for column in zip(*row)] for name, row in rows.items()}
        limit = found.get("limit", [0])[0]
        for name, (cost, p50, least, served, rss) in found.items():
            columns = f"{cost:9.1f} {times(cost, limit)} {p50:8.2f} {least:8.2f} {served:7.0f} {rss:7.1f}"
            print(f"{name:10} {viewers:7} {columns}", flush=True)


def latency_table(all_, frames, args):
    print("\nLatency in ms, from when a frame should leave to its last byte:")
    print(f"medians of {args.repeat} windows of {args.latency_seconds:g} s, load {os.getloadavg()[0]:.1f}")
    print("                      ---- in the kernel ----  --------- read --------")
    print("server       viewers     p50     p99  x limit     p50     p99  x limit  frames  waited ms/s")
    for viewers in args.latency_clients:
        rows, waits = {}, {}
        for _ in range(args.repeat):
            for name in all_.names:
                if name == "ffmpeg":  # its frames do not tell their time
                    continue
                with all_.start(name, frames, stamp=True) as server:
                    grid = clients.timer_grid(server.pid) if name == "limit" else None
                    pids = clients.family(server.pid)
                    waited = clients.scheduled(pids)[1]
                    got = clients.watch(server, viewers, args.latency_seconds, LATENCY_SETTLE_S)
                    waited = clients.scheduled(pids)[1] - waited
                waits.setdefault(name, []).append(waited / (args.latency_seconds + LATENCY_SETTLE_S) * 1000)
                seen = [frame for one in got for frame in one if frame[0]]
                if name != "limit":
                    rows.setdefault(name, []).append(seen)
                    continue
                # The stamp is the time of the send; the planned time is the timer tick before it.
                rows.setdefault("limit, sent", []).append(seen)
                if grid:
                    on_tick = [(due - (due - grid[0]) % grid[1], *rest) for due, *rest in seen]
                    rows.setdefault("limit", []).append(on_tick)
        limit = {}
        for name in sorted(rows, key=lambda name: name != "limit"):  # the others are compared with it
            columns, wait = "", f"{statistics.median(waits[name]):12.1f}" if name in waits else ""
            for place in (1, 2):
                late = [[(frame[place] - frame[0]) / 1e6 for frame in seen] or [float("nan")] for seen in rows[name]]
                p50, p99 = (statistics.median(percentile(one, rank) for one in late) for rank in (0.5, 0.99))
                if name == "limit":
                    limit[place] = p99
                columns += f" {p50:7.2f} {p99:7.2f} {times(p99, limit.get(place))}"
            print(f"{name:12} {viewers:7}{columns} {sum(map(len, rows[name])):7} {wait}", flush=True)


def slow_table(all_, frames, args):
    sizes = [os.path.getsize(path) for path in servers.jpegs(frames)]
    with open("/proc/sys/net/ipv4/tcp_rmem") as file:
        rmem = file.read().split()
    rate = statistics.mean(sizes) * args.fps / 1e6
    pace = f"{clients.TICK_BYTES} bytes every {clients.TICK_S * 1000:g} ms"
    print(f"\nSlow viewers: {SLOW} of {VIEWERS} read {pace} of a stream of {rate:.2f} MB/s;")
    print(f"a window of {args.slow_seconds:g} s after {SLOW_SETTLE_S} s, load {os.getloadavg()[0]:.1f};")
    print(f"receive buffer: the system's own, tcp_rmem {' '.join(rmem)}")
    print("server     age p50 s  age max s  slow fps   others: fps p50  fps min")
    for name in all_.names:
        if name in ("nginx", "ffmpeg"):
            continue
        with all_.start(name, frames, stamp=True) as server:
            got = clients.watch(server, VIEWERS, args.slow_seconds, SLOW_SETTLE_S, SLOW)
        ages = [(read - due) / 1e9 for one in got[:SLOW] for due, _, read in one if due]
        rates = sorted(len(one) / args.slow_seconds for one in got[SLOW:])
        p50, most = (percentile(ages, 0.5), max(ages)) if ages else (float("nan"), float("nan"))
        columns = f"{p50:9.2f} {most:10.2f} {len(ages) / SLOW / args.slow_seconds:9.2f}"
        print(f"{name:10} {columns} {rates[len(rates) // 2]:17.2f} {rates[0]:8.2f}", flush=True)


def numbers(text):
    return [int(number) for number in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", metavar="DIR")
    parser.add_argument("--cpu", action="store_true", help="only CPU, rates and memory (and what else is named)")
    parser.add_argument("--latency", action="store_true", help="only latency")
    parser.add_argument("--slow", action="store_true", help="only the age of slow viewers' pictures")
    parser.add_argument("--clients", type=numbers, default="1,10,100,1000", help="viewers for --cpu")
    parser.add_argument("--latency-clients", type=numbers, default="1,10,100", help="viewers for --latency")
    parser.add_argument("--seconds", type=float, default=2, help="window of --cpu")
    parser.add_argument("--latency-seconds", type=float, default=4, help="window of --latency")
    parser.add_argument("--slow-seconds", type=float, default=10, help="window of --slow")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--servers", type=lambda text: text.split(","), help="only these, by their names in the tables")
    parser.add_argument(
        "--dialects", type=lambda text: text.split(","), default=[], help="serve with these dialects too, with --cpu"
    )
    parser.add_argument("--limit", metavar="PROGRAM", help="a server to compare with, see README.md")
    args = parser.parse_args()
    sizes = [os.path.getsize(path) for path in servers.jpegs(args.frames)]
    if not sizes:
        parser.error(f"{args.frames} holds no .jpg files")
    if not os.path.exists(servers.MJPEG):
        parser.error("target/release/mjpeg is missing: cargo build --release")
    if args.limit and not os.access(args.limit, os.X_OK):
        parser.error(f"{args.limit} is not a program")
    everything = not (args.cpu or args.latency or args.slow)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended
    print(f"{len(sizes)} frames, mean {statistics.mean(sizes):.0f} bytes, {args.fps:g} fps")
    with tempfile.TemporaryDirectory() as folder:
        all_ = servers.Servers(folder, args.limit, args.fps, args.dialects)
        if args.servers:
            all_.names = [name for name in all_.names if name in args.servers]
        if "ustreamer" in all_.names:
            all_.check_camera(args.frames)
        if args.cpu or everything:
            cpu_table(all_, args.frames, args)
        # Not all dialects have the time of a frame.
        all_.names = [name for name in all_.names if not name.startswith("dialect ")]
        if args.latency or everything:
            latency_table(all_, args.frames, args)
        if args.slow or everything:
            slow_table(all_, servers.padded(args.frames, folder, STREAM_BYTES_S / args.fps), args)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"run.py: {error}")
