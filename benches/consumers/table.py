"""The table: a row for each stream, a column for each consumer, a letter for each cell."""

import collections
import os

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


def write(path, measured, versions, date, note, cells):
    repeated = sorted(key for key, found in cells.items() if len({cell["outcome"] for cell in found}) > 1)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("# What consumers did with streams, each served over loopback by benches/consumers/run.py.\n")
        file.write(f"# Measured {date}. The streams are those of fixtures/recipes/deviations, and `fault:NAME`: what\n")
        file.write("# `mjpeg serve --fault EXAMPLE` sends, with the example of --list-faults.\n")
        file.write(f"# {note}\n#\n" if note else "#\n")
        for name, version in versions.items():
            file.write(f"# {name:16} {version}\n")
        file.write("#\n" + LETTERS + "#\n")
        if repeated:
            file.write("# Several measurements, with different outcomes (the most frequent one is in the table):\n")
            for stream, consumer in repeated:
                codes = "".join(cell["outcome"] for cell in cells[stream, consumer])
                file.write(f"# {stream} {consumer} {codes}\n")
            file.write("#\n")
        wide = max(map(len, measured), default=0) + 1
        file.write(f"{'stream':{wide}}{' '.join(versions)}\n")
        for stream, row in measured.items():
            if any(letter != "." for letter in row.values()):
                file.write(f"{stream:{wide}}{' '.join(row[name] for name in versions)}\n")
    os.replace(path + ".new", path)


def read(path):
    """The cells of a table, by stream and consumer."""
    with open(path, encoding="utf-8") as file:
        header, *rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {row[0]: dict(zip(header[1:], row[1:])) for row in rows}


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
