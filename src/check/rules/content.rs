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
    summary: "all pictures are the same",
    why: "Every picture of the stream is byte for byte the same: the source may be frozen while the server \
          continues.",
    section: "measured",
    explains: &[],
    effects: &[],
};
