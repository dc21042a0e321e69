"""What `mjpeg check` predicts for a stream."""

import json
import os
import re
import subprocess
import tempfile
import threading

from replay import Replay


class Predictions:
    def __init__(self, mjpeg, path, resume):
        self.mjpeg, self.path, self.lock, self.found = mjpeg, path, threading.Lock(), {}
        self.empty = {}
        if path and resume and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.found = {line["stream"]: line["consumers"] for line in map(json.loads, file)}
        elif path:
            open(path, "w", encoding="utf-8").close()

    def of(self, stream):
        """The fates by the consumer's name. `check` reads the stream from the same server as the consumers."""
        if stream.name in self.found:
            return self.found[stream.name]
        seconds = stream.ended_ms / 1000 + 3
        command = [self.mjpeg, "check", "--deep", "--duration", f"{seconds:.1f}s", "--format", "json"]
        with Replay(stream) as replay:
            done = subprocess.run([*command, replay.url], capture_output=True, text=True, check=False, timeout=120)
        report = json.loads(done.stdout)
        # There is no forecast for a response that is no stream.
        fates = report.get("consumers") or {}
        line = {"stream": stream.name, "verdict": report.get("verdict"), "consumers": fates,
                "decided_by": report.get("consumers_decided_by")}
        with self.lock:
            self.found[stream.name] = fates
            if self.path:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
        return fates

    def holes(self, stream, pictures):
        """How many parts claim to be an image and hold no picture, so that a viewer loses a frame there."""
        if stream.name not in self.empty:
            with tempfile.NamedTemporaryFile(prefix="mjpeg-consumers-") as file:
                file.write(stream.raw)
                file.flush()
                command = [self.mjpeg, "inspect", file.name, "--format", "json"]
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            parts = [json.loads(line) for line in done.stdout.splitlines()]
            is_image = lambda part: any(
                name.lower() == "content-type" and re.match(r"(?i)\s*image/", value) for name, value in part["fields"]
            )
            parts = [part for part in parts if "part" in part]
            self.empty[stream.name] = max(0, sum(map(is_image, parts)) - len(pictures))
        return self.empty[stream.name]
