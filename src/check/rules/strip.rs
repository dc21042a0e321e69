//! What the coded strips of the pictures say about lost, doubled and reordered frames.

use super::freshness::CAPTURE_TIME_BACK;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static FRAMES_LOST: Rule = Rule {
    code: "C517",
    name: "frames-lost",
    severity: Warning,
    summary: "frames of the source are missing",
    why: "The pictures carry a coded strip with their number (`mjpeg serve test:`, `mjpeg serve --stamp`), and numbers are \
          missing: a program between the source and here dropped these frames, or this reader was too slow. \
          A server that always sends the newest picture does this to a slow viewer on purpose.",
    section: "src/strip",
    explains: &[],
    effects: &[],
};

pub static FRAMES_DOUBLED: Rule = Rule {
    code: "C518",
    name: "frames-doubled",
    severity: Info,
    summary: "frames of the source came more than once",
    why: "The numbers in the coded strips (as for C517) come again: a program on the way repeats pictures to hold its frame \
          rate, or a recording starts again.",
    section: "src/strip",
    explains: &[],
    effects: &[],
};

pub static FRAMES_REORDERED: Rule = Rule {
    code: "C519",
    name: "frames-reordered",
    severity: Warning,
    summary: "frames of the source came in another order",
    why: "A number in the coded strips (as for C517) came after a later one that was already there: several threads or \
          connections of a program on the way send pictures without an order. Viewers show a step back.",
    section: "src/strip",
    explains: &[&CAPTURE_TIME_BACK],
    effects: &[],
};
