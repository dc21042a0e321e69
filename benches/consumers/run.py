#!/usr/bin/env python3
"""Measures what real programs do with the streams of `fixtures/consumers` and with the faults of `mjpeg serve`.

    benches/consumers/run.py --mjpeg target/release/mjpeg [--out TABLE] [--evidence FILE] [--resume] [--jobs 2]
                             [--consumers ffmpeg,vlc] [--streams baseline,fault:*] [--repeat 3]
                             [--predict] [--compare TABLE] [--update TABLE] [--note TEXT] [--list]

README.md beside it says how to add a version of a program, or a program.
"""

import argparse
import concurrent.futures
import datetime
import fnmatch
import json
import os
import signal
import sys
import threading

import outcome
import streams
import table
from browsers import BROWSERS
from pictures import pictures_of
from predictions import Predictions
from programs import PROGRAMS
from replay import Replay

CONSUMERS = PROGRAMS + BROWSERS

# Set when no further cell is to be measured.
stopping = threading.Event()


class Cells:
    """All measured cells. They are appended to a file, so that a run can be continued."""

    def __init__(self, path, resume):
        self.path, self.lock, self.found = path, threading.Lock(), {}
        if path and resume and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for cell in map(json.loads, file):
                    self.found.setdefault((cell["stream"], cell["consumer"]), []).append(cell)
        elif path and os.path.exists(path):
            raise SystemExit(f"{path} exists: continue it with --resume, or remove it")

    def add(self, cell):
        with self.lock:
            self.found.setdefault((cell["stream"], cell["consumer"]), []).append(cell)
            if self.path:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(cell) + "\n")

    def outcomes(self, key):
        return "".join(cell["outcome"] for cell in self.found.get(key, []))

    def table(self, streams, versions, note):
        """The table of these streams and consumers. Of several outcomes of a cell it has the most frequent one, and of
        two the last one."""
        out, today = table.Table(), datetime.date.today().isoformat()
        out.versions, out.note = {name: (version, today) for name, version in versions.items()}, note
        for stream in streams:
            out.rows[stream] = {}
            for name in versions:
                codes = self.outcomes((stream, name))
                out.rows[stream][name] = max(reversed(codes), key=codes.count, default=".")
                if len(set(codes)) > 1:
                    out.repeated[stream, name] = codes
        return out


def measure(stream, pictures, holes, consumer):
    with Replay(stream) as replay:
        seen = consumer.measure(replay)
        found = outcome.outcome(stream, pictures, holes, replay, seen, consumer.sees_changes)
    return {"stream": stream.name, "consumer": consumer.name, **found.evidence(seen)}


def one_stream(name, load, consumers, cells, predictions, args):
    """Gives a stream to all consumers. A cell that is not as predicted is measured again."""
    is_done = all((name, consumer.name) in cells.found for consumer in consumers)
    if stopping.is_set() or is_done and (name in predictions.found or not args.predict):
        return
    stream = load()
    pictures = pictures_of(stream)
    forecast = predictions.of(stream) if args.predict else {}
    for consumer in consumers:
        key = name, consumer.name
        if key in cells.found or stopping.is_set():
            continue
        for _ in range(args.repeat):
            try:
                cell = measure(stream, pictures, predictions.holes(stream, pictures), consumer)
            except Exception as error:  # noqa: BLE001 - one cell must not end a run of hours
                cell = {"stream": name, "consumer": consumer.name, "outcome": ".", "note": f"failed: {error!r}"}
            cells.add(cell)
            print(stream.name, consumer.name, cell["outcome"], forecast.get(consumer.name, ""), flush=True)
            if not args.predict or table.agrees(cell["outcome"], forecast.get(consumer.name)):
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mjpeg", default=os.path.join(streams.ROOT, "target", "release", "mjpeg"))
    parser.add_argument("--consumers", default="*", help="names or patterns, with commas")
    parser.add_argument("--streams", default="*", help="names or patterns, with commas; those of faults begin with fault:")
    parser.add_argument("--jobs", type=int, default=2, help="streams that are measured at a time")
    parser.add_argument("--repeat", type=int, default=3, help="how often a cell that is not as predicted is measured")
    parser.add_argument("--evidence", help="a JSON line for each measurement")
    parser.add_argument("--resume", action="store_true", help="keep the measurements in the file of --evidence")
    parser.add_argument("--out", help="the table")
    parser.add_argument("--update", help="a table that gets the measured cells")
    parser.add_argument("--note", default="", help="a line for the head of the table, such as the load of the machine")
    parser.add_argument("--predict", action="store_true", help="compare with the predictions of `mjpeg check`")
    parser.add_argument("--compare", help="another table to compare with")
    parser.add_argument("--list", action="store_true", help="list the installed consumers and the streams")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = lambda name, patterns: any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns.split(","))
    consumers = [one for one in CONSUMERS if chosen(one.name, args.consumers)]
    for consumer in [one for one in consumers if not one.is_installed()]:
        print(f"{consumer.name} is not installed", file=sys.stderr)
        consumers.remove(consumer)
    loads = {}
    for fault in streams.faults(args.mjpeg):
        loads["fault:" + fault["name"]] = lambda fault=fault: streams.of_fault(args.mjpeg, fault)
    loads |= {name: lambda name=name: streams.of_recipe(name) for name in streams.recipes()}
    loads = {name: load for name, load in loads.items() if chosen(name, args.streams)}
    cells = Cells(args.evidence, args.resume)
    predictions = Predictions(args.mjpeg, args.evidence and args.evidence + ".predictions", args.resume)
    try:
        versions = {consumer.name: consumer.version() for consumer in consumers}
        if args.list:
            print("\n".join([*(f"{name}  {version}" for name, version in versions.items()), *loads]))
            return
        whole = table.Table.read(args.update) if args.update else table.Table()
        whole.check_update(versions, loads)
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            jobs = [pool.submit(one_stream, name, load, consumers, cells, predictions, args)
                    for name, load in loads.items()]
            try:
                for job in concurrent.futures.as_completed(jobs):
                    job.result()
            finally:
                # After Ctrl-C the cells that are being measured end, and no others begin.
                pool.shutdown(wait=False, cancel_futures=True)
                stopping.set()
    finally:
        for consumer in consumers:
            consumer.close()
    measured = cells.table(loads, versions, args.note)
    if args.compare:
        table.compare(measured.rows, table.Table.read(args.compare).rows)
    if args.predict:
        table.compare_with_predictions(measured.rows, predictions.found)
    if args.out:
        measured.write(args.out)
    if args.update:
        whole.update(measured)
        whole.write(args.update)


if __name__ == "__main__":
    main()
