#!/usr/bin/env python3
"""How a stream that Chromium cannot decode ends there: by a crash of the tab, or without further pictures.

    benches/consumers/tab.py --streams fault:bytes-before-soi,baseline [--repeat 5] [--mjpeg target/release/mjpeg]

`img`: the stream is in an `<img>` of a page without any script. `reset`: the same, and the server resets the connection
at the end. `page`: the stream is the page. Chromium's DevTools protocol says that a tab has crashed, and by which signal.
"""

import argparse
import asyncio
import dataclasses
import fnmatch
import os
import signal
import sys
import tempfile
import time

import aiohttp

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "serve"))
import drivers  # noqa: E402

import streams
from pictures import pictures_of
from replay import Replay

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"]
# The tab is looked at until so long after the end of the stream. It must answer within the second time.
GRACE_S, ANSWER_S = 1.5, 10.0
# A stream that the browser does not ask for is given up.
LONGEST_S = 60
MODES = "img", "reset", "page"
# Whether the picture of the page could not be decoded.
IS_BROKEN = "(image => !!image && image.complete && !image.naturalWidth)(document.images[0])"


@dataclasses.dataclass
class Seen:
    """What became of a tab. Times are those of the wall clock."""

    crashed_at: float = 0.0
    signal: str = ""
    # When the picture could not be decoded.
    broken_at: float = 0.0


class Browser:
    """Chromium, through a WebSocket of the DevTools protocol."""

    def __init__(self, wire):
        self.wire, self.number, self.waiting, self.crashed = wire, 0, {}, {}

    async def listen(self):
        async for message in self.wire:
            message = message.json()
            if answer := self.waiting.pop(message.get("id"), None):
                if not answer.done():
                    answer.set_result(message)
            elif message.get("method") == "Target.targetCrashed":
                tab, code = message["params"]["targetId"], message["params"]["errorCode"]
                self.crashed[tab] = time.time(), signal.Signals(code).name if code else message["params"]["status"]

    async def ask(self, method, session=None, **parameters):
        self.number += 1
        answer = self.waiting[self.number] = asyncio.get_running_loop().create_future()
        message = {"id": self.number, "method": method, "params": parameters}
        await self.wire.send_json(message | ({"sessionId": session} if session else {}))
        answer = await asyncio.wait_for(answer, ANSWER_S)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    async def show(self, url, replay):
        """Opens a tab with this URL, and looks at it until the stream is over."""
        tab = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=tab, flatten=True))["sessionId"]
        opening = asyncio.ensure_future(self.ask("Page.navigate", session, url=url))
        began, broken_at = time.monotonic(), 0.0
        while tab not in self.crashed and not replay.is_over(GRACE_S) and time.monotonic() - began < LONGEST_S:
            if not broken_at:
                at = time.time()
                # A tab that crashes does not answer.
                asking = asyncio.ensure_future(self.ask("Runtime.evaluate", session, expression=IS_BROKEN))
                while not asking.done() and tab not in self.crashed:
                    await asyncio.sleep(0.01)
                if tab not in self.crashed and asking.result()["result"].get("value"):
                    broken_at = at
                asking.cancel()
            await asyncio.sleep(0.02)
        opening.cancel()
        seen = Seen(*self.crashed.get(tab, ()), broken_at=broken_at)
        if not seen.signal:
            # Only a tab that lives answers.
            await self.ask("Runtime.evaluate", session, expression="1")
        await self.ask("Target.closeTarget", targetId=tab)
        return seen


async def with_browser(run):
    """Calls `run` with a browser."""
    with tempfile.TemporaryDirectory(prefix="mjpeg-consumers-", ignore_cleanup_errors=True) as profile:
        command = ["chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        quiet = {"stdout": drivers.subprocess.DEVNULL, "stderr": drivers.subprocess.DEVNULL}
        with drivers.child(*command, **quiet):
            port, path = drivers.eventually("port of Chromium", lambda: active_port(profile))
            url = f"ws://127.0.0.1:{port}{path}"
            async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=0) as wire:
                browser = Browser(wire)
                listening = asyncio.ensure_future(browser.listen())
                await browser.ask("Target.setDiscoverTargets", discover=True)
                print("#", (await browser.ask("Browser.getVersion"))["product"], flush=True)
                await run(browser)
                listening.cancel()


def active_port(profile):
    try:
        with open(os.path.join(profile, "DevToolsActivePort"), encoding="utf-8") as file:
            lines = file.read().split("\n")
    except OSError:
        return None
    return lines if len(lines) == 2 else None


def said(seen, pictures, replay):
    """What was seen, with the same words for equal outcomes, and the number of the last picture that had been sent when
    the picture was broken."""
    main = max(replay.connections, key=lambda one: len(one.sent), default=None)
    if main is None:
        return "the browser did not ask for the stream", 0
    number = 0
    words = ["left before the end"] if main.was_left and not seen.signal else []
    if seen.signal:
        is_end = main.ended and seen.crashed_at > main.ended - 0.05
        words.append(f"crashes ({seen.signal}) {'at' if is_end else 'before'} the end of the stream")
    else:
        words.append("lives")
    if seen.broken_at:
        sent = sum(at <= seen.broken_at for at in main.sent)
        words.append("shows nothing once picture # has been sent")
        number = max(1, sum(one.send < sent for one in pictures))
    return ", ".join(words), number


async def measure(browser, stream, pictures, mode):
    with Replay(dataclasses.replace(stream, is_reset=mode == "reset")) as replay:
        seen = await browser.show(replay.url if mode == "page" else replay.img, replay)
        return said(seen, pictures, replay)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mjpeg", default=os.path.join(streams.ROOT, "target", "release", "mjpeg"))
    parser.add_argument("--streams", required=True, help="names or patterns, with commas; those of faults begin with fault:")
    parser.add_argument("--modes", default=",".join(MODES), help="img,reset,page")
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    # The browser is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    loads = {"fault:" + fault["name"]: lambda fault=fault: streams.of_fault(args.mjpeg, fault)
             for fault in streams.faults(args.mjpeg)}
    loads |= {name: lambda name=name: streams.of_recipe(name) for name in streams.recipes()}
    patterns = args.streams.split(",")
    chosen = [name for name in loads if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]

    async def run(browser):
        for name in chosen:
            stream = loads[name]()
            pictures = pictures_of(stream)
            for mode in args.modes.split(","):
                found = [await measure(browser, stream, pictures, mode) for _ in range(args.repeat)]
                for words in sorted({words for words, _ in found}):
                    numbers = sorted(number for other, number in found if other == words)
                    span = f"{numbers[0]}" if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"
                    print(f"{name:28} {mode:5} {len(numbers)} of {args.repeat} {words.replace('#', span)}", flush=True)

    asyncio.run(with_browser(run))


if __name__ == "__main__":
    main()
