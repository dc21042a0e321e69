//! Line ends in part heads and before delimiters.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::length::CONTENT_LENGTH_MISSING;
use crate::consumers::Fate::*;
use crate::consumers::{FFMPEG, FFMPEG_STRICT, GSTREAMER, MPV, OPENCV};

pub static BARE_LF: Rule = Rule {
    code: "M209",
    name: "bare-lf",
    severity: Warning,
    summary: "lines end in a bare LF",
    why: "In HTTP only CRLF ends a line. With a Content-Length all measured consumers play; GStreamer plays \
          late and without the last frame. It is an info if it occurs only in parts without a head, or beside M212.",
    section: "RFC 2046 4.1.1",
    explains: &[],
    effects: &[(&GSTREAMER, Late)],
};

pub static BARE_LF_WITHOUT_LENGTH: Rule = Rule {
    code: "M210",
    name: "bare-lf-without-length",
    severity: Error,
    summary: "lines end in a bare LF, and there is no Content-Length",
    why: "FFmpeg searches for CRLF and two dashes and never finds a frame.",
    section: "RFC 2046 4.1.1",
    explains: &[&CONTENT_LENGTH_MISSING, &BARE_LF],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&GSTREAMER, Late),
        (&OPENCV, Nothing),
        (&MPV, Dies),
    ],
};

pub static LINE_END_MISSING: Rule = Rule {
    code: "M211",
    name: "line-end-missing",
    severity: Warning,
    summary: "no line end between the body and the delimiter",
    why: "The delimiter starts with CRLF. With a Content-Length all measured consumers play; GStreamer \
          plays late and without the last frame. Go and Safari do not find the delimiter. It is an info if it occurs only behind \
          parts without a head.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&GSTREAMER, Late)],
};

pub static LINE_END_MISSING_WITHOUT_LENGTH: Rule = Rule {
    code: "M212",
    name: "line-end-missing-without-length",
    severity: Error,
    summary: "no line end before the delimiter, and no Content-Length",
    why: "FFmpeg searches for CRLF and two dashes and never finds a frame.",
    section: "RFC 2046 5.1.1",
    explains: &[&CONTENT_LENGTH_MISSING, &LINE_END_MISSING],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&GSTREAMER, Late),
        (&OPENCV, Nothing),
        (&MPV, Dies),
    ],
};
