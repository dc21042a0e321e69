#!/usr/bin/env python3
"""Compares `mjpeg check --targets` of a farm with the log of its faults: they must agree exactly.

    benches/farm/agree.py MJPEG FRAMES [--cameras 1000] [--fps 1] [--frames-each 6] [--jobs 500]

Half of the cameras have no fault, the others one each, by turns those of FAULTS. For each camera, the rules that `check` finds
(errors and warnings) must be those of the faults in the log, and the part of each finding one that the log names. Prints a JSON
object; the status is 1 if a camera differs.
"""

import argparse
import collections
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import farm

# Faults that a few parts at a low rate show.
FAULTS = [
    "content-length-short", "content-length-long", "content-length-missing", "content-length-text@2", "no-eoi", "two-soi@3",
    "cut-picture@2", "bytes-lost@3", "bytes-after-eoi", "line-end-missing", "lines-lf", "delimiter-padded", "delimiter-changed@3",
    "bytes-after-body", "part-type-missing", "part-type-wrong", "part-empty@3", "field-folded", "wrong-size@3", "boundary-quoted",
    "boundary-missing", "content-type-missing", "status-line", "preamble", "response-length",
]


def rules(mjpeg):
    """The rule of each fault, and whether it counts as an error or a warning."""
    listed = subprocess.run([mjpeg, "serve", "--list-faults", "--format", "json"], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in listed.stdout.splitlines()]
    return {line["name"]: (line.get("rule"), line.get("severity")) for line in lines}


def written(options, folder):
    """The file of the farm."""
    lines = ["[defaults]", f'source = "{os.path.abspath(options.frames)}"', f"fps = {options.fps}"]
    for number in range(1, options.cameras + 1):
        lines += ["[[camera]]", f'name = "cam{number}"']
        if number % 2 == 0:
            lines.append(f'faults = ["{FAULTS[number // 2 % len(FAULTS)]}"]')
    path = folder / "farm.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def logged(path):
    """For each camera the faults in the log, with their parts."""
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    for line in map(json.loads, path.read_text().splitlines()):
        found[line["camera"]][line["name"]].add(line.get("part"))
    return found


def difference(verdict, faults, known):
    """What `check` says and the log does not, or the other way round; `None` if they agree."""
    found = {it["code"]: it.get("part") for it in verdict.get("findings", []) if it["severity"] != "info"}
    injected = {known[name][0]: parts for name, parts in faults.items() if known[name][1] != "info"}
    if verdict["verdict"] not in ("pass", "fail") or set(found) != set(injected):
        return f"{verdict['verdict']}: found {sorted(found)}, injected {sorted(injected)}"
    for code, part in found.items():
        parts = injected[code]
        if part is not None and None not in parts and part not in parts:
            return f"{code} in part {part}, injected in {sorted(parts)[:5]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mjpeg")
    parser.add_argument("frames")
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--fps", type=float, default=1)
    parser.add_argument("--frames-each", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=500)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    known = rules(options.mjpeg)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        log = folder / "faults.jsonl"
        server, url = farm.serve(options.mjpeg, written(options, folder), "--fault-log", log)
        try:
            began = time.monotonic()
            verdicts, status = farm.check(options.mjpeg, url, folder, options.frames_each, "120s", options.jobs)
            seconds = time.monotonic() - began
        finally:
            server.terminate()
            server.wait()
        injected = logged(log)
    different = {}
    for verdict in verdicts:
        why = difference(verdict, injected.get(verdict["name"], {}), known)
        if why:
            different[verdict["name"]] = why
    for camera, why in list(different.items())[:20]:
        print(f"{camera}: {why}", file=sys.stderr)
    print(json.dumps({
        "cameras": options.cameras, "checked": len(verdicts), "with_faults": len(injected),
        "agree": len(verdicts) - len(different), "differ": len(different), "check_exit": status,
        "seconds": round(seconds, 1), "load": os.getloadavg()[0],
    }))
    sys.exit(bool(different) or len(verdicts) != options.cameras)


main()
