"""The pictures that are really in a stream, and small copies of them to compare with what a consumer shows."""

import contextlib
import dataclasses
import re

import cv2
import numpy

# All pictures are compared in this size, in grey.
WIDE, HIGH = 16, 12
# Bytes of a large picture.
LARGE = 4000
# Two pixels with at most this difference of grey levels are equal.
EQUAL = 16


@dataclasses.dataclass
class Picture:
    data: bytes
    # The number of the send that has its last byte, or should have had it.
    send: int
    # Ms since the request.
    at: float
    # 16x12 grey pixels, or None if OpenCV cannot decode it.
    grey: object
    # It has no EOI, and much less bytes than the others.
    is_truncated: bool
    # So many of the small copy's pixels must be equal. In a picture of few pixels a few bytes are many of them.
    same: float


def pictures_of(stream):
    """The pictures that are really in the stream."""
    ends, total = [], 0
    for _, data in stream.sends:
        total += len(data)
        ends.append(total)
    raw = stream.raw
    # The first head is the head of the response, whatever its line ends.
    start = re.search(rb"\r?\n\r?\n", raw)
    head, start = (raw[: start.end()], start.end()) if start else (raw, len(raw))
    body, places = without_chunks(head, raw, start)
    found, at = [], 0
    while (at := start_in(body, at)) >= 0:
        end, is_whole, has_scan = picture_end(body, at)
        if not has_scan:
            at += 2
            continue
        after = start_in(body, at + 2)
        if not is_whole:
            end = after if after > 0 else len(body)
            delimiter = body.find(b"\n--", at, end)
            # The line end before a delimiter belongs to the delimiter.
            end = at + len(body[at : delimiter if delimiter > 0 else end].rstrip(b"\r" if delimiter > 0 else b"\r\n"))
        found.append((at, end, is_whole))
        at = max(end, at + 2)
    of_byte = lambda at: next(i for i, total in enumerate(ends) if at < total)
    usual = sorted(end - at for at, end, _ in found)[len(found) // 2] if found else 0
    out, same = [], 0.8 if usual > LARGE else 0.65
    same = 0.9 if stream.undamaged else same
    for i, (at, end, is_whole) in enumerate(found):
        # A part may hold another picture behind the first one, as the first one says.
        if out and out[-1].data.find(b"MPF\0") > 0 and body.startswith(out[-1].data, at - len(out[-1].data)):
            continue
        send = of_byte(places(end - 1))
        # The end that comes only with the next picture was held back: the picture was due when the bytes before came.
        after = of_byte(places(found[i + 1][0])) if i + 1 < len(found) else len(ends)
        if send == after and of_byte(places(at)) < send:
            send -= 1
        data = body[at:end]
        out.append(Picture(data, send, stream.sends[send][0], small(data), not is_whole and 10 * len(data) < 9 * usual, same))
        known = [grey for grey in stream.undamaged if out[-1].grey is not None and alike(grey, out[-1].grey) > 0.3]
        if known:
            out[-1].grey = max(known, key=lambda grey: alike(grey, out[-1].grey))
    return out


def alike(one, other):
    """The share of equal pixels."""
    return float((numpy.abs(one - other) <= EQUAL).mean())


def without_chunks(head, raw, start):
    """The body, and a function from its offsets to those of `raw`."""
    plain = raw[start:], lambda at: at + start
    if not re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        return plain
    body, runs, at = b"", [], start
    while at < len(raw):
        line = re.compile(rb"([0-9a-fA-F]+)[^\n]*\n").match(raw, at)
        if not line:
            return plain
        size = int(line[1], 16)
        if size == 0:
            break
        runs.append((len(body), line.end()))
        body += raw[line.end() : line.end() + size]
        at = line.end() + size + 2
    return body, lambda at: next(place + at - first for first, place in reversed(runs) if first <= at)


# SOI before a marker, or as the first bytes of a part.
START = re.compile(rb"\xff\xd8(?:(?=\xff)|(?<=\n\r\n\xff\xd8))")


def start_in(data, at):
    """The next start of a picture, or -1."""
    found = START.search(data, at)
    return found.start() if found else -1


def picture_end(data, start):
    """The end of the picture, whether it has an EOI, and whether it has a scan."""
    at, has_scan = start + 2, False
    while at + 2 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0, 0xFF):
            # Decoders skip what is no marker.
            if has_scan or at > start + 65_536:
                break
            at += 1
            continue
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2, True, has_scan
        if marker == 0xD8 and at > start + 2:
            break
        if marker in (0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
        if marker == 0xDA:
            has_scan = True
            at = entropy_end(data, at)
    return min(at, len(data)), False, has_scan


def entropy_end(data, at):
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 >= len(data):
            break
        if data[at + 1] not in (0, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    return len(data)


# Other bytes behind SOI, and segments that libjpeg refuses: reserved ones, and those of arithmetic coding.
BEHIND_SOI = re.compile(rb"^\xff\xd8[^\xff]+")
REFUSED = re.compile(rb"\xff[\xc8\xcc\xf0-\xfd]\0.[^\xff]*(?=\xff)", re.DOTALL)


def small(jpeg):
    """The picture in a small size, or None."""
    grey = None
    plain = REFUSED.sub(b"", BEHIND_SOI.sub(b"\xff\xd8", jpeg))
    # This decoder fails without EOI, with two SOI and with these bytes, unlike others.
    for data in jpeg, jpeg + b"\xff\xd9", jpeg[2:], plain:
        with contextlib.suppress(cv2.error):
            grey = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE) if grey is None else grey
    return None if grey is None else cv2.resize(grey, (WIDE, HIGH), interpolation=cv2.INTER_AREA).astype(int)
