#!/usr/bin/env python3
"""Runs `mjpeg bench slow` against known servers, one after the other, and prints the table of docs/slow-viewers.md.

    benches/slow/run.py DIR [--fps 30] [--duration 10] [--rate 200k]
"""
import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peers  # noqa: E402


def servers(frames, fps, folder):
    return {
        "mjpeg serve": lambda: peers.serve(frames, fps),
        "uStreamer": lambda: peers.ustreamer(frames, fps, folder),
        "motion": lambda: peers.motion(frames, fps, folder),
        "VLC": lambda: peers.vlc(frames, fps, folder),
        "nginx, buffering off": lambda: peers.nginx(frames, fps, folder, "off"),
        "nginx, buffering on": lambda: peers.nginx(frames, fps, folder, "on"),
        "npm mjpeg-proxy": lambda: peers.node_proxy(frames, fps, folder),
        "npm mjpeg-server": lambda: peers.node_server(frames, fps, folder),
        "aiohttp": lambda: peers.python("aiohttp", peers.AIOHTTP, frames, fps),
        "gunicorn, 4 threads": lambda: peers.gunicorn(frames, fps, folder),
    }


def cell(value, form="{:.1f}"):
    return "-" if value is None else form.format(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--duration", type=int, default=10)
    parser.add_argument("--rate")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    frames = os.path.abspath(args.directory)
    print(f"load average {open('/proc/loadavg').read().split()[0]}")
    print("| server | verdict | B fps before, during, after | B gap max ms | A: age max s | A: stale frames | cut off after s | memory before, max MB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, start in servers(frames, args.fps, "").items():
        if args.only and args.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            try:
                url, pid = stack.enter_context(servers(frames, args.fps, folder)[name]())
            except (peers.Skipped, subprocess.CalledProcessError) as why:
                print(f"{name} is skipped: {why}", file=sys.stderr)
                continue
            command = [peers.MJPEG, "bench", "slow", url, "--pid", str(pid), "--duration", f"{args.duration}s", "--format",
                       "json", "--quiet"]
            command += ["--rate", args.rate] if args.rate else []
            end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if end.returncode > 1:
                print(f"{name}: {end.stderr.strip()}", file=sys.stderr)
                continue
            it = json.loads(end.stdout)
            a, b, server = it["a"], it["b"], it["server"]
            age, cut = a.get("age_max_ms"), a.get("cut_off_after_ms")
            print(f"| {name} | {it['verdict']} | {b['fps_before']:.1f}, {b['fps_during']:.1f}, {b['fps_after']:.1f} | "
                  f"{b['gap_max_ms']:.0f} | {cell(age and age / 1000)} | {cell(a.get('stale_on_resume'), '{}')} | "
                  f"{cell(cut and cut / 1000)} | {server['rss_mb_before']:.0f}, {server['rss_mb_max']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
