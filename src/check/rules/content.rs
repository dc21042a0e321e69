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
    why: "The pictures are equal byte for byte, or have equal scans after headers that differ (a time in a comment): \
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

pub static SAMPLING_CHANGE: Rule = Rule {
    code: "C514",
    name: "sampling-change",
    severity: Info,
    summary: "the sampling of the pictures changes",
    why: "The sampling factors of the components, such as 4:2:0, or their number differ from those of the first picture. \
          Viewers adapt; decoders in hardware and what repackages the pictures may not.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &[],
};

pub static QUALITY_CHANGE: Rule = Rule {
    code: "C515",
    name: "quality-change",
    severity: Info,
    summary: "the quality of the pictures changes",
    why: "The quantisation table of luminance is that of a quality that differs from the first picture's by ten or more of 100 \
          points, on the scale of the Independent JPEG Group: the camera controls its bit rate, or its settings \
          changed.",
    section: "T.81 B.2.4.1",
    explains: &[],
    effects: &[],
};
