//! Coding processes, and frames that decoders refuse.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::effects::{
    FFMPEG_ALONE, REFUSED_BY_ALL, REFUSED_BY_FFMPEG, UNKNOWN_COMPONENTS,
};
use crate::consumers::Fate::*;
use crate::consumers::{FFMPEG, FFMPEG_STRICT, FIREFOX, MPV, OPENCV, VLC, WEBKITGTK};

pub static NO_FRAME: Rule = Rule {
    code: "J308",
    name: "no-frame",
    severity: Error,
    summary: "the JPEG holds no picture",
    why: "SOI and EOI are there, but no frame header or no scan between them. Cameras without a picture \
          send such placeholders. Decoders report an error or skip them.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &REFUSED_BY_ALL,
};

pub static ARITHMETIC: Rule = Rule {
    code: "J309",
    name: "arithmetic",
    severity: Error,
    summary: "the JPEG is coded arithmetically",
    why: "GStreamer and Chromium show it. FFmpeg, VLC and Firefox have no arithmetic decoder and lose \
          the frame. --deep does not read its entropy-coded data.",
    section: "T.81 Annex D",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&FIREFOX, Loses),
        (&OPENCV, Dies),
        (&MPV, Loses),
        (&WEBKITGTK, Unknown),
    ],
};

pub static LOSSLESS: Rule = Rule {
    code: "J310",
    name: "lossless",
    severity: Error,
    summary: "the JPEG is coded losslessly",
    why: "FFmpeg and VLC show it. Firefox and GStreamer read DCT pictures only and lose the frame. Chromium shows no frame \
          after it, and its tab crashes when the server ends the stream. --deep does not read its entropy-coded data.",
    section: "T.81 Annex H",
    explains: &[],
    effects: &FFMPEG_ALONE,
};

pub static HIERARCHICAL: Rule = Rule {
    code: "J311",
    name: "hierarchical",
    severity: Error,
    summary: "the JPEG is hierarchical",
    why: "It has several frames that refine one another. No measured consumer shows it.",
    section: "T.81 Annex J",
    explains: &[],
    effects: &REFUSED_BY_ALL,
};

pub static TWELVE_BITS: Rule = Rule {
    code: "J312",
    name: "twelve-bits",
    severity: Error,
    summary: "the JPEG has 12 bits per sample",
    why: "FFmpeg and VLC show it. Firefox and GStreamer are built for 8 bits and lose the frame. Chromium shows no frame \
          after it, and its tab crashes when the server ends the stream.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &FFMPEG_ALONE,
};

pub static NUMBER_OF_LINES: Rule = Rule {
    code: "J313",
    name: "number-of-lines",
    severity: Error,
    summary: "the height of the JPEG is not in its frame header",
    why: "The frame header has a height of 0, so that a DNL segment after the first scan must have \
          the number of lines. No measured consumer shows such a picture.",
    section: "T.81 B.2.5",
    explains: &[],
    effects: &REFUSED_BY_ALL,
};

pub static TOO_MANY_COMPONENTS: Rule = Rule {
    code: "J314",
    name: "too-many-components",
    severity: Error,
    summary: "the JPEG has more than four components",
    why: "No measured consumer shows it.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &UNKNOWN_COMPONENTS,
};

pub static SCAN_NOT_READ: Rule = Rule {
    code: "J315",
    name: "scan-not-read",
    severity: Info,
    summary: "the entropy-coded data is too expensive to read",
    why: "A progressive JPEG of more than 100 scans, or one that needs more than 16 MiB of memory. Its \
          markers are in order; damage in its scans is not found.",
    section: "T.81 G.1",
    explains: &[],
    effects: &[],
};

pub static TWO_COMPONENTS: Rule = Rule {
    code: "J327",
    name: "two-components",
    severity: Error,
    summary: "the JPEG has two components",
    why: "One component is grey, three are a colour; two have no meaning. FFmpeg has no decoder for it, and libjpeg no colour \
          space, so that no measured consumer shows it.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &UNKNOWN_COMPONENTS,
};

pub static SIDE_TOO_LONG: Rule = Rule {
    code: "J328",
    name: "side-too-long",
    severity: Error,
    summary: "the JPEG is wider or higher than 65500",
    why: "T.81 allows 65535. libjpeg stops at 65500, and with it Chromium, Firefox and GStreamer.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &FFMPEG_ALONE,
};

pub static AREA_TOO_LARGE: Rule = Rule {
    code: "J329",
    name: "area-too-large",
    severity: Error,
    summary: "the JPEG has more than 268 million pixels",
    why: "FFmpeg refuses a picture if 8 (width + 128) (height + 128) is 2^31 or more, such as 16256x16256, and with it VLC, OpenCV and \
          mpv. Other viewers run out of memory.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &REFUSED_BY_FFMPEG,
};
