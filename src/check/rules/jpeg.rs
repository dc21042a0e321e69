//! The pictures.

use crate::check::consumer::Effect::*;
use crate::check::consumer::Effects;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

/// The rules, in the order of their codes.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "J301",
        name: "no-soi",
        severity: Error,
        summary: "the body does not start with SOI",
        why: "It is no JPEG: Chromium crashes on a part that it cannot decode, other readers lose the frame.",
        section: "T.81 B.2.1",
        effects: Effects([Loses, Loses, Loses, Crashes, Loses, Loses]),
    },
    Rule {
        code: "J302",
        name: "truncated",
        severity: Error,
        summary: "the JPEG is cut",
        why: "Bytes of the picture are missing: every reader shows a partly grey frame or drops it, and none \
              of them reports it.",
        section: "T.81 B.2.1",
        effects: Effects([Loses, Loses, Loses, Loses, Loses, Loses]),
    },
    Rule {
        code: "J303",
        name: "no-eoi",
        severity: Warning,
        summary: "the JPEG is complete but for its EOI",
        why: "Decoders supply it; readers that look for EOI to find the end of a frame do not find it.",
        section: "T.81 B.2.1",
        effects: Effects::NONE,
    },
    Rule {
        code: "J304",
        name: "bytes-after-eoi",
        severity: Info,
        summary: "bytes behind the EOI inside the part",
        why: "Padding or the rest of a buffer. Harmless to decoders, a waste of bandwidth, and in the way of \
              scanners.",
        section: "T.81 B.2.1",
        effects: Effects::NONE,
    },
    Rule {
        code: "J305",
        name: "broken",
        severity: Error,
        summary: "the JPEG has a byte where none can stand",
        why: "Two pictures torn into one, or bytes lost or added on the way.",
        section: "T.81 B.1.1",
        effects: Effects([Loses, Loses, Loses, Loses, Loses, Loses]),
    },
    Rule {
        code: "J306",
        name: "scan-damaged",
        severity: Error,
        summary: "the entropy-coded data contradicts itself",
        why: "Huffman codes, number of MCUs, restart markers or padding are wrong: lost segments, torn \
              frames, flipped bits. Decoders show a smeared picture and report nothing.",
        section: "T.81 F.2",
        effects: Effects([Loses, Loses, Loses, Loses, Loses, Loses]),
    },
    Rule {
        code: "J307",
        name: "standard-tables",
        severity: Info,
        summary: "the JPEG has no Huffman tables",
        why: "UVC cameras leave them out and mean those of T.81 K.3. All measured consumers know that; the \
              Rust image crate and others do not.",
        section: "T.81 K.3",
        effects: Effects::NONE,
    },
    Rule {
        code: "J308",
        name: "no-frame",
        severity: Error,
        summary: "the JPEG holds no picture",
        why: "SOI and EOI are there, but no frame header or no scan between them: placeholders of a camera \
              that has nothing to show. Decoders report an error or skip it.",
        section: "T.81 B.2.1",
        effects: Effects([Loses, Loses, Loses, Loses, Loses, Loses]),
    },
];
