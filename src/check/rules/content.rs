//! What the pictures show.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static SIZE_MISMATCH: Rule = Rule {
    code: "C501",
    name: "size-mismatch",
    severity: Error,
    summary: "a picture does not have the requested size",
    why: "The size given with --size is not met.",
    section: "--size",
    explains: &[],
    effects: &[],
};

pub static SIZE_CHANGE: Rule = Rule {
    code: "C502",
    name: "size-change",
    severity: Info,
    summary: "the size of the pictures changes",
    why: "Viewers adapt; recorders and decoders with fixed buffers may not.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static FROZEN: Rule = Rule {
    code: "C503",
    name: "frozen",
    severity: Warning,
    summary: "ten or more pictures in a row are the same",
    why: "The pictures are equal byte for byte, or have equal scans behind headers that differ (a time in a comment): \
          the source is frozen while the server continues, or nothing changes and the server repeats the \
          picture. A camera's noise makes each picture different.",
    section: "measured",
    explains: &[],
    effects: &[],
};

pub static TOO_SHORT_TO_JUDGE: Rule = Rule {
    code: "C504",
    name: "too-short-to-judge",
    severity: Info,
    summary: "all pictures are the same, but too few to call the source frozen",
    why: "Ten equal pictures in a row are a frozen source (C503). All pictures of this stream are the same, but \
          fewer: read more of it with --frames or --duration.",
    section: "measured",
    explains: &[],
    effects: &[],
};
