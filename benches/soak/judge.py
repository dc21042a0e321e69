"""Whether recordings are true: every listed file is whole, every frame is the one that its coded strip names, and none is missing,
damaged, repeated or late without a cause."""
import dataclasses
import datetime
import hashlib
import json

# A picture that came so late shows that the machine did not run: a relay sends the newest frame then, and skips the others.
LATE_MS = 250
# A busy machine excuses so many missing frames at a time, and nothing else.
MOST_BUSY = 10
# A relay sends its newest frame again when nothing has come for 1 s.
REPEATS_S = 0.9
# Without a cause, nothing is silent for so long, also not at the start and at the end.
LONGEST_PAUSE_S = 2
# So long after an event, its traces may be seen.
EXCUSED_S = 4
# Whose frames an event can touch. What happens behind a recorder is no excuse for it.
TOUCHES = {
    "restart_source": {"direct", "relayed", "killed", "out"},
    "stop_source": {"direct", "relayed", "killed", "out"},
    "restart_relay": {"relayed", "killed"},
    "stop_relay": {"relayed", "killed"},
    "kill_recorder": {"killed"},
}


@dataclasses.dataclass
class Frame:
    time: float
    late: bool
    # The source and the number of the strip. None: the frame is damaged.
    identity: tuple | None
    digest: str


class Excuses:
    """The times in which a recording may differ from its source: at events, and while the machine was busy."""

    def __init__(self, name, events, starved):
        self.events = [(began - 1, ended + EXCUSED_S) for event, began, ended in events if name in TOUCHES[event]]
        self.starved = starved

    def of(self, first, last):
        """What excuses something between these times."""
        for kind, spans in [("event", self.events), ("busy", self.starved)]:
            if any(began <= last and first <= ended for began, ended in spans):
                return kind
        return None

    def share(self, began, ended):
        """The part of the time in which there is no excuse."""
        steps = 1000
        free = sum(not self.of(it, it) for it in (began + (ended - began) * n / steps for n in range(steps)))
        return free / steps


def lines(folder):
    """The lines of a manifest. A line that is cut, also the last one, is an error."""
    with open(folder / "manifest.jsonl", "rb") as file:
        return [json.loads(line) for line in file]


def recording(folder, wrong):
    """The frames of a recording in the order of their arrival, and its files that no line lists."""
    frames, listed = [], set()
    for line in lines(folder):
        name = line.get("file")
        if name is None:
            continue
        listed.add(name)
        path = folder / name
        if not path.is_file():
            wrong.append(f"{folder.name}: {name} is listed and does not exist")
            continue
        body = path.read_bytes()
        if len(body) != line["body_bytes"]:
            wrong.append(f"{folder.name}: {name} has {len(body)} bytes, its line says {line['body_bytes']}")
        strip, identity = line.get("strip"), None
        if "damaged" not in name:
            if not (body.startswith(b"\xff\xd8") and body.endswith(b"\xff\xd9")):
                wrong.append(f"{folder.name}: {name} is not a whole picture")
            if strip is None:
                wrong.append(f"{folder.name}: {name} has no readable strip")
                continue
            identity = (strip["source"], strip["number"])
        time = datetime.datetime.fromisoformat(line["time"]).timestamp()
        late = bool(strip) and strip.get("age_ms", 0) > LATE_MS
        frames.append(Frame(time, late, identity, hashlib.sha256(body).hexdigest()))
    return frames, [path.name for path in folder.glob("*.jpg") if path.name not in listed]


class Row:
    """A recording against what was sent. `faulty`: its camera damages pictures. `laps`: its source begins again at 1 behind so many."""

    def __init__(self, name, frames, excuses, faulty=False, laps=None):
        self.name, self.frames, self.excuses, self.faulty, self.laps = name, frames, excuses, faulty, laps
        self.good = sum(frame.identity is not None for frame in frames)
        self.damaged = len(frames) - self.good
        self.repeated = 0
        self.missing = {"event": 0, "busy": 0, None: 0}
        self.wrong = []

    def complain(self, text):
        self.wrong.append(f"{self.name}: {text}")

    def excuse(self, first, last):
        # The strips of the laps are older than the run, so their age says nothing.
        late = (first.late or last.late) and self.laps is None
        return self.excuses.of(first.time, last.time) or ("busy" if late else None)

    def judge(self, began, ended):
        self.pauses(began, ended)
        before, damaged = None, 0
        for n, frame in enumerate(self.frames):
            if frame.identity is None:
                damaged += 1
                beside = self.frames[min(n + 1, len(self.frames) - 1)]
                if not self.faulty and self.excuse(before or frame, beside) != "event":
                    self.complain(f"the frame behind {before and before.identity} is damaged")
                continue
            if before:
                self.step(before, frame, damaged)
            before, damaged = frame, 0

    def step(self, before, frame, damaged):
        excuse = self.excuse(before, frame)
        if frame.identity == before.identity and frame.digest == before.digest:
            # A server repeats its newest frame for new viewers, and when no other one comes.
            self.repeated += 1
            is_pause = excuse and frame.time - before.time > REPEATS_S
            if excuse != "event" and not is_pause:
                self.complain(f"frame {frame.identity} came twice")
            return
        if frame.identity[0] != before.identity[0]:
            if excuse != "event":
                self.complain(f"another source behind frame {before.identity}")
            return
        gap = frame.identity[1] - before.identity[1] - 1
        if self.laps is not None:
            gap %= self.laps
            if gap > self.laps // 2:
                gap -= self.laps
        if gap < 0:
            self.complain(f"frame {frame.identity} came behind {before.identity}")
            return
        if excuse == "busy" and gap > MOST_BUSY:
            excuse = None
        self.missing[excuse] += gap
        # A camera that resets sends nothing until it is asked again.
        if gap and not excuse and not (self.faulty and damaged and gap <= damaged + 10):
            self.complain(f"{gap} frames are missing behind {before.identity}")

    def pauses(self, began, ended):
        """A recorder that is silent loses frames too, also when no other frame follows."""
        times = [began, *(frame.time for frame in self.frames), ended]
        for first, last in zip(times, times[1:]):
            if last - first > LONGEST_PAUSE_S and not self.excuses.of(first, last):
                self.complain(f"nothing came for {last - first:.1f} s, {first - began:.0f} s behind the start")

    def __str__(self):
        event, busy, other = self.missing.values()
        return f"| {self.name} | {self.good} | {self.damaged} | {self.repeated} | {event} | {busy} | {other} |"


def recordings(soak, began, ended):
    """Prints a row for each recording. Returns what is wrong."""
    folder, wrong, known, rows = soak.folder, [], {}, []
    fleet = folder / "fleet"
    places = [(folder / name, {}) for name in ["direct", "relayed", "killed"]]
    places += [(folder / "laps", {"laps": len(soak.originals)})]
    places += [(fleet / "sound", {}), (fleet / "length", {}), (fleet / "cut", {"faulty": True}), (fleet / "reset", {"faulty": True})]
    places += [(soak.disk / "out", {})] if soak.disk else []
    print("\n| recording | good frames | damaged | repeated | missing at events | machine busy | otherwise | time without excuse | files without a line |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for place, options in places:
        frames, unlisted = recording(place, wrong)
        excuses = Excuses(place.name, soak.events, soak.starved)
        row = Row(place.name, frames, excuses, **options)
        # The full disk ends its recording.
        last = frames[-1].time if place.name == "out" and frames else ended
        row.judge(began, last)
        wrong += row.wrong
        if row.faulty and row.damaged == 0:
            wrong.append(f"{place.name}: the fault of the camera is not seen")
        for frame in frames:
            if frame.identity is None:
                continue
            if row.laps is not None:
                right = soak.originals.get(frame.identity[1])
            else:
                right = known.setdefault((place.parent == fleet, *frame.identity), frame.digest)
            if right != frame.digest:
                wrong.append(f"{place.name}: frame {frame.identity} has other bytes than {'its file' if row.laps else 'another recorder received'}")
        if unlisted:
            wrong.append(f"{place.name}: files without a line: {unlisted[:5]}")
        print(f"{row} {excuses.share(began, last) * 100:.0f} % | {len(unlisted)} |")
    return wrong, known


def viewers(seen, known, soak):
    """The frames that slow viewers received: each is one that a recorder has, or one of the files. Of a source that has just started,
    a viewer may have frames that came before the recorders."""
    right = {*known.values(), *soak.originals.values()}
    excuses = Excuses("direct", soak.events, soak.starved)
    false = sum(digest not in right and not excuses.of(made, made) for digest, made in seen)
    print(f"\nframes of slow viewers: {len(seen)}, not known: {false}")
    return [f"{false} frames of slow viewers are no frames of a source"] if false else []


def monitor(log, was_starved):
    """What the monitor said of the farm. Returns what is wrong: it must have found the faulty cameras, and no other one. On a
    busy machine the sound camera is late too."""
    bad = {}
    with open(log) as file:
        for change in map(json.loads, file):
            if change["to"] == "bad":
                bad.setdefault(change["name"], set()).update(finding["code"] for finding in change["findings"])
    for name, codes in bad.items():
        print(f"monitor: {name} was bad: {', '.join(sorted(codes)) or 'no stream'}")
    expected = {"cut": "J302", "length": "M203"}
    wrong = [f"the monitor did not name {code} of {name}" for name, code in expected.items() if code not in bad.get(name, ())]
    if "reset" not in bad:
        wrong.append("the monitor did not name reset")
    return wrong + (["the monitor blames the sound camera"] if "sound" in bad and not was_starved else [])
