#!/usr/bin/env python3
"""Runs `mjpeg bench chunks URL` against servers whose way of sending is known, and compares its findings with that.

    benches/chunks/run.py DIR [--fps 30] [--duration 4]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peers  # noqa: E402


def servers(frames, fps, folder):
    """Name, the server, and what it is known to do: the kind of sends, and the block if there is one."""
    wsgi = lambda app, block: peers.python("wsgiref", peers.WSGIREF, frames, fps, app, block)
    return [
        ("mjpeg serve", lambda: peers.serve(frames, fps), "parts", None),
        ("serve --fault fill=65536", lambda: peers.serve(frames, fps, "--fault", "fill=65536"), "blocks", 65536),
        ("serve --fault fill=4096", lambda: peers.serve(frames, fps, "--fault", "fill=4096"), "blocks", 4096),
        ("nginx, buffering off", lambda: peers.nginx(frames, fps, folder, "off"), "parts", None),
        ("nginx, buffering on", lambda: peers.nginx(frames, fps, folder, "on"), "blocks", 4096),
        ("wsgiref, generator of parts", lambda: wsgi("generator", 0), "parts", None),
        ("wsgiref, file_wrapper 8192", lambda: wsgi("wrapped", 8192), "blocks", 8192),
        ("wsgiref, file_wrapper 65536", lambda: wsgi("wrapped", 65536), "blocks", 65536),
        ("wsgiref, file_wrapper 262144", lambda: wsgi("wrapped", 262144), "blocks", 262144),
        ("gunicorn, generator of parts", lambda: peers.gunicorn(frames, fps, folder), "parts", None),
        ("gunicorn, file_wrapper 65536", lambda: peers.gunicorn(frames, fps, folder, "wrapped", 65536), "blocks", 65536),
        ("Flask, generator of parts", lambda: peers.python("flask", peers.FLASK, frames, fps), "parts", None),
        ("aiohttp", lambda: peers.python("aiohttp", peers.AIOHTTP, frames, fps), "parts", None),
        ("uvicorn", lambda: peers.python("uvicorn", peers.ASGI, frames, fps), "parts", None),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--duration", type=int, default=4)
    args = parser.parse_args()
    frames = os.path.abspath(args.directory)
    print(f"load average {open('/proc/loadavg').read().split()[0]}")
    print("| server | verdict | sends | block | frames | gap max ms | as known |")
    print("|---|---|---|---|---|---|---|")
    wrong = 0
    for number in range(len(servers(frames, args.fps, ""))):
        with tempfile.TemporaryDirectory() as folder:
            name, start, sends, block = servers(frames, args.fps, folder)[number]
            try:
                with start() as (url, _):
                    command = [peers.MJPEG, "bench", "chunks", url, "--duration", f"{args.duration}s", "--fps", str(args.fps),
                               "--format", "json", "--quiet"]
                    end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            except (peers.Skipped, subprocess.CalledProcessError) as why:
                print(f"{name} is skipped: {why}", file=sys.stderr)
                continue
            if end.returncode != 0:
                print(f"{name}: {end.stderr.strip()}", file=sys.stderr)
                wrong += 1
                continue
            it = json.loads(end.stdout)
            is_right = it["sends"] == sends and (block is None or it.get("block_bytes") == block)
            wrong += not is_right
            print(f"| {name} | {it['verdict']} | {it['sends']} | {it.get('block_bytes', it.get('held_bytes', '-'))} | {it['frames']} | "
                  f"{it.get('gap_max_ms', 0):.1f} | {'yes' if is_right else 'NO'} |", flush=True)
            print(f"{name}: {it['cause']}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
