#!/usr/bin/env python3
"""Viewers through nginx and HAProxy, with the configurations of docs/deploy.

    benches/deploy/run.py MJPEG [--viewers 200] [--duration 5s]

A camera (a test pattern), two relays of it, and a proxy in front of them; all on this machine. For each proxy:

* a browser's request over TLS and HTTP/2 with a password (curl) gets a picture, one without a password gets 401;
* `mjpeg bench clients` with that many viewers over plain HTTP, through the proxy and directly;
* a recorder with --reconnect goes on while the proxy is ended and started again.

Needs nginx, haproxy, openssl and curl.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from peers import free_port, running

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "deploy"


def nginx(folder, relays):
    """The configuration with the ports of this run; a second listener without TLS and password for the viewers."""
    edge, plain = free_port(), free_port()
    text = (DEPLOY / "nginx" / "mjpeg.conf").read_text()
    text = text.replace("127.0.0.1:8443", f"127.0.0.1:{edge}").replace("/etc/nginx/", f"{folder}/")
    servers = "\n".join(f"    server 127.0.0.1:{port};" for port in relays)
    text = text.replace("    server 127.0.0.1:8080;", servers)
    server = text[text.index("server {\n"):]
    server = server.replace(f"127.0.0.1:{edge} ssl http2", f"127.0.0.1:{plain}")
    server = re.sub(r"\n\s*(ssl_|auth_basic)[^\n]*", "", server)
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 4096; }}\nhttp {{ access_log off;\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in
                  ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        + text + server + "}\n")
    return ["nginx", "-e", folder / "nginx.log", "-c", main], edge, plain


def haproxy(folder, relays):
    edge, plain = free_port(), free_port()
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    text = text.replace("127.0.0.1:8444", f"127.0.0.1:{edge}").replace("/etc/haproxy/", f"{folder}/")
    for number, port in enumerate(relays, 1):
        text = text.replace(f"127.0.0.1:808{number}", f"127.0.0.1:{port}")
    text = text.replace("    default_backend", f"    bind 127.0.0.1:{plain}\n    default_backend")
    main = folder / "haproxy.cfg"
    main.write_text(text)
    return ["haproxy", "-db", "-f", main], edge, plain


def certificates(folder):
    key, certificate = folder / "mjpeg.key", folder / "mjpeg.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    (folder / "mjpeg.pem").write_text(certificate.read_text() + key.read_text())
    word = subprocess.run(["openssl", "passwd", "-apr1", "secret"], check=True, capture_output=True, text=True)
    (folder / "mjpeg.users").write_text("viewer:" + word.stdout)
    # The workers of nginx run as another user.
    folder.chmod(0o755)
    (folder / "mjpeg.users").chmod(0o644)


def curl(*arguments):
    end = subprocess.run(["curl", "--silent", "--insecure", "--output", "/dev/null", "--max-time", "5", "--write-out",
                          "%{http_code} HTTP/%{http_version} %{content_type} %{size_download}", *arguments],
                         capture_output=True, text=True)
    return end.stdout


def viewers(mjpeg, url, options):
    end = subprocess.run([mjpeg, "bench", "clients", url, "-n", str(options.viewers), "--duration", options.duration,
                          "--format", "json", "--quiet"], capture_output=True, text=True)
    if end.returncode != 0:
        raise SystemExit(f"bench clients {url}: {end.stderr}")
    return json.loads(end.stdout)["rows"][0]


def row(it):
    return (f"{it['served']} of {it['clients']} viewers, {it['fps_min']} to {it['fps_p50']} fps, {it['frames_lost']} of "
            f"{it['frames_due']} frames lost, gap p99 {it['gap_p99_ms']:.0f} ms, age p50 {it['age_p50_ms']:.1f} ms, p99 {it['age_p99_ms']:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mjpeg")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--duration", default="5s")
    options = parser.parse_args()
    mjpeg = options.mjpeg
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running_servers:
        folder = pathlib.Path(name)
        certificates(folder)
        start = lambda command, port: running_servers.enter_context(running([str(word) for word in command], port))
        camera, relays = free_port(), [free_port(), free_port()]
        start([mjpeg, "serve", "test:320x240", "--fps", "10", "--listen", camera], camera)
        for port in relays:
            start([mjpeg, "serve", f"http://127.0.0.1:{camera}/stream", "--upstream", "always", "--listen", port], port)
        print("directly  ", row(viewers(mjpeg, f"http://127.0.0.1:{relays[0]}/stream", options)))
        for proxy in (nginx, haproxy):
            say = lambda *words: print(f"{proxy.__name__:10}", *words)
            command, edge, plain = proxy(folder, relays)
            command = [str(word) for word in command]
            with running(command, plain):
                user = ["--user", "viewer:secret"]
                say("TLS, HTTP/2:", curl("--http2", *user, f"https://localhost:{edge}/snapshot"))
                if proxy is nginx:
                    say("without a password:", curl("--http2", f"https://localhost:{edge}/snapshot"))
                say(row(viewers(mjpeg, f"http://127.0.0.1:{plain}/stream", options)))
                recorder = subprocess.Popen(
                    [mjpeg, "record", f"http://127.0.0.1:{plain}/stream", folder / f"{proxy.__name__}-out",
                     "--frames", "60", "--reconnect", "forever", "--reconnect-delay", "200ms", "--format", "json"],
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                time.sleep(2)
            with running(command, plain):
                try:
                    summary = json.loads(recorder.communicate(timeout=30)[0])
                finally:
                    recorder.kill()
                kept = {key: summary.get(key) for key in ("frames_written", "frames_damaged", "reconnects", "end")}
                say("ended and started again:", json.dumps(kept))


main()
