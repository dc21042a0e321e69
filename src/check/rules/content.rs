//! What the pictures show.

use crate::check::consumer::Effects;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

/// The rules, in the order of their codes.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "C501",
        name: "size-mismatch",
        severity: Error,
        summary: "a picture is not of the size that was asked for",
        why: "The limit that was asked for with --size is not met.",
        section: "--size",
        effects: Effects::NONE,
    },
    Rule {
        code: "C502",
        name: "size-change",
        severity: Info,
        summary: "the size of the pictures changes",
        why: "Viewers follow; recorders and decoders with fixed buffers may not.",
        section: "measured",
        effects: Effects::NONE,
    },
    Rule {
        code: "C503",
        name: "frozen",
        severity: Warning,
        summary: "the same picture again and again",
        why: "Every picture of the stream is byte for byte the same: the source may be frozen while the \
              server goes on.",
        section: "measured",
        effects: Effects::NONE,
    },
];
