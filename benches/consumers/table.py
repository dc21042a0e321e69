"""The table: a row for each stream, a column for each consumer, a letter for each cell."""

import collections
import os
import re

LETTERS = """\
# o  on time: each frame within 200 ms of its last byte      L  loses frames, or shows damaged ones
# l  late: the newest frame is shown with the next one       D  dies: shows some, then stops
# p  plays; whether on time was not noted                    b  shows parts of it; loses or dies
# .  not measured                                            N  shows nothing
#                                                            C  crashes
"""

FATES = {
    "o": ["on_time"], "l": ["late"], "p": ["on_time", "late", "plays"], "L": ["loses"], "D": ["dies"],
    "b": ["loses", "dies"], "N": ["nothing"], "C": ["crashes"], "B": ["changes_bytes"],
}  # fmt: skip


def agrees(letter, fate):
    """Whether a cell is as predicted. There is nothing to compare without one of the two."""
    return letter == "." or fate is None or fate in FATES[letter]


HEAD = """\
# What consumers did with streams, each served over loopback by benches/consumers/run.py. The streams are those of
# fixtures/recipes/deviations, and `fault:NAME`: what `mjpeg serve --fault EXAMPLE` sends, with the example of --list-faults.
"""
REPEATED = "# Several measurements, with different outcomes (the most frequent one is in the table):\n"
VERSION = re.compile(r"# (\w+) +(.+), (\d{4}-\d\d-\d\d)\n")
OUTCOMES = re.compile(r"# (\S+) (\w+) (\S+)\n")


class Table:
    def __init__(self):
        # The letters, by stream and consumer.
        self.rows = {}
        # By consumer: its version, and the date of the measurement.
        self.versions = {}
        # By stream and consumer: all outcomes of a cell whose measurements differ.
        self.repeated = {}
        self.note = ""

    @classmethod
    def read(cls, path):
        out = cls()
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.strip()]
        header, *rows = [line.split() for line in lines if not line.startswith("#")]
        out.rows = {row[0]: dict(zip(header[1:], row[1:])) for row in rows}
        for line in lines:
            if line.startswith("# Note: "):
                out.note = line[len("# Note: ") :].strip()
            elif (found := VERSION.fullmatch(line)) and found[1] in header:
                out.versions[found[1]] = found[2], found[3]
            elif (found := OUTCOMES.fullmatch(line)) and found[1] in out.rows and found[2] in header:
                out.repeated[found[1], found[2]] = found[3]
        return out

    def check_update(self, versions, streams):
        """Fails if an update would leave cells of two versions of a consumer in the table."""
        for consumer, version in versions.items():
            was = self.versions.get(consumer, (version,))[0]
            left = [stream for stream, row in self.rows.items()
                    if stream not in streams and row.get(consumer, ".") != "."]
            if was != version and left:
                raise SystemExit(f"{consumer} was {was} and is {version}: measure all streams, also {left[0]}")

    def update(self, other):
        """Takes the cells of `other`."""
        for stream, row in other.rows.items():
            for consumer, letter in row.items():
                is_new = self.versions.get(consumer, ("",))[0] != other.versions[consumer][0]
                if letter != "." or is_new:
                    self.rows.setdefault(stream, {})[consumer] = letter
                    self.repeated.pop((stream, consumer), None)
        self.versions |= other.versions
        self.repeated |= other.repeated
        self.note = other.note or self.note

    def write(self, path):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(HEAD + (f"# Note: {self.note}\n" if self.note else "") + "#\n")
            for name, (version, date) in self.versions.items():
                file.write(f"# {name:16} {version}, {date}\n")
            file.write("#\n" + LETTERS + "#\n")
            if self.repeated:
                file.write(REPEATED)
                for (stream, consumer), codes in sorted(self.repeated.items()):
                    file.write(f"# {stream} {consumer} {codes}\n")
                file.write("#\n")
            wide = max(map(len, self.rows), default=0) + 1
            file.write(f"{'stream':{wide}}{' '.join(self.versions)}\n")
            for stream, row in self.rows.items():
                letters = [row.get(name, ".") for name in self.versions]
                if set(letters) != {"."}:
                    file.write(f"{stream:{wide}}{' '.join(letters)}\n")
        os.replace(path + ".new", path)


def compare(measured, before):
    """Prints the cells that differ from those of another table."""
    same, differ = 0, []
    for stream, row in measured.items():
        for consumer, letter in row.items():
            was = before.get(stream, {}).get(consumer, ".")
            if "." in (letter, was):
                continue
            if letter == was or agrees(letter, *FATES[was][:1]) and was in "pb" or letter in "pb" and was in "olLD":
                same += 1
            else:
                differ.append(f"{stream:32} {consumer:16} was {was}, is {letter}")
    print("\n".join([*differ, f"{same} cells are the same, {len(differ)} differ"]))


def compare_with_predictions(measured, predicted):
    """Prints the cells that `check` predicts otherwise, and the rate of the others."""
    right, cells, wrong = collections.Counter(), collections.Counter(), []
    for stream, row in measured.items():
        for consumer, letter in row.items():
            fate = predicted.get(stream, {}).get(consumer)
            if letter == "." or fate is None:
                continue
            cells[consumer] += 1
            if agrees(letter, fate):
                right[consumer] += 1
            else:
                wrong.append(f"{stream:32} {consumer:16} measured {letter}, predicted {fate}")
    print("\n".join(wrong))
    for consumer, count in cells.items():
        print(f"{consumer:16} {right[consumer]} of {count}")
    total = sum(cells.values())
    if total:
        print(f"{sum(right.values())} of {total} cells as predicted, {100 * sum(right.values()) / total:.1f} %")
