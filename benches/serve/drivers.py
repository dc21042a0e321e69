"""Headless Chromium and Firefox: opens pages and runs scripts in them."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time


def descendants(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found + [one for child in found for one in descendants(child)]


@contextlib.contextmanager
def child(*command, **more):
    """A program that is ended with all its children. Ctrl-C reaches only this script."""
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, **more)
    try:
        yield process
    finally:
        family = descendants(process.pid)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        for pid in [process.pid, *family]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def eventually(what, look, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise TimeoutError(f"no {what} after {seconds} s")


class Chromium:
    """Driven by chromedriver: JSON over HTTP."""

    name = "chromium"

    @staticmethod
    def installed():
        return shutil.which("chromium") and shutil.which("chromedriver")

    @classmethod
    @contextlib.contextmanager
    def start(cls, profile, insecure=False):
        flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking"]
        flags += ["disable-component-update", "disable-sync", "no-first-run", "hide-scrollbars"]
        flags += [f"user-data-dir={profile}"]
        options = {"binary": shutil.which("chromium"), "args": flags}
        with child("chromedriver", "--port=0", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as driver:
            ports = (re.search(r"successfully on port (\d+)", line) for line in driver.stdout)
            browser = cls()
            browser.port = int(next(filter(None, ports))[1])
            answer = browser.ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "acceptInsecureCerts": insecure}}})
            browser.session = "/session/" + answer["sessionId"]
            browser.version = answer["capabilities"]["browserVersion"]
            try:
                yield browser
            finally:
                # Chromium keeps running after its driver unless the session is deleted.
                with contextlib.suppress(OSError, http.client.HTTPException, RuntimeError):
                    browser.ask("DELETE", browser.session)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body or {}))
            value = json.load(connection.getresponse())["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{path}: {value['message']}")
        return value

    def open(self, url):
        self.ask("POST", self.session + "/url", {"url": url})

    def script(self, body):
        return self.ask("POST", self.session + "/execute/sync", {"script": body, "args": []})


class Firefox:
    """Driven by Marionette: length-prefixed JSON."""

    name = "firefox"

    # No requests to other machines, and clocks with full precision.
    PREFERENCES = {
        "marionette.port": 0,
        "privacy.reduceTimerPrecision": False,
        "privacy.resistFingerprinting": False,
        "app.update.enabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "browser.startup.page": 0,
        "datareporting.policy.dataSubmissionEnabled": False,
        "extensions.update.enabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "services.settings.server": "http://127.0.0.1:1/",
        "toolkit.telemetry.enabled": False,
    }

    @staticmethod
    def installed():
        return shutil.which("firefox-esr")

    @classmethod
    @contextlib.contextmanager
    def start(cls, profile):
        with open(os.path.join(profile, "user.js"), "w") as file:
            for name, value in cls.PREFERENCES.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        command = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with child(*command, env={**os.environ, "HOME": profile}, **quiet):
            port = eventually("port of Firefox", lambda: cls.port(profile))
            with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
                browser = cls()
                browser.wire, browser.number = wire.makefile("rwb"), 0
                browser.receive()
                session = browser.ask("WebDriver:NewSession")
                browser.version = session["capabilities"]["browserVersion"]
                yield browser

    @staticmethod
    def port(profile):
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(profile, "MarionetteActivePort")) as file:
                return int(file.read())

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.wire.read(1)
            if not byte:
                raise ConnectionError("Firefox has closed the connection")
            length += byte
        return json.loads(self.wire.read(int(length[:-1])))

    def ask(self, name, **parameters):
        self.number += 1
        command = json.dumps([0, self.number, name, parameters]).encode()
        self.wire.write(b"%d:%s" % (len(command), command))
        self.wire.flush()
        _, _, error, answer = self.receive()
        if error:
            raise RuntimeError(f"{name}: {error['message']}")
        return answer

    def open(self, url):
        self.ask("WebDriver:Navigate", url=url)

    def script(self, body):
        return self.ask("WebDriver:ExecuteScript", script=body, args=[], newSandbox=False)["value"]
