//! Marker segments and what is between them.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::effects::{DAMAGED, FFMPEG_ALONE};

pub static BROKEN: Rule = Rule {
    code: "J305",
    name: "broken",
    severity: Error,
    summary: "the JPEG has a byte that is not allowed there",
    why: "Two pictures were mixed into one, or bytes were lost or added on the way. Bytes between the segments \
          before the first scan are J319 instead.",
    section: "T.81 B.1.1",
    explains: &[],
    effects: &DAMAGED,
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

pub static SCAN_ORDER: Rule = Rule {
    code: "J316",
    name: "scan-order",
    severity: Error,
    summary: "a scan has its components in another order than the frame",
    why: "FFmpeg and VLC show it. libjpeg does not find the components, so Firefox and GStreamer lose the frame. Chromium \
          shows no frame after it, and its tab crashes when the server ends the stream.",
    section: "T.81 B.2.3",
    explains: &[],
    effects: &FFMPEG_ALONE,
};

pub static SCAN_PARAMETERS: Rule = Rule {
    code: "J317",
    name: "scan-parameters",
    severity: Info,
    summary: "a scan header has values that do not fit its frame",
    why: "The band and the bit positions of a sequential frame are 0, 63, 0 and 0. Decoders ignore \
          other values.",
    section: "T.81 B.2.3",
    explains: &[],
    effects: &[],
};

pub static NUL_BYTES: Rule = Rule {
    code: "J318",
    name: "nul-bytes",
    severity: Info,
    summary: "NUL bytes between two segments",
    why: "Padding of encoders that align segments. All measured consumers skip it.",
    section: "T.81 B.1.1.2",
    explains: &[],
    effects: &[],
};

pub static JUNK_BYTES: Rule = Rule {
    code: "J319",
    name: "junk-bytes",
    severity: Warning,
    summary: "bytes between two segments that belong to no segment",
    why: "All measured consumers search for the next marker and show the picture. Readers that follow \
          the segments do not find its end.",
    section: "T.81 B.1.1.2",
    explains: &[],
    effects: &[],
};

pub static SHORT_SEGMENT: Rule = Rule {
    code: "J320",
    name: "short-segment",
    severity: Warning,
    summary: "a segment length below 2",
    why: "The length of a COM or APPn segment counts its own two bytes. All measured consumers go on \
          after them and show the picture; other readers refuse it.",
    section: "T.81 B.1.1.4",
    explains: &[],
    effects: &[],
};
