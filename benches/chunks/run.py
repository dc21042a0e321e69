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

# Compression of this type, which no server has by default.
GZIP = "gzip on; gzip_types *; gzip_proxied any; gzip_http_version 1.0;"
COMPRESSION = "compression algo gzip\n compression type multipart/x-mixed-replace"
CADDY = "encode {\n gzip\n match header Content-Type multipart/x-mixed-replace*\n }"
DEFLATE = 'server.modules += ("mod_deflate")\ndeflate.mimetypes = ("multipart/x-mixed-replace")\ndeflate.allowed-encodings = ("gzip")\n'


def servers(frames, fps, folder):
    """Name, the server, and what it is known to do: the kind of sends (or `ends`), the block if there is one, and the frames that it
    sends at once, if there are several."""
    wsgi = lambda app, block: peers.python("wsgiref", peers.WSGIREF, frames, fps, app, block)
    by_hand = lambda app, block=0: peers.python("http.server", peers.HTTP_SERVER, frames, fps, app, block)
    module = lambda *rest, **more: peers.module(rest[0], frames, fps, folder, *rest[1:], **more)
    gevent = ["-k", "gevent", "-b", "127.0.0.1:{port}", "--log-level", "error", "{app}"]
    waitress = ["--listen=127.0.0.1:{port}", "{app}"]
    largest = max(os.path.getsize(it) for it in peers.jpegs(frames))
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
        ("nginx, buffers of 16 kB", lambda: peers.nginx(frames, fps, folder, "on", "proxy_buffers 8 16k; proxy_buffer_size 16k;"),
         "blocks", 16384),
        ("nginx, buffers of 8 kB, HTTP/1.1",
         lambda: peers.nginx(frames, fps, folder, "on", "proxy_buffers 4 8k; proxy_buffer_size 8k; proxy_http_version 1.1;"),
         "blocks", 8192),
        ("nginx, gzip on", lambda: peers.nginx(frames, fps, folder, "off", GZIP), "parts", None),
        ("nginx, gzip on, asked for", lambda: peers.nginx(frames, fps, folder, "off", GZIP), "compressed", None),
        ("HAProxy", lambda: peers.haproxy(frames, fps, folder), "parts", None),
        ("HAProxy, http-buffer-request", lambda: peers.haproxy(frames, fps, folder, "option http-buffer-request"), "parts", None),
        ("HAProxy, compression", lambda: peers.haproxy(frames, fps, folder, COMPRESSION), "parts", None),
        # It never compresses multipart.
        ("HAProxy, compression, asked for", lambda: peers.haproxy(frames, fps, folder, COMPRESSION), "parts", None),
        ("Caddy", lambda: peers.caddy(frames, fps, folder), "parts", None),
        ("Caddy, encode", lambda: peers.caddy(frames, fps, folder, CADDY), "parts", None),
        ("Caddy, encode, asked for", lambda: peers.caddy(frames, fps, folder, CADDY), "compressed", None),
        # It does not compress what it streams.
        ("lighttpd, mod_deflate, asked for", lambda: peers.lighttpd(frames, fps, folder, 1, DEFLATE), "parts", None),
        ("Apache, mod_deflate, asked for",
         lambda: peers.apache(frames, fps, folder, more="SetOutputFilter DEFLATE", needed=["filter", "deflate"]), "compressed", None),
        ("lighttpd, stream-response-body 1", lambda: peers.lighttpd(frames, fps, folder, 1), "parts", None),
        ("lighttpd, stream-response-body 2", lambda: peers.lighttpd(frames, fps, folder, 2), "parts", None),
        ("Apache, ProxyPass", lambda: peers.apache(frames, fps, folder), "parts", None),
        ("Apache, flushpackets=on", lambda: peers.apache(frames, fps, folder, "flushpackets=on"), "parts", None),
        ("gunicorn with gevent", lambda: module("gunicorn", gevent, needed=["gevent"]), "parts", None),
        ("gunicorn with gevent, blocks of 16384", lambda: module("gunicorn", gevent, app="iterated", block=16384, needed=["gevent"]),
         "blocks", 16384),
        ("hypercorn", lambda: module("hypercorn", ["-b", "127.0.0.1:{port}", "{app}"], app="app"), "parts", None),
        ("waitress", lambda: module("waitress", waitress), "parts", None),
        ("waitress, blocks of 32768", lambda: module("waitress", waitress, app="iterated", block=32768), "blocks", 32768),
        ("cheroot", lambda: peers.python("cheroot", peers.CHEROOT, frames, fps), "parts", None),
        ("cheroot, blocks of 20000", lambda: peers.python("cheroot", peers.CHEROOT, frames, fps, "iterated", 20000), "blocks", 20000),
        ("bottle", lambda: peers.python("bottle", peers.BOTTLE, frames, fps), "parts", None),
        ("tornado", lambda: peers.python("tornado", peers.TORNADO, frames, fps), "parts", None),
        ("http.server, each line with a call", lambda: by_hand("lines"), "parts", None),
        # Without TCP_NODELAY the second slice waits for an acknowledgement, which takes longer than a frame now and then.
        ("http.server, slices of 4096", lambda: by_hand("sliced", 4096), "parts or pieces or tails", None),
        ("http.server, 5 parts at a time", lambda: by_hand("collected", 5), "parts", None, 5),
        ("http.server, buffer of 65536", lambda: by_hand("buffered", 65536), "parts", None),
        ("http.server, halves", lambda: by_hand("slow"), "pieces", None),
        ("http.server, a link that is too slow", lambda: by_hand("link", largest * fps * 3 // 4), "pieces or unknown", None),
        ("http.server, ends at a short read", lambda: by_hand("short", largest), "ends", None),
        ("node", lambda: peers.node_http(frames, fps), "parts", None),
        ("node, blocks of 16384", lambda: peers.node_http(frames, fps, "blocks", 16384), "blocks", 16384),
        ("node, blocks of 100000", lambda: peers.node_http(frames, fps, "blocks", 100000), "blocks", 100000),
        ("Go, flushed", lambda: peers.go(frames, fps), "parts", None),
        ("Go, not flushed", lambda: peers.go(frames, fps, "unflushed"), "parts", None),
        ("Go, bufio.Writer of 65536", lambda: peers.go(frames, fps, "bufio", 65536), "blocks", 65536),
        ("Go, io.ReadFull of 32768", lambda: peers.go(frames, fps, "copied", 32768), "blocks", 32768),
        ("PHP, flushed", lambda: peers.php(frames, fps, folder), "parts", None),
        ("PHP, output_buffering 4096", lambda: peers.php(frames, fps, folder, "unflushed", 4096), "parts", None),
        ("PHP, output_buffering 100000", lambda: peers.php(frames, fps, folder, "unflushed", 100000), "parts", None, 2),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--duration", type=int, default=4)
    parser.add_argument("--only", default="", help="servers with this in their names")
    args = parser.parse_args()
    frames = os.path.abspath(args.directory)
    print(f"load average {open('/proc/loadavg').read().split()[0]}")
    print("| server | verdict | sends | block | frames | gap max ms | as known |")
    print("|---|---|---|---|---|---|---|")
    wrong = 0
    for number in range(len(servers(frames, args.fps, ""))):
        with tempfile.TemporaryDirectory() as folder:
            name, start, sends, block, *at_once = servers(frames, args.fps, folder)[number]
            if args.only not in name:
                continue
            try:
                with start() as (url, _):
                    command = [peers.MJPEG, "bench", "chunks", url, "--duration", f"{args.duration}s", "--fps", str(args.fps),
                               "--format", "json", "--quiet"]
                    # What a browser says; `bench` asks for none.
                    command += ["--header", "Accept-Encoding: gzip"] if "asked for" in name else []
                    end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            except (peers.Skipped, subprocess.CalledProcessError) as why:
                print(f"{name} is skipped: {why}", file=sys.stderr)
                continue
            if sends == "compressed":
                is_right = end.returncode == 4 and "the body is compressed" in end.stderr
                wrong += not is_right
                print(f"| {name} | - | compressed (exit {end.returncode}) | - | - | - | {'yes' if is_right else 'NO'} |", flush=True)
                print(f"{name}: {end.stderr.strip()}", file=sys.stderr)
                continue
            if end.returncode != 0:
                print(f"{name}: {end.stderr.strip()}", file=sys.stderr)
                wrong += 1
                continue
            it = json.loads(end.stdout)
            is_right = any(found in sends.split(" or ") for found in (it["sends"], it["verdict"])) and (block is None or it.get("block_bytes") == block)
            is_right = is_right and all(it["frames_per_send"] >= least for least in at_once)
            wrong += not is_right
            print(f"| {name} | {it['verdict']} | {it['sends']} | {it.get('block_bytes', it.get('held_bytes', '-'))} | {it['frames']} | "
                  f"{it.get('gap_max_ms', 0):.1f} | {'yes' if is_right else 'NO'} |", flush=True)
            print(f"{name}: {it['cause']}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
