"""What became of a stream in a consumer, by the pictures that it showed and when.

The rules are those of the table in `fixtures/consumers` (src/consumers/counting.rs):

o  on time   l  late: shown with the next picture   p  plays, the delay is not known   L  loses or damages pictures
D  shows some, then stops   N  shows nothing   C  crashes   .  not measurable
"""

import dataclasses
import statistics

import numpy

from pictures import HIGH, WIDE, alike

# If fewer pixels than this are equal, it is another picture.
DAMAGED = 0.3
# A viewer of pixels sees no change below this mean difference.
CHANGE = 4
# A delay that is late whatever the rate, and one that never is.
LATE_MS, WORK_MS = 200, 60
# Of pictures that come together a viewer of pixels sees the last one.
TOGETHER_MS = 60
# What waits until the close is shown at once; pictures that are missing there are not lost by the reader.
BURST_MS = 120
# A clock of a browser has whole milliseconds.
SKEW_MS = 15
# What is shown later than this after the end comes from a new connection.
AFTER_MS = 2500


@dataclasses.dataclass
class Outcome:
    code: str
    # Pictures in the stream, and those of them that were shown, by number.
    pictures: int
    shown: list
    lag_ms: object
    note: str = ""

    def evidence(self, seen):
        out = {"outcome": self.code, "pictures": self.pictures, "shown": self.shown, "lag_ms": self.lag_ms}
        out |= {"exit": seen.exit, "error": seen.error, "note": self.note}
        return {key: value for key, value in out.items() if value not in (None, "")}


def outcome(stream, pictures, holes, replay, seen, sees_changes):
    """`holes`: parts that were meant to be pictures and are none. `sees_changes`: equal pictures in a row are one."""
    total = len(pictures)
    if seen.has_crashed:
        return Outcome("C", total, [], None)
    connections = list(replay.connections)
    if not connections:
        return Outcome(".", total, [], None, "it did not connect")
    if not pictures:
        return Outcome("N", total, [], None)
    # A program may connect several times. The connection counts whose pictures it showed.
    ends = [one.began for one in connections[1:]] + [float("inf")]
    tries = [(one, *matched(stream, pictures, one, end, seen)) for one, end in zip(connections, ends)]
    main, first, junk = max(tries, key=lambda one: (len(one[1]), len(one[0].sent)))
    if sees_changes:
        visible = changes(pictures)
        first = {n: first[i] for n, i in enumerate(visible) if i in first}
        pictures = [pictures[i] for i in visible]
    found = judged(pictures, holes, main, seen, first, junk, total, sees_changes)
    if stream.is_heavy:
        # What waited behind the large picture is shown at once.
        found.code = "." if sees_changes and found.code in "LD" else found.code.replace("o", "p").replace("l", "p")
    return found


def matched(stream, pictures, connection, end, seen):
    """When each picture was shown and whether it was sound, by its number, and how much else was shown."""
    first, junk, last_index = {}, 0, -1
    for at, kind, data in sorted(seen.shown):
        after = 1000 * (at - connection.ended) if connection.ended else 0
        if not connection.began - 0.05 <= at < end or after > AFTER_MS and not stream.is_heavy:
            continue
        identify = by_pixels if kind == "grey" else by_bytes
        index, is_sound = identify(data, pictures, last_index, lambda i: due(pictures[i], connection), at)
        if index is None:
            junk += 1
            continue
        last_index = max(last_index, index)
        sent = due(pictures[index], connection)
        lag = max(1000 * (at - sent), 0.0) if sent else 0.0
        # A picture that is painted in pieces is shown when it is whole.
        if index not in first or is_sound and not first[index][1]:
            first[index] = (lag, is_sound, at)
    return first, junk


def judged(pictures, holes, main, seen, first, junk, total, sees_changes):
    shown = sorted(first)
    if not shown:
        return Outcome("L" if junk else "N", total, [], None, f"{junk} damaged" if junk else "")
    lags = [first[i][0] for i in shown if 0 < i < len(pictures) - 1] or [first[i][0] for i in shown]
    lag = round(statistics.median(lags))
    limit = late_limit(pictures)
    is_late = 2 * sum(one > limit for one in lags) > len(lags)
    last = shown[-1]
    tail, has_hole = len(pictures) - 1 - last, len(shown) < last + 1
    if sees_changes:
        pairs = zip(shown, shown[1:])
        has_hole = shown[0] > 0 or any(
            then > now + 1 and 1000 * (first[then][2] - first[now][2]) > BURST_MS * (then - now) for now, then in pairs
        )
        if tail == 2 and main.ended and first[last][2] > main.ended - 0.05:
            tail = 1
    # A library delivers what it gets. A part that is no picture is lost only where pictures are shown.
    decodes = any(kind == "grey" for _, kind, _ in seen.shown)
    loses = has_hole or decodes and holes or any(not one[1] for one in first.values())
    # Only a program that leaves before the end has died.
    has_died = main.was_left
    few = tail > 0 and not is_late and len(shown) <= 3
    result = lambda code: Outcome(code, total, [i + 1 for i in shown], lag, f"{junk} damaged" if junk else "")
    if tail > 1 and not (has_hole and not main.was_left) or few or has_died and tail > 0 and not is_late and not loses:
        return result("D")
    if loses:
        return result("L")
    if len(pictures) == 1:
        return result("p")
    return result("l" if is_late else "o")


def late_limit(pictures):
    gaps = sorted(then.at - now.at for now, then in zip(pictures, pictures[1:]))
    gap = gaps[len(gaps) // 2] if gaps else 2 * LATE_MS
    return min(max(gap / 2, WORK_MS), LATE_MS)


def due(picture, connection):
    """When the last byte of the picture was sent; None if it was not."""
    return connection.sent[picture.send] if picture.send < len(connection.sent) else None


def changes(pictures):
    """The numbers of the pictures that can be seen by a viewer of pixels: they stay for a while, and differ from the one
    before."""
    out, last = [], None
    for i, picture in enumerate(pictures):
        if i + 1 < len(pictures) and pictures[i + 1].at - picture.at <= TOGETHER_MS:
            continue
        if last is None or picture.grey is None or difference(picture.grey, last) > CHANGE:
            out.append(i)
            last = picture.grey
    return out


def difference(one, other):
    return float(numpy.abs(one - other).mean())


def by_pixels(data, pictures, last_index, when, at):
    """The number of the picture and whether it is undamaged. Of equal ones it is the next that was sent."""
    grey = numpy.frombuffer(data, numpy.uint8).reshape(HIGH, WIDE).astype(int)
    likeness = [0.0 if one.grey is None else alike(one.grey, grey) for one in pictures]
    best = max(likeness)
    if best < DAMAGED:
        return None, False
    nearest = min(difference(pictures[i].grey, grey) for i, one in enumerate(likeness) if one == best)
    equal = [i for i, one in enumerate(likeness)
             if one >= best - 0.05 and difference(pictures[i].grey, grey) <= nearest + 1]
    sent = [i for i in equal if when(i) and when(i) <= at + SKEW_MS / 1000] or equal
    index = next((i for i in sent if i > last_index), sent[-1])
    # Half a picture counts as lost, whatever is shown of it.
    return index, best >= pictures[index].same and not pictures[index].is_truncated


def by_bytes(data, pictures, last_index, when, at):
    """The same for bytes, as src/consumers/counting.rs identifies a delivery."""
    start = data.find(b"\xff\xd8")
    if start < 0:
        return None, False
    body = data[start:]
    whole = [i for i, one in enumerate(pictures) if body.startswith(one.data)]
    if whole:
        sent = [i for i in whole if when(i) and when(i) <= at + SKEW_MS / 1000] or whole
        return next((i for i in sent if i > last_index), sent[-1]), start == 0
    cut = [i for i, one in enumerate(pictures) if one.data.startswith(body) and 100 * len(body) >= 95 * len(one.data)]
    return (cut[0], False) if cut else (None, False)
