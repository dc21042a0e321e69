#!/usr/bin/env python3
"""Measures what `mjpeg serve` takes for N viewers, fits a model, and tests it with runs that the fit has not seen. See README.md.

    benches/capacity/run.py DIR [--fps 30] [--mjpeg target/release/mjpeg] [--fit 1,3,10,30,100,300,1000] [--test 50,200,600]
"""
import argparse
import json
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def numbers(text):
    return [int(number) for number in text.split(",")]


def measure(arguments, viewers):
    """Medians over the rounds: CPU in microseconds for each frame period, resident memory in MB, megabytes a second."""
    rounds = []
    for _ in range(arguments.rounds):
        serve = [arguments.mjpeg, "serve", arguments.directory, "--fps", str(arguments.fps), "--listen", "127.0.0.1:0"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                url = server.stdout.readline().strip()
                clients = [arguments.mjpeg, "bench", "clients", url, "-n", str(viewers), "--duration", f"{arguments.duration}s"]
                result = subprocess.run(
                    [*clients, "--pid", str(server.pid), "--format", "json", "--quiet"], stdout=subprocess.PIPE, text=True, check=True
                )
            finally:
                server.terminate()
        row = json.loads(result.stdout)["rows"][0]
        if row["served"] != viewers or row["frames_lost"] > row["frames_due"] / 1000:
            raise SystemExit(f"{viewers} viewers: {row['served']} served, {row['frames_lost']} of {row['frames_due']} frames lost: the machine is full or busy")
        rounds.append((row["server"]["cpu_cores"] * 1e6 / arguments.fps, row["server"]["rss_mb"], row["mb_per_s"]))
    return [statistics.median(values) for values in zip(*rounds)]


def line(points, weights):
    """The least squares line y = a + b x."""
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points)) / total
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points)) / sum(
        w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points)
    )
    return mean_y - slope * mean_x, slope


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR", help="JPEGs")
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--mjpeg", default=str(ROOT / "target/release/mjpeg"))
    parser.add_argument("--fit", type=numbers, default="1,3,10,30,100,300,1000")
    parser.add_argument("--test", type=numbers, default="50,200,600")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each run")
    arguments = parser.parse_args()
    with open("/proc/loadavg") as file:
        print(f"load {file.read().split()[0]}\n")

    fit = {viewers: measure(arguments, viewers) for viewers in arguments.fit}
    # The error counts in proportion: one viewer is as important as a thousand.
    models = []
    for column in range(3):
        points = [(viewers, values[column]) for viewers, values in fit.items()]
        models.append(line(points, [1 / max(y, 1e-9) ** 2 for _, y in points]))
    (cpu, cpu_viewer), (memory, memory_viewer), (_, data_viewer) = models
    print(f"CPU for a frame period: {cpu:.0f} us + {cpu_viewer:.1f} us for each viewer")
    print(f"memory: {memory:.1f} MB + {memory_viewer * 1000:.2f} kB for each viewer")
    print(f"data: {data_viewer:.2f} MB/s for each viewer\n")
    print("| viewers | | cores | model | error | RSS MB | model | error | MB/s | model | error |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    rows = [(viewers, "fitted", values) for viewers, values in fit.items()]
    rows += [(viewers, "not seen", measure(arguments, viewers)) for viewers in arguments.test]
    for viewers, kind, values in rows:
        cells = []
        for value, (base, slope), scale in zip(values, models, [arguments.fps / 1e6, 1, 1]):
            predicted = base + slope * viewers
            cells.append(f"{value * scale:.4g} | {predicted * scale:.4g} | {(predicted / value - 1) * 100:+.0f} %")
        print(f"| {viewers} | {kind} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
