//! When frames come.

use crate::check::consumer::Effects;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

/// The rules, in the order of their codes.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "T401",
        name: "stall",
        severity: Warning,
        summary: "a gap much longer than the others",
        why: "The picture freezes. Limit: --max-gap, by default the larger of one second and three times the \
              median gap.",
        section: "measured",
        effects: Effects::NONE,
    },
    Rule {
        code: "T402",
        name: "gap-above-limit",
        severity: Error,
        summary: "a gap above --max-gap",
        why: "The limit that was asked for is exceeded.",
        section: "--max-gap",
        effects: Effects::NONE,
    },
    Rule {
        code: "T403",
        name: "fps-below-limit",
        severity: Error,
        summary: "fewer frames a second than --min-fps",
        why: "The limit that was asked for is not reached.",
        section: "--min-fps",
        effects: Effects::NONE,
    },
];
