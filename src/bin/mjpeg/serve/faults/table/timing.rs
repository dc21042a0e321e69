//! Faults of time.

use super::super::entry::{Act, Answer, Entry, Pace, Shows, Takes};
use super::row::row;

const fn entry(
    name: &'static str,
    takes: Takes,
    pace: Pace,
    example: &'static str,
    rule: &'static str,
    help: &'static str,
) -> Entry {
    Entry { takes, example, ..row(name, Act::Time(pace), rule, help) }
}

pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "slow-start",
        takes: Takes::Time(None),
        act: Act::Answer(Answer::Late),
        shows: Shows::Verdict("stalled", 5),
        example: "slow-start=8s",
        help: "the response comes TIME later",
    },
    entry("stall", Takes::Time(None), Pace::Stall, "stall=2s@10", "stall", "the part comes TIME later"),
    entry(
        "stall-inside",
        Takes::Time(None),
        Pace::StallInside,
        "stall-inside=2s@10",
        "stall",
        "the second half of the picture comes TIME later",
    ),
    entry(
        "drip",
        Takes::Size(None),
        Pace::Drip,
        "drip=2500",
        "drip",
        "the part comes in blocks of SIZE bytes, one each 10 ms (not if it has more than 64 MiB)",
    ),
    entry(
        "rate",
        Takes::Size(None),
        Pace::Rate,
        "rate=250k",
        "drip",
        "the part comes at SIZE bytes a second (not if it has more than 64 MiB)",
    ),
    entry(
        "jitter",
        Takes::Time(None),
        Pace::Jitter,
        "jitter=300ms",
        "jitter",
        "the part comes up to TIME later, by chance: most come a little later, few much",
    ),
    entry(
        "burst",
        Takes::Parts(None),
        Pace::Burst,
        "burst=8",
        "bursts",
        "the parts come PARTS at once, or when 64 MiB are together",
    ),
    entry(
        "hold-tail",
        Takes::Size(None),
        Pace::HoldTail,
        "hold-tail=1k",
        "held-tail",
        "the last SIZE bytes come with the next part",
    ),
    entry(
        "fill",
        Takes::Size(None),
        Pace::Fill,
        "fill=4k",
        "filled-chunks",
        "a buffer of SIZE bytes, which is sent when it is full",
    ),
];
