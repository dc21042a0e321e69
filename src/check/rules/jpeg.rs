//! The JPEG in a part.

use crate::check::consumer::Effect::*;
use crate::check::consumer::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, VLC};
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

pub static NO_SOI: Rule = Rule {
    code: "J301",
    name: "no-soi",
    severity: Error,
    summary: "the body does not start with SOI",
    why: "The body is not a JPEG. Chromium crashes on a part that it cannot decode, other readers lose the \
          frame.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Crashes),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};

pub static TRUNCATED: Rule = Rule {
    code: "J302",
    name: "truncated",
    severity: Error,
    summary: "the JPEG is truncated",
    why: "Bytes of the picture are missing: every reader shows a partly grey frame or drops it, and none \
          reports it.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};

pub static NO_EOI: Rule = Rule {
    code: "J303",
    name: "no-eoi",
    severity: Warning,
    summary: "the JPEG is complete except for its EOI",
    why: "Decoders add it; readers that search for EOI to find the end of a frame do not find it.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[],
};

pub static BYTES_AFTER_EOI: Rule = Rule {
    code: "J304",
    name: "bytes-after-eoi",
    severity: Info,
    summary: "bytes after the EOI inside the part",
    why: "Padding, or the rest of a buffer. Decoders ignore it; it wastes bandwidth and confuses scanners \
          for EOI.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[],
};

pub static BROKEN: Rule = Rule {
    code: "J305",
    name: "broken",
    severity: Error,
    summary: "the JPEG has a byte that is not allowed there",
    why: "Two pictures were mixed into one, or bytes were lost or added on the way.",
    section: "T.81 B.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};

pub static SCAN_DAMAGED: Rule = Rule {
    code: "J306",
    name: "scan-damaged",
    severity: Error,
    summary: "the entropy-coded data contradicts itself",
    why: "Huffman codes, the number of MCUs, restart markers or padding are wrong: lost segments, mixed \
          frames or flipped bits. Decoders show a smeared picture and report nothing.",
    section: "T.81 F.2",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};

pub static STANDARD_TABLES: Rule = Rule {
    code: "J307",
    name: "standard-tables",
    severity: Info,
    summary: "the JPEG has no Huffman tables",
    why: "UVC cameras omit them and mean the tables of T.81 K.3. All measured consumers know that; the Rust \
          image crate and others do not.",
    section: "T.81 K.3",
    explains: &[],
    effects: &[],
};

pub static NO_FRAME: Rule = Rule {
    code: "J308",
    name: "no-frame",
    severity: Error,
    summary: "the JPEG holds no picture",
    why: "SOI and EOI are there, but no frame header or no scan between them. Cameras without a picture \
          send such placeholders. Decoders report an error or skip them.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
    ],
};
