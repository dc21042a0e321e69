//! Arrival times of the frames.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static STALL: Rule = Rule {
    code: "T401",
    name: "stall",
    severity: Warning,
    summary: "a gap much longer than the others",
    why: "The picture freezes. Without --max-gap, the limit is the larger of 1.05 seconds and three times the \
          median gap. With --max-gap, T402 reports the gap.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static GAP_ABOVE_LIMIT: Rule = Rule {
    code: "T402",
    name: "gap-above-limit",
    severity: Error,
    summary: "a gap above --max-gap",
    why: "The limit given with --max-gap is exceeded.",
    section: "--max-gap",
    explains: &[],
    effects: &[],
};

pub static FPS_BELOW_LIMIT: Rule = Rule {
    code: "T403",
    name: "fps-below-limit",
    severity: Error,
    summary: "fewer frames a second than --min-fps",
    why: "The limit given with --min-fps is not reached.",
    section: "--min-fps",
    explains: &[],
    effects: &[],
};
