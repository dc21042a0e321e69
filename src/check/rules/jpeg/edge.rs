//! Where a picture starts and ends.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::effects::DAMAGED;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC, WEBKITGTK};

pub static NO_SOI: Rule = Rule {
    code: "J301",
    name: "no-soi",
    severity: Error,
    summary: "the body does not start with SOI",
    why: "The body is not a JPEG, or the rest of one whose start is missing. Chromium shows no frame after a part that it \
          cannot decode, and its tab crashes when the server ends the stream. Other readers lose the frame or show a \
          thumbnail in its place, and a program with OpenCV stops. A whole picture after other bytes is J322, and one with \
          other bytes between SOI and its first marker is J336.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Crashes),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
        (&OPENCV, Dies),
        (&MPV, Loses),
        (&WEBKITGTK, Dies),
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
    effects: &DAMAGED,
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
    summary: "bytes before the SOI",
    why: "FFmpeg, VLC, mpv and OpenCV search for SOI and show the picture, so `record` keeps it. Other readers decode from \
          the first byte: Firefox and GStreamer lose the frame. Chromium shows no frame after it, however few or \
          many bytes there are (measured: 1 to 65536), and its tab crashes when the server ends the stream. A warning if \
          it is one picture of several, where only browsers stop; an error with --consumers chromium. Other bytes than \
          NULs and blanks before a picture that is not the rest of the body are J301. A warning before a snapshot, and \
          an error there with --consumers snapshot.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[(&CHROMIUM, Crashes), (&FIREFOX, Loses), (&GSTREAMER, Loses), (&WEBKITGTK, Dies)],
};

pub static REPEATED_SOI: Rule = Rule {
    code: "J323",
    name: "repeated-soi",
    severity: Error,
    summary: "SOI comes more than once at the start",
    why: "FFmpeg, VLC, mpv and OpenCV show the picture after the last one, so `record` keeps it. libjpeg refuses it: \
          Firefox and GStreamer lose the frame. Chromium shows no frame after it, and its tab crashes when the server ends \
          the stream. A warning in a file of pictures without multipart framing, which only players read.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[(&CHROMIUM, Crashes), (&FIREFOX, Loses), (&GSTREAMER, Loses), (&WEBKITGTK, Unknown)],
};

pub static BYTES_AFTER_SOI: Rule = Rule {
    code: "J336",
    name: "bytes-after-soi",
    severity: Error,
    summary: "bytes between SOI and the first marker",
    why: "FFmpeg, VLC, mpv, OpenCV, GStreamer and Firefox search for the first marker and show the picture, so `record` keeps \
          it. Chromium takes a body for a JPEG if it starts with FF D8 FF only: it shows no frame after it, and its tab \
          crashes when the server ends the stream. If the rest is no whole picture, it is J301.",
    section: "T.81 B.2.1",
    explains: &[],
    effects: &[(&CHROMIUM, Crashes), (&WEBKITGTK, Unknown)],
};
