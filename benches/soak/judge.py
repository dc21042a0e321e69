"""Whether recordings are true: every listed file is whole, every frame is the one that its coded strip names, none is missing without a cause."""
import hashlib
import json

# A picture that came so late shows that the machine did not run: a relay sends the newest frame then, and skips the others.
LATE_MS = 250


def lines(folder):
    """The lines of a manifest. A line that is cut, also the last one, is an error."""
    with open(folder / "manifest.jsonl", "rb") as file:
        return [json.loads(line) for line in file]


def recording(folder, wrong):
    """The frames of a recording: (source, number) -> (hash, time in seconds, whether it was late), and how many were damaged and
    repeated. The damaged ones have no identity. A server repeats its newest frame for new viewers, and when no other one comes."""
    frames, damaged, repeated, before = {}, 0, 0, None
    listed = set()
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
        if "damaged" in name:
            damaged += 1
            continue
        if not (body.startswith(b"\xff\xd8") and body.endswith(b"\xff\xd9")):
            wrong.append(f"{folder.name}: {name} is not a whole picture")
        strip = line.get("strip")
        if strip is None:
            wrong.append(f"{folder.name}: {name} has no readable strip")
            continue
        identity = (strip["source"], strip["number"])
        digest = hashlib.sha256(body).hexdigest()
        if identity == before and frames[identity][0] == digest:
            repeated += 1
            continue
        if before and before[0] == identity[0] and identity[1] <= before[1]:
            wrong.append(f"{folder.name}: {name} is frame {identity[1]}, behind {before[1]}")
        before = identity
        frames[identity] = (digest, strip["time_us"] / 1e6, strip.get("age_ms", 0) > LATE_MS)
    unlisted = [path.name for path in folder.glob("*.jpg") if path.name not in listed]
    return frames, damaged, repeated, unlisted


def missing(frames, events, starved):
    """The frames that are missing between two of one source: at events, while the machine was busy, and otherwise."""
    excused = late = unexcused = 0
    ordered = sorted(frames)
    for (source, number), (following, next_number) in zip(ordered, ordered[1:]):
        gap = next_number - number - 1
        if source != following or gap <= 0:
            continue
        (_, first, was_late), (_, last, is_late) = frames[(source, number)], frames[(following, next_number)]
        if any(began - 1 <= last and first <= ended for _, began, ended in events):
            excused += gap
        elif was_late or is_late or any(began <= last and first <= ended for _, began, ended in starved):
            late += gap
        else:
            unexcused += gap
    return excused, late, unexcused


def recordings(folder, events, starved, fps, full):
    """Prints a row for each recording. Returns what is wrong."""
    wrong, known = [], {}
    print("\n| recording | good frames | damaged | repeated | missing at events | machine busy | otherwise | files without a line |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    places = [(folder / name, events) for name in ["direct", "relayed", "killed"]]
    # Nothing happens to the farm, but for its own faults.
    places += [(folder / "fleet" / name, None) for name in ["sound", "cut", "reset", "length"]]
    places += [(full, events)] if full else []
    for place, excuses in places:
        frames, damaged, repeated, unlisted = recording(place, wrong)
        if len(frames) < fps * 5 and place != full:
            wrong.append(f"{place.name}: only {len(frames)} frames")
        for identity, (digest, *_) in frames.items():
            if known.setdefault((excuses is None, *identity), digest) != digest:
                wrong.append(f"{place.name}: frame {identity} is not what another recorder received")
        excused, late, unexcused = missing(frames, excuses or [], starved)
        # Between two connections of the camera that resets, frames pass.
        if unexcused > damaged and place.name != "reset":
            wrong.append(f"{place.name}: {unexcused} frames are missing without an event")
        # A recorder that is killed leaves one file at most for each kill, and the next run removes or lists it.
        if len(unlisted) > 1:
            wrong.append(f"{place.name}: files without a line: {unlisted[:5]}")
        print(f"| {place.name} | {len(frames)} | {damaged} | {repeated} | {excused} | {late} | {unexcused} | {len(unlisted)} |")
    return wrong


def monitor(log, was_starved):
    """What the monitor said of the farm. Returns what is wrong: it must have found the faulty cameras, and no other one. On a
    busy machine the sound camera is late too."""
    bad = {}
    with open(log) as file:
        for change in (json.loads(line) for line in file if line.startswith("{")):
            if change["to"] == "bad":
                bad.setdefault(change["name"], set()).update(finding["code"] for finding in change["findings"])
    for name, codes in bad.items():
        print(f"monitor: {name} was bad: {', '.join(sorted(codes)) or 'no stream'}")
    expected = {"cut": "J302", "length": "M203"}
    wrong = [f"the monitor did not name {code} of {name}" for name, code in expected.items() if code not in bad.get(name, ())]
    return wrong + (["the monitor blames the sound camera"] if "sound" in bad and not was_starved else [])
