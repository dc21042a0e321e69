//! Markers that T.81 keeps for later or for extensions.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::effects::{FFMPEG_ALONE, REFUSED_BY_LIBJPEG};
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, GSTREAMER, MPV, OPENCV, VLC, WEBKITGTK};

pub static RESERVED_MARKER: Rule = Rule {
    code: "J331",
    name: "reserved-marker",
    severity: Error,
    summary: "a marker that T.81 reserves",
    why: "FF 02 to FF BF, FF F0 to FF F6 and FF F9 to FF FD have no meaning, and FF DF (EXP) has none outside a hierarchical \
          JPEG. FFmpeg, VLC, mpv, OpenCV and Firefox pass over them. libjpeg refuses the picture: GStreamer loses the frame. \
          Chromium shows no frame after it, and its tab crashes when the server ends the stream; between the scans of a \
          progressive JPEG it shows nothing for that frame. FF F7 and FF F8 are J332, FF C8 is J333, and all but these two \
          behind the last scan are J334.",
    section: "T.81 Table B.1",
    explains: &[],
    effects: &REFUSED_BY_LIBJPEG,
};

pub static JPEG_LS_MARKER: Rule = Rule {
    code: "J332",
    name: "jpeg-ls-marker",
    severity: Error,
    summary: "a marker of JPEG-LS",
    why: "FF F7 is SOF55 and FF F8 is LSE (T.87), which have no meaning in a JPEG. FFmpeg reads their segments as JPEG-LS, and \
          with other contents it loses the frame, as VLC and mpv do; a program with OpenCV stops. libjpeg refuses the picture: \
          GStreamer loses the frame. Chromium shows no frame after it, and its tab crashes when the server ends the stream, \
          except behind the last scan. Firefox shows the picture.",
    section: "T.81 Table B.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Crashes),
        (&GSTREAMER, Loses),
        (&OPENCV, Dies),
        (&MPV, Loses),
        (&WEBKITGTK, Unknown),
    ],
};

pub static JPG_MARKER: Rule = Rule {
    code: "J333",
    name: "jpg-marker",
    severity: Error,
    summary: "the marker JPG, which T.81 reserves",
    why: "FF C8 is among the codes of frame headers. FFmpeg, VLC, mpv and OpenCV pass over it. Firefox and GStreamer lose the \
          frame. Chromium shows no frame after it, and its tab crashes when the server ends the stream. Behind the last scan \
          it is J334.",
    section: "T.81 Table B.1",
    explains: &[],
    effects: &FFMPEG_ALONE,
};

pub static LATE_MARKER: Rule = Rule {
    code: "J334",
    name: "late-marker",
    severity: Error,
    summary: "a marker behind the last scan that libjpeg refuses",
    why: "It would be J331, J333 or J335 before the last scan. FFmpeg, VLC, mpv, OpenCV, Chromium and Firefox have the picture \
          by then and show it. GStreamer loses the frame.",
    section: "T.81 Table B.1",
    explains: &[],
    effects: &[(&GSTREAMER, Loses), (&WEBKITGTK, Unknown)],
};

pub static CONDITIONING: Rule = Rule {
    code: "J335",
    name: "conditioning",
    severity: Error,
    summary: "a DAC segment with values that are not allowed",
    why: "An odd number of bytes, a table above 3, or a lower bound above the upper one. Only arithmetic coding needs the \
          segment: FFmpeg, VLC, mpv, OpenCV and Firefox pass over it. libjpeg reads it: GStreamer loses the frame. Chromium \
          shows no frame after it, and its tab crashes when the server ends the stream.",
    section: "T.81 B.2.4.3",
    explains: &[],
    effects: &REFUSED_BY_LIBJPEG,
};
