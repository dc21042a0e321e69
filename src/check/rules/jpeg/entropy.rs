//! Entropy-coded data.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::effects::DAMAGED;
use crate::consumers::Fate::*;
use crate::consumers::{FFMPEG, FFMPEG_STRICT, MPV, OPENCV, VLC, WEBKITGTK};

pub static SCAN_DAMAGED: Rule = Rule {
    code: "J306",
    name: "scan-damaged",
    severity: Error,
    summary: "the entropy-coded data contradicts itself",
    why: "Huffman codes, the number of MCUs, scans, restart markers or padding are wrong: lost segments, mixed \
          frames or flipped bits. Decoders show a smeared picture and report nothing. A coefficient is wrong after the \
          last one of its block, with more bits than T.81 F.1.2 has, and also above twice what the DCT of any samples \
          gives with its quantisation table (T.81 A.3.3), which the codes of F.1.2 would allow.",
    section: "T.81 F.2",
    explains: &[],
    effects: &DAMAGED,
};

pub static EXTRA_PADDING: Rule = Rule {
    code: "J324",
    name: "extra-padding",
    severity: Info,
    summary: "whole bytes of ones after the last MCU",
    why: "One to seven bytes of ones before a marker: UVC webcams write them before some restart markers. FFmpeg, \
          Chromium and GStreamer show the same picture. libjpeg reads some bytes ahead and drops them in silence; of \
          those after, which may be the first, it warns. --deep finds them.",
    section: "T.81 F.1.2.3",
    explains: &[],
    effects: &[],
};

pub static EXTRA_BYTES: Rule = Rule {
    code: "J325",
    name: "extra-bytes",
    severity: Warning,
    summary: "bytes after the last MCU",
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
    summary: "a restart marker after bits that are no padding",
    why: "FFmpeg finds a restart marker after ones, or after zeros up to the next byte. After mixed bits, or one to \
          seven bytes that are not all ones, FFmpeg and VLC do not find it: they lose the restart interval and show \
          something else in its place, often without an error. libjpeg, Chromium and GStreamer show the same picture as \
          without these bits, and libjpeg may warn. They may also be the only trace of a changed bit. More than seven \
          bytes are J306. --deep finds them.",
    section: "T.81 F.1.2.3",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&OPENCV, Loses),
        (&MPV, Loses),
        (&WEBKITGTK, Unknown),
    ],
};
