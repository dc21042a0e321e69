//! The JPEG in a part.

use crate::check::consumer::Effect::{self, *};
use crate::check::consumer::{CHROMIUM, Consumer, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, VLC};
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

/// The effects of a picture that [`crate::jpeg::Judgement::refusal`] refuses.
static NONE_SHOWS_IT: [(&Consumer, Effect); 6] = [
    (&FFMPEG, Loses),
    (&FFMPEG_STRICT, Loses),
    (&VLC, Loses),
    (&CHROMIUM, Loses),
    (&FIREFOX, Loses),
    (&GSTREAMER, Loses),
];

/// The effects of a picture that is not at the start of its body.
static SEARCH_FOR_SOI: [(&Consumer, Effect); 3] = [(&CHROMIUM, Dies), (&FIREFOX, Loses), (&GSTREAMER, Loses)];

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
    effects: &NONE_SHOWS_IT,
};

pub static NO_EOI: Rule = Rule {
    code: "J303",
    name: "no-eoi",
    severity: Warning,
    summary: "the JPEG is complete except for its EOI",
    why: "Decoders add it, but Chromium and Firefox do not show the last row of MCUs. Readers that search for EOI \
          to find the end of a frame do not find it.",
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
    why: "Two pictures were mixed into one, or bytes were lost or added on the way. Bytes between the segments \
          before the first scan are J319 instead.",
    section: "T.81 B.1.1",
    explains: &[],
    effects: &NONE_SHOWS_IT,
};

pub static SCAN_DAMAGED: Rule = Rule {
    code: "J306",
    name: "scan-damaged",
    severity: Error,
    summary: "the entropy-coded data contradicts itself",
    why: "Huffman codes, the number of MCUs, scans, restart markers or padding are wrong: lost segments, mixed \
          frames or flipped bits. Decoders show a smeared picture and report nothing. A coefficient is wrong behind the \
          last one of its block, with more bits than T.81 F.1.2 has, and also above twice what the DCT of any samples \
          gives with its quantisation table (T.81 A.3.3), which the codes of F.1.2 would allow.",
    section: "T.81 F.2",
    explains: &[],
    effects: &NONE_SHOWS_IT,
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
    effects: &NONE_SHOWS_IT,
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
    effects: &[(&FFMPEG, Loses), (&FFMPEG_STRICT, Loses), (&VLC, Loses), (&FIREFOX, Loses)],
};

pub static LOSSLESS: Rule = Rule {
    code: "J310",
    name: "lossless",
    severity: Error,
    summary: "the JPEG is coded losslessly",
    why: "FFmpeg and VLC show it. Chromium, Firefox and GStreamer read DCT pictures only and lose the \
          frame. --deep does not read its entropy-coded data.",
    section: "T.81 Annex H",
    explains: &[],
    effects: &[(&CHROMIUM, Loses), (&FIREFOX, Loses), (&GSTREAMER, Loses)],
};

pub static HIERARCHICAL: Rule = Rule {
    code: "J311",
    name: "hierarchical",
    severity: Error,
    summary: "the JPEG is hierarchical",
    why: "It has several frames that refine one another. No measured consumer shows it.",
    section: "T.81 Annex J",
    explains: &[],
    effects: &NONE_SHOWS_IT,
};

pub static TWELVE_BITS: Rule = Rule {
    code: "J312",
    name: "twelve-bits",
    severity: Error,
    summary: "the JPEG has 12 bits per sample",
    why: "FFmpeg and VLC show it. Chromium, Firefox and GStreamer are built for 8 bits and lose the \
          frame.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &[(&CHROMIUM, Loses), (&FIREFOX, Loses), (&GSTREAMER, Loses)],
};

pub static NUMBER_OF_LINES: Rule = Rule {
    code: "J313",
    name: "number-of-lines",
    severity: Error,
    summary: "the height of the JPEG is not in its frame header",
    why: "The frame header has a height of 0, so that a DNL segment behind the first scan must have \
          the number of lines. No measured consumer shows such a picture.",
    section: "T.81 B.2.5",
    explains: &[],
    effects: &NONE_SHOWS_IT,
};

pub static TOO_MANY_COMPONENTS: Rule = Rule {
    code: "J314",
    name: "too-many-components",
    severity: Error,
    summary: "the JPEG has more than four components",
    why: "No measured consumer shows it.",
    section: "T.81 B.2.2",
    explains: &[],
    effects: &NONE_SHOWS_IT,
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

pub static SCAN_ORDER: Rule = Rule {
    code: "J316",
    name: "scan-order",
    severity: Error,
    summary: "a scan has its components in another order than the frame",
    why: "FFmpeg and VLC show it. libjpeg does not find the components, so Chromium, Firefox and \
          GStreamer lose the frame.",
    section: "T.81 B.2.3",
    explains: &[],
    effects: &[(&CHROMIUM, Loses), (&FIREFOX, Loses), (&GSTREAMER, Loses)],
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
          behind them and show the picture; other readers refuse it.",
    section: "T.81 B.1.1.4",
    explains: &[],
    effects: &[],
};

pub static ANNOUNCED_AFTER_EOI: Rule = Rule {
    code: "J321",
    name: "announced-after-eoi",
    severity: Info,
    summary: "further data after the EOI that the picture announces",
    why: "A Multi-Picture index or XMP announces more pictures, a gain map or a video in the same \
          file. Decoders show the first picture and ignore the rest; it uses bandwidth.",
    section: "CIPA DC-007 5.2",
    explains: &[],
    effects: &[],
};

pub static BYTES_BEFORE_SOI: Rule = Rule {
    code: "J322",
    name: "bytes-before-soi",
    severity: Error,
    summary: "NUL bytes or blanks before the SOI",
    why: "FFmpeg and VLC search for SOI and show the picture. Other readers decode from the first byte: Firefox \
          and GStreamer lose the frame, and Chromium shows no frame after it.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &SEARCH_FOR_SOI,
};

pub static REPEATED_SOI: Rule = Rule {
    code: "J323",
    name: "repeated-soi",
    severity: Error,
    summary: "SOI comes more than once at the start",
    why: "FFmpeg and VLC show the picture behind the last one. libjpeg refuses it: Firefox and GStreamer lose \
          the frame, and Chromium shows no frame after it.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &SEARCH_FOR_SOI,
};

pub static EXTRA_PADDING: Rule = Rule {
    code: "J324",
    name: "extra-padding",
    severity: Info,
    summary: "whole bytes of ones behind the last MCU",
    why: "One to seven bytes of ones before a marker: UVC webcams write them before some restart markers. FFmpeg, \
          Chromium and GStreamer show the same picture. libjpeg reads some bytes ahead and drops them in silence; of \
          those behind, which may be the first, it warns. --deep finds them.",
    section: "T.81 F.1.2.3",
    explains: &[],
    effects: &[],
};

pub static EXTRA_BYTES: Rule = Rule {
    code: "J325",
    name: "extra-bytes",
    severity: Warning,
    summary: "bytes behind the last MCU",
    why: "One to seven other bytes, or more bytes of ones, before a marker. FFmpeg, libjpeg, Chromium and \
          GStreamer show the same picture as without them, and libjpeg may warn. They may also be the only trace of a \
          changed bit: the MCUs then end too early. Other bytes than ones before a restart marker are J326, more than \
          seven are J306. --deep finds them.",
    section: "T.81 F.1.2.3",
    explains: &[],
    effects: &[],
};

pub static HIDDEN_RESTART: Rule = Rule {
    code: "J326",
    name: "hidden-restart",
    severity: Error,
    summary: "a restart marker behind bits that are no padding",
    why: "FFmpeg finds a restart marker behind ones, or behind zeros up to the next byte. Behind mixed bits, or one to \
          seven bytes that are not all ones, FFmpeg and VLC do not find it: they lose the restart interval and show \
          something else in its place, often without an error. libjpeg, Chromium and GStreamer show the same picture as \
          without these bits, and libjpeg may warn. They may also be the only trace of a changed bit. More than seven \
          bytes are J306. --deep finds them.",
    section: "T.81 F.1.2.3",
    explains: &[],
    effects: &[(&FFMPEG, Loses), (&FFMPEG_STRICT, Loses), (&VLC, Loses)],
};
