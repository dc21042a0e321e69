#!/usr/bin/env python3
"""CPU of `mjpeg serve` per frame delivered, beside other servers in the same run.

    cargo build --release
    benches/serve/run.py DIR [--clients 1,10,100,1000] [--seconds 4] [--repeat 3] [--limit PROGRAM]

DIR holds JPEG files that ffmpeg can read in the order of their names. Peers that are not installed are
left out. CPU is the scheduler's time of all threads of a server (/proc/PID/task/*/schedstat) over the
window, divided by the frames that arrived: bytes divided by the mean part. The client throws bytes away
unread (MSG_TRUNC), so that it keeps up with a thousand streams on one core.
"""

import argparse
import glob
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def children(pid):
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path) as file:
            for child in file.read().split():
                found += children(int(child))
    return found


def cpu_s(pids):
    total = 0
    for pid in pids:
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            try:
                with open(path) as file:
                    total += int(file.read().split()[0])
            except OSError:
                pass
    return total / 1e9


def rss_mb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return total / 1024


def watch(port, path, clients, seconds, pid, settle=1.5):
    """Watches with so many clients; returns bytes of each, CPU seconds, window and RSS."""
    selector, got = selectors.DefaultSelector(), {}
    for _ in range(clients):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        peer.setblocking(False)
        got[peer] = 0
        selector.register(peer, selectors.EVENT_READ)
    buffer, pids = bytearray(1 << 20), children(pid)
    start = time.monotonic()
    begun = None
    while True:
        now = time.monotonic()
        if begun is None and now - start >= settle:
            begun, cpu = now, cpu_s(pids)
            got = dict.fromkeys(got, 0)
        if begun is not None and now - begun >= seconds:
            break
        for key, _ in selector.select(0.05):
            try:
                n = key.fileobj.recv_into(buffer, len(buffer), socket.MSG_TRUNC)
            except BlockingIOError:
                continue
            except OSError:
                n = 0
            got[key.fileobj] += n
            if n == 0:
                selector.unregister(key.fileobj)
    window = time.monotonic() - begun
    cpu, rss = cpu_s(pids) - cpu, rss_mb(pids)
    for peer in got:
        peer.close()
    return list(got.values()), cpu, window, rss


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, port


def serve(frames, fps):
    port = free_port()
    binary = os.path.join(ROOT, "target", "release", "mjpeg")
    return (*start([binary, "serve", frames, "--fps", str(fps), "--listen", f"127.0.0.1:{port}"], port), "/stream")


def limit(program, frames, fps):
    port = free_port()
    command = [program, "--mode", "epoll", "--port", str(port), "--frames", frames, "--fps", str(fps)]
    return (*start(command, port), "/")


def ffmpeg(frames, fps):
    port = free_port()
    command = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-framerate", str(fps), "-pattern_type"]
    command += ["glob", "-i", f"{frames}/*.jpg", "-c", "copy", "-f", "mpjpeg", "-listen", "1"]
    return (*start([*command, f"http://127.0.0.1:{port}/"], port), "/")


def nginx(upstream_port, upstream_path, folder):
    port = free_port()
    conf = os.path.join(folder, "nginx.conf")
    with open(conf, "w") as file:
        file.write(
            f"daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;\n"
            "events { worker_connections 8192; }\n"
            f"http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;\n"
            f"fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n"
            f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_buffering off;\n"
            f"proxy_pass http://127.0.0.1:{upstream_port}{upstream_path}; }} }} }}\n"
        )
    return (*start(["nginx", "-c", conf, "-p", folder], port), "/")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames")
    parser.add_argument("--clients", default="1,10,100,1000")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--limit", metavar="PROGRAM", help="a server to compare with, see README.md")
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    sizes = [os.path.getsize(path) for path in glob.glob(os.path.join(args.frames, "*.jpg"))]
    part = statistics.mean(sizes) + 100
    print(f"{len(sizes)} frames, mean {statistics.mean(sizes):.0f} bytes, {args.fps} fps, load {os.getloadavg()[0]:.1f}")
    print("server    clients  us/frame  fps p50  fps min  served  RSS MB")
    with tempfile.TemporaryDirectory() as folder:
        for clients in map(int, args.clients.split(",")):
            rows = {}
            for _ in range(args.repeat):
                ours = serve(args.frames, args.fps)
                servers = {"serve": ours}
                if args.limit:
                    servers["limit"] = limit(args.limit, args.frames, args.fps)
                if shutil.which("nginx"):
                    servers["nginx"] = nginx(ours[1], ours[2], folder)
                if shutil.which("ffmpeg") and clients == 1:
                    servers["ffmpeg"] = ffmpeg(args.frames, args.fps)
                time.sleep(0.7)
                for name, (process, port, path) in servers.items():
                    got, cpu, window, rss = watch(port, path, clients, args.seconds, process.pid)
                    frames = sum(got) / part
                    rates = sorted(n / part / window for n in got)
                    row = (cpu / max(frames, 1) * 1e6, rates[len(rates) // 2], rates[0], sum(n > 0 for n in got), rss)
                    rows.setdefault(name, []).append(row)
                for process, _, _ in reversed(servers.values()):
                    process.terminate()
                    process.wait()
            for name, found in rows.items():
                us, p50, least, served, rss = (statistics.median(column) for column in zip(*found))
                print(f"{name:9} {clients:7} {us:9.1f} {p50:8.2f} {least:8.2f} {served:7.0f} {rss:7.1f}", flush=True)


if __name__ == "__main__":
    main()
