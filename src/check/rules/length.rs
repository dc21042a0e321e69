//! Content-Length of parts.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::consumers::Fate::*;
use crate::consumers::{FFMPEG, FFMPEG_STRICT, FIREFOX, GO2RTC, GSTREAMER, MPV, OPENCV};

pub static CONTENT_LENGTH_SHORT: Rule = Rule {
    code: "M203",
    name: "content-length-short",
    severity: Error,
    summary: "Content-Length is smaller than the body",
    why: "FFmpeg, GStreamer, go2rtc and OpenCV cut the picture there, find no delimiter and stop after one \
          frame. Browsers search for the delimiter and do not notice.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG, Dies), (&FFMPEG_STRICT, Dies), (&GSTREAMER, Dies), (&OPENCV, Dies), (&GO2RTC, Dies)],
};

pub static CONTENT_LENGTH_LONG: Rule = Rule {
    code: "M204",
    name: "content-length-long",
    severity: Error,
    summary: "Content-Length is larger than the body",
    why: "The reader consumes the delimiter and part of the next frame, and stops. Typical cause: the \
          length of another buffer or frame.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG, Dies), (&FFMPEG_STRICT, Dies), (&GSTREAMER, Dies), (&OPENCV, Dies), (&MPV, Dies)],
};

pub static CONTENT_LENGTH_COUNTS_LINE_END: Rule = Rule {
    code: "M205",
    name: "content-length-counts-line-end",
    severity: Warning,
    summary: "Content-Length counts the line end before the delimiter",
    why: "The CRLF before the delimiter belongs to the delimiter. GStreamer waits for two more bytes and \
          shows every frame late.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&GSTREAMER, Late)],
};

pub static CONTENT_LENGTH_MISSING: Rule = Rule {
    code: "M206",
    name: "content-length-missing",
    severity: Warning,
    summary: "the part has no Content-Length",
    why: "Readers must search for the delimiter: FFmpeg and GStreamer show each frame only when the next \
          one arrives; go2rtc, scanners built on OpenCV and several libraries refuse the stream. It is a warning, since \
          all measured players play; with --consumers go2rtc it is an error.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[(&FFMPEG, Late), (&FFMPEG_STRICT, Late), (&GSTREAMER, Late), (&OPENCV, Late), (&MPV, Late)],
};

pub static CONTENT_LENGTH_INVALID: Rule = Rule {
    code: "M207",
    name: "content-length-invalid",
    severity: Error,
    summary: "Content-Length is not a usable number",
    why: "Firefox stops reading; FFmpeg and GStreamer search for the delimiter or stop too. Seen: 0, -1, \
          4294967295, hexadecimal numbers, unfilled templates.",
    section: "RFC 9110 8.6",
    explains: &[],
    effects: &[
        (&FFMPEG, Late),
        (&FFMPEG_STRICT, Late),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Late),
        (&MPV, Late),
    ],
};

pub static CONTENT_LENGTH_REPEATED: Rule = Rule {
    code: "M208",
    name: "content-length-repeated",
    severity: Warning,
    summary: "several Content-Length fields with different values",
    why: "Each reader chooses its own; parsers that take the first one lose frames.",
    section: "RFC 9110 8.6",
    explains: &[],
    effects: &[],
};

pub static LENGTH_FIELD_UNKNOWN: Rule = Rule {
    code: "M243",
    name: "length-field-unknown",
    severity: Warning,
    summary: "the length of the body is in a field of another name",
    why: "Readers know only Content-Length: they search for the delimiter, and show each frame only when \
          the next one arrives.",
    section: "RFC 9110 8.6",
    explains: &[&CONTENT_LENGTH_MISSING],
    effects: &[(&FFMPEG, Late), (&FFMPEG_STRICT, Late), (&GSTREAMER, Late), (&OPENCV, Late), (&MPV, Late)],
};
