#!/usr/bin/env python3
"""A tree of relays behind nginx and HAProxy, with the configurations of docs/deploy as they are but for ports and paths.

    benches/deploy/run.py MJPEG [--viewers 200] [--duration 5]

A camera (a test pattern), a relay of it, two relays of that one, and a proxy in front of the two; all on this machine. For each proxy:

* its own check of the configuration;
* curl over TLS and HTTP/2 with the password, with a wrong one and without;
* that many viewers over TLS and HTTP/2 (curl), each frame compared with those of the camera; then over plain HTTP (`mjpeg bench clients`);
* a recorder with --reconnect over TLS, and Chromium with the page, while the proxy is ended and started again, then reloaded;
* nginx only: with buffering switched on, `mjpeg check` says so;
* HAProxy only: while the camera is silent, both relays are left out, though they repeat its newest frame;
* one relay of the two ends: viewers that come then are served.

It exits with 1 if one of these fails. Needs nginx, haproxy, openssl and curl; without chromium and chromedriver the page is left out.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BENCHES = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCHES), str(BENCHES / "serve")]
from drivers import Chromium, eventually
from peers import free_port, running

DEPLOY = BENCHES.parent / "docs" / "deploy"
USER = ["--user", "viewer:secret"]
# Streams of the old process are ended so long after a reload; shorter than in the configurations.
GRACE_S = 2
# Until all viewers are in: TLS, and the password of each, which takes HAProxy 1 ms.
LOGIN_S = 2


class Proxy:
    """`edge` speaks TLS and asks for the password, `plain` is the same without both, for `bench clients`."""

    def __init__(self, folder, relays):
        self.folder, self.relays = folder, relays
        self.edge, self.plain = free_port(), free_port()
        self.write()

    def stream(self, path="/stream"):
        return f"https://localhost:{self.edge}{path}"

    def with_relays(self, text):
        for number, port in enumerate(self.relays, 1):
            text = text.replace(f"127.0.0.1:808{number}", f"127.0.0.1:{port}")
        return text


class Nginx(Proxy):
    name = "nginx"
    buffers = False

    def write(self):
        text = self.with_relays((DEPLOY / "nginx" / "mjpeg.conf").read_text())
        text = text.replace("127.0.0.1:8443", f"127.0.0.1:{self.edge}").replace("/etc/nginx/", f"{self.folder}/")
        if self.buffers:
            text = re.sub(r"proxy_buffering +off;", "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;", text)
        server = text[text.index("server {\n"):].replace(f"127.0.0.1:{self.edge} ssl http2", f"127.0.0.1:{self.plain}")
        server = re.sub(r"\n\s*(ssl_|auth_basic)[^\n]*", "", server)
        self.main = self.folder / "nginx.conf"
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        self.main.write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log;\n"
            f"worker_shutdown_timeout {GRACE_S}s; events {{ worker_connections 4096; }}\nhttp {{ access_log off;\n{paths}{text}{server}}}\n")
        self.command = ["nginx", "-e", f"{self.folder}/nginx.log", "-c", str(self.main)]
        self.check = [*self.command, "-t", "-q"]

    def reload(self, child):
        child.send_signal(signal.SIGHUP)


class HAProxy(Proxy):
    name = "haproxy"

    def write(self):
        text = self.with_relays((DEPLOY / "haproxy" / "haproxy.cfg").read_text())
        text = text.replace("127.0.0.1:8444", f"127.0.0.1:{self.edge}").replace("/etc/haproxy/", f"{self.folder}/")
        text = text.replace("hard-stop-after 30s", f"hard-stop-after {GRACE_S}s")
        plain = f"frontend plain\n    bind 127.0.0.1:{self.plain}\n    default_backend relays\n\nbackend relays\n"
        self.main = self.folder / "haproxy.cfg"
        self.main.write_text(text.replace("backend relays\n", plain, 2).replace(plain, "backend relays\n", 1))
        # A master process, as the unit of Debian has it.
        self.command = ["haproxy", "-W", "-db", "-f", str(self.main)]
        self.check = ["haproxy", "-c", "-q", "-f", str(self.main)]

    def reload(self, child):
        child.send_signal(signal.SIGUSR2)


def certificates(folder):
    key, certificate = folder / "mjpeg.key", folder / "mjpeg.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    (folder / "mjpeg.pem").write_text(certificate.read_text() + key.read_text())
    word = lambda kind: subprocess.run(["openssl", "passwd", kind, "secret"], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "mjpeg.users").write_text(f"viewer:{word('-apr1')}\n")
    os.environ["MJPEG_VIEWER"] = word("-5")
    # The workers of nginx run as another user.
    folder.chmod(0o755)
    (folder / "mjpeg.users").chmod(0o644)


def curl(*arguments):
    return subprocess.run(["curl", "--silent", "--insecure", "--output", "/dev/null", "--max-time", "5", "--write-out",
                           "%{http_code} HTTP/%{http_version} %{content_type}", *arguments], capture_output=True, text=True).stdout


def frames(path):
    """The hashes of the whole pictures of a response, in order."""
    text, at, found = path.read_bytes() if path.exists() else b"", 0, []
    while head := re.compile(rb"Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n").search(text, at):
        at = head.end() + int(head[1])
        if at <= len(text):
            found.append(hashlib.sha256(text[head.end():at]).digest())
    return found


def tls_viewers(proxy, camera, options, together):
    """Viewers over TLS and HTTP/2. `together`: as streams of few connections, else each with its own."""
    folder = proxy.folder / f"viewers-{together}"
    folder.mkdir()
    config = folder / "config"
    config.write_text("".join(f'url = "{proxy.stream()}"\noutput = "{folder}/{n}"\n' for n in range(options.viewers)))
    curls = ["curl", "--silent", "--insecure", "--http2", *USER, "--max-time", str(options.duration + LOGIN_S), "--config", config,
             "--parallel", "--parallel-max", "300", "--write-out", "%{stderr}\nended %{http_code} %{http_version} %{num_connects}\n"]
    sent = folder / "sent"
    # Longer than the viewers on both sides.
    first = subprocess.Popen(["curl", "--silent", "--max-time", str(options.duration + LOGIN_S + 5), "--output", sent, camera])
    time.sleep(1)
    end = subprocess.run(curls + ([] if together else ["--parallel-immediate"]), capture_output=True, text=True)
    first.wait()
    number = {digest: n for n, digest in enumerate(frames(sent))}
    counts, lost, false = [], 0, 0
    for n in range(options.viewers):
        seen = [number.get(digest) for digest in frames(folder / str(n))]
        false += seen.count(None)
        seen = [it for it in seen if it is not None]
        counts.append(len(seen))
        # The newest frame comes first, for a start, and may be the one that follows too.
        lost += sum(max(after - before - 1, 0) for before, after in zip(seen, seen[1:]))
    # curl also writes a progress meter there.
    results = re.findall(r"^ended (\d+) (\S+) (\d+)$", end.stderr, re.MULTILINE)
    served = sum(result[:2] == ("200", "2") for result in results)
    print(f"{proxy.name:8} TLS and HTTP/2: {served} of {options.viewers} viewers in {sum(int(it[2]) for it in results)} connections, "
          f"{min(counts)} to {statistics.median(counts):.0f} frames each in {options.duration + LOGIN_S} s with the login, {lost} of {sum(counts)} lost, {false} false")
    return served == options.viewers and not false and lost * 1000 <= sum(counts) and min(counts) >= options.duration * 9


def viewers(mjpeg, what, url, options):
    end = subprocess.run([mjpeg, "bench", "clients", url, "-n", str(options.viewers), "--duration", f"{options.duration}s", "--fps", "10",
                          "--format", "json", "--quiet"], capture_output=True, text=True)
    if end.returncode != 0:
        raise SystemExit(f"bench clients {url}: {end.stderr}")
    it = json.loads(end.stdout)["rows"][0]
    print(f"{what:8} plain HTTP: {it['served']} of {it['clients']} viewers, {it['fps_min']} to {it['fps_p50']} fps, {it['frames_lost']} of "
          f"{it['frames_due']} frames lost, age p50 {it['age_p50_ms']:.1f} ms, p99 {it['age_p99_ms']:.1f} ms")
    return it["served"] == it["clients"] and it["frames_lost"] * 1000 <= it["frames_due"]


def judged(what, good, *words):
    print(f"{what:8}", *words, "" if good else "WRONG")
    return good


@contextlib.contextmanager
def page(proxy):
    """Chromium with the page; `None` without Chromium."""
    if not Chromium.installed():
        yield None
        return
    with tempfile.TemporaryDirectory(dir=proxy.folder) as profile, Chromium.start(profile, insecure=True) as browser:
        # The password stays with the browser; scripts of a page whose URL has one may not fetch.
        browser.open(proxy.stream("/healthz").replace("//", "//viewer:secret@"))
        browser.open(proxy.stream("/"))
        yield browser


def shown(browser):
    """The number of frames that the page has shown, if it is live."""
    state, count = browser.script("return [document.body.dataset.state, +document.getElementById('count').textContent]")
    return count if state == "live" else None


def goes_on(browser, before):
    return eventually("new frames on the page", lambda: (count := shown(browser)) and count > before + 10)


def restarts(mjpeg, proxy, stack):
    """A recorder and a page over a restart of the proxy and a reload."""
    out = proxy.folder / f"{proxy.name}-out"
    with contextlib.ExitStack() as first:
        child = first.enter_context(running(proxy.command, proxy.edge))
        browser = stack.enter_context(page(proxy))
        # The frames go on while the proxy is ended and started, so these are enough for all of it.
        recorder = subprocess.Popen([mjpeg, "record", proxy.stream(), out, "--insecure", *USER, "--reconnect", "forever",
                                     "--reconnect-delay", "200ms", "--format", "json", "--quiet"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        stack.callback(recorder.kill)
        eventually("frames of the recorder", lambda: len(list(out.glob("*.jpg"))) > 20)
        if browser:
            goes_on(browser, 0)
            protocol = browser.script("return performance.getEntriesByType('navigation')[0].nextHopProtocol")
    with running(proxy.command, proxy.edge) as child:
        times = []
        for happens in ["started again", "reloaded"]:
            began, count = time.monotonic(), len(list(out.glob("*.jpg")))
            if happens == "reloaded":
                proxy.reload(child)
                # The old process has to go, with all its streams.
                time.sleep(GRACE_S + 1)
                count = len(list(out.glob("*.jpg")))
            eventually("frames of the recorder", lambda: len(list(out.glob("*.jpg"))) > count + 10)
            if browser:
                goes_on(browser, shown(browser) or 0)
            times.append(f"{happens}: both went on {time.monotonic() - began:.1f} s later")
        recorder.send_signal(signal.SIGINT)
        summary = json.loads(recorder.communicate(timeout=30)[0])
    kept = {key: summary[key] for key in ("frames_written", "frames_damaged", "reconnects")}
    if browser:
        times.append(f"page over {protocol}")
    return judged(proxy.name, summary["reconnects"] == 2 and summary["frames_damaged"] <= 2 and (not browser or protocol == "h2"),
                  "; ".join(times), json.dumps(kept))


def check(mjpeg, url, *more):
    end = subprocess.run([mjpeg, "check", url, "--duration", "5s", "--format", "json", "--quiet", *more], capture_output=True, text=True)
    return {it["code"] for it in json.loads(end.stdout)["findings"]} & {"T405", "T406", "T407"}


def silent(proxy, source):
    """A camera that is stopped, and goes on."""
    with running(proxy.command, proxy.edge):
        answer = lambda: curl(*USER, proxy.stream("/snapshot"))[:3]
        times = []
        for number, expected in [(signal.SIGSTOP, "503"), (signal.SIGCONT, "200")]:
            began = time.monotonic()
            source.send_signal(number)
            try:
                eventually(expected, lambda: answer() == expected, 60)
            except TimeoutError:
                source.send_signal(signal.SIGCONT)
                return judged(proxy.name, False, f"silent camera: {answer()} instead of {expected}")
            times.append(f"{expected} {time.monotonic() - began:.0f} s later")
    return judged(proxy.name, True, f"silent camera: {times[0]}; it goes on: {times[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mjpeg")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--duration", type=int, default=5)
    options = parser.parse_args()
    mjpeg, good = options.mjpeg, []
    with open("/proc/loadavg") as file:
        print("load", file.read().split()[0])
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        certificates(folder)
        start = lambda command, port: stack.enter_context(running([str(word) for word in command], port))
        camera, root, relays = free_port(), free_port(), [free_port(), free_port()]
        url = lambda port: f"http://127.0.0.1:{port}/stream"
        source = start([mjpeg, "serve", "test:320x240", "--fps", "10", "--listen", camera], camera)
        start([mjpeg, "serve", url(camera), "--listen", root], root)
        leaves = [start([mjpeg, "serve", url(root), "--upstream", "always", "--listen", port], port) for port in relays]
        good.append(viewers(mjpeg, "relay", url(relays[0]), options))
        for kind in (Nginx, HAProxy):
            proxy = kind(folder, relays)
            good.append(judged(proxy.name, subprocess.run(proxy.check).returncode == 0, "accepts the configuration"))
            with running(proxy.command, proxy.edge):
                asked = lambda *user: curl("--http2", *user, proxy.stream("/snapshot"))
                answers = [asked(*USER), asked("--user", "viewer:wrong"), asked()]
                good.append(judged(proxy.name, answers[0] == "200 HTTP/2 image/jpeg" and all(it.startswith("401") for it in answers[1:]),
                                   "; ".join(answers)))
                good += [tls_viewers(proxy, url(camera), options, together) for together in (False, True)]
                good.append(viewers(mjpeg, proxy.name, url(proxy.plain), options))
                found = check(mjpeg, proxy.stream(), "--insecure", *USER)
                good.append(judged(proxy.name, not found, "check: collects nothing"))
            with contextlib.ExitStack() as inner:
                good.append(restarts(mjpeg, proxy, inner))
            for together in (False, True):
                subprocess.run(["rm", "-r", folder / f"viewers-{together}"], check=True)
        Nginx.buffers = True
        proxy = Nginx(folder, relays)
        with running(proxy.command, proxy.edge):
            found = [check(mjpeg, proxy.stream(), "--insecure", *USER), check(mjpeg, url(proxy.plain))]
            good.append(judged("nginx", all(found), "with buffering, check says", found[0], "over TLS and", found[1], "over plain HTTP"))
        Nginx.buffers = False
        good.append(silent(HAProxy(folder, relays), source))
        os.killpg(leaves[0].pid, signal.SIGTERM)
        leaves[0].wait()
        for kind in (Nginx, HAProxy):
            proxy = kind(folder, relays)
            with running(proxy.command, proxy.edge):
                # HAProxy asks each relay every 2 s, and three times before it leaves one out.
                time.sleep(8)
                good.append(viewers(mjpeg, f"{kind.name}, one relay ended", url(proxy.plain), options))
    print(f"{good.count(False)} of {len(good)} wrong")
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
