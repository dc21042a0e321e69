#!/usr/bin/env python3
"""Measures what `mjpeg serve` takes for N viewers, fits a model, and tests it with runs that the fit has not seen. See README.md.

    benches/capacity/run.py [DIR] [--mjpeg target/release/mjpeg] [--rounds 3] [--duration 5]
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from pictures import pictures  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Size of a frame in kB, frames a second, viewers.
FIT = [(size, 30, viewers) for size in (12, 45) for viewers in (1, 3, 10, 30, 100, 300, 1000)]
# Other numbers of viewers; then other frames; then another rate.
UNSEEN = [(45, 30, 50), (45, 30, 200), (45, 30, 600), (21, 30, 20), (21, 30, 500), (90, 30, 100), (90, 30, 300), (45, 10, 200), (12, 60, 200)]
# A run in which the machine was busy shows something else, and is made again.
TRIES = 5


def load():
    with open("/proc/loadavg") as file:
        return file.read().split()[0]


def measure(arguments, directory, fps, viewers):
    """CPU in microseconds for each frame of the source, resident memory in MB, megabytes a second; None if frames were lost."""
    serve = [arguments.mjpeg, "serve", directory, "--fps", str(fps), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            url = server.stdout.readline().strip()
            # Without --fps a server that is slow for all viewers alike would lose nothing.
            clients = [arguments.mjpeg, "bench", "clients", url, "-n", str(viewers), "--fps", str(fps), "--duration", f"{arguments.duration}s"]
            result = subprocess.run(
                [*clients, "--pid", str(server.pid), "--format", "json", "--quiet"], stdout=subprocess.PIPE, text=True, check=True
            )
        finally:
            server.terminate()
    row = json.loads(result.stdout)["rows"][0]
    if row["served"] != viewers or row["frames_lost"] > row["frames_due"] / 1000:
        print(f"{viewers} viewers: {row['served']} served, {row['frames_lost']} of {row['frames_due']} frames lost: again", file=sys.stderr)
        return None
    # The time for a frame and viewer has more digits than the cores.
    cpu = row["server"]["cpu_us_per_frame"] * row["frames"] / (fps * arguments.duration)
    return cpu, row["server"]["rss_mb"], row["mb_per_s"]


def least_squares(rows, values):
    """The coefficients of the sum of columns that differs least from the values, in proportion to them."""
    size = len(rows[0])
    scaled = [[cell / value for cell in row] for row, value in zip(rows, values)]
    matrix = [[sum(row[i] * row[j] for row in scaled) for j in range(size)] + [sum(row[i] for row in scaled)] for i in range(size)]
    for i in range(size):
        matrix[i:] = sorted(matrix[i:], key=lambda row: -abs(row[i]))
        for j in range(size):
            if i != j:
                factor = matrix[j][i] / matrix[i][i]
                matrix[j] = [a - factor * b for a, b in zip(matrix[j], matrix[i])]
    return [matrix[i][size] / matrix[i][i] for i in range(size)]


# What each of the three is made of, from the size in kB, the rate and the viewers.
TERMS = [
    lambda size, fps, viewers: [1, viewers, viewers * size],
    lambda size, fps, viewers: [1, size, viewers],
    lambda size, fps, viewers: [viewers * size * fps / 1000],
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR", nargs="?", help="JPEGs of your own: measured with 100 viewers, not fitted")
    parser.add_argument("--mjpeg", default=str(ROOT / "target/release/mjpeg"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each run")
    parser.add_argument("--save", help="write the medians as JSON to this file")
    arguments = parser.parse_args()
    loads = [load()]
    with tempfile.TemporaryDirectory() as name:
        folders, means = {}, {}
        for size in sorted({size for size, *_ in FIT + UNSEEN}):
            folders[size] = pathlib.Path(name) / str(size)
            folders[size].mkdir()
            means[size] = pictures(folders[size], size * 1000) / 1000
        unseen = list(UNSEEN)
        if arguments.directory:
            files = [path.stat().st_size for path in pathlib.Path(arguments.directory).iterdir() if path.is_file()]
            folders["DIR"], means["DIR"] = arguments.directory, statistics.mean(files) / 1000
            unseen.append(("DIR", 30, 100))
        found = {run: [] for run in FIT + unseen}
        # Each round takes all runs in another order, so that what else the machine does falls on all of them.
        for seed in range(arguments.rounds):
            for run in random.Random(seed).sample(sorted(found, key=str), len(found)):
                size, fps, viewers = run
                tries = (measure(arguments, folders[size], fps, viewers) for _ in range(TRIES))
                figures = next((it for it in tries if it), None)
                if figures:
                    found[run].append(figures)
            loads.append(load())
    for size, fps, viewers in [run for run, rounds in found.items() if not rounds]:
        print(f"left out: {viewers} viewers of {size} kB at {fps} fps: frames are lost each time, so the machine is full or busy")
    found = {run: [statistics.median(values) for values in zip(*rounds)] for run, rounds in found.items() if rounds}
    fitted = [run for run in FIT if run in found]
    if arguments.save:
        pathlib.Path(arguments.save).write_text(json.dumps([[*run, means[run[0]], *values] for run, values in found.items()]))
    models = [
        least_squares([terms(means[size], fps, viewers) for size, fps, viewers in fitted], [found[run][column] for run in fitted])
        for column, terms in enumerate(TERMS)
    ]
    cpu, memory, data = models
    print(f"load {', '.join(loads)}\n")
    print(f"CPU for a frame of the source: {cpu[0]:.0f} us + viewers * ({cpu[1]:.1f} us + {cpu[2] * 1000:.0f} ns for each kB)")
    print(f"memory: {memory[0]:.1f} MB + {memory[1] * 1000:.0f} kB for each kB of a frame + {memory[2] * 1000:.2f} kB for each viewer")
    print(f"data: {data[0]:.3f} times the bytes of the frames\n")
    print("| kB a frame | fps | viewers | | cores | model | error | RSS MB | model | error | MB/s | model | error |")
    print("|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (size, fps, viewers), values in found.items():
        cells = []
        for value, model, terms, scale in zip(values, models, TERMS, [fps / 1e6, 1, 1]):
            predicted = sum(a * b for a, b in zip(model, terms(means[size], fps, viewers)))
            cells.append(f"{value * scale:.3g} | {predicted * scale:.3g} | {(predicted / value - 1) * 100:+.0f} %")
        kind = "fitted" if (size, fps, viewers) in FIT else "not seen"
        print(f"| {means[size]:.0f} | {fps} | {viewers} | {kind} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
