//! The fields of a part.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC};

pub static PART_TYPE_MISSING: Rule = Rule {
    code: "M223",
    name: "part-type-missing",
    severity: Error,
    summary: "the part has no Content-Type",
    why: "FFmpeg, VLC and GStreamer show nothing; browsers detect the type from the body.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static PART_TYPE_NOT_JPEG: Rule = Rule {
    code: "M224",
    name: "part-type-not-jpeg",
    severity: Error,
    summary: "the part's Content-Type is not image/jpeg",
    why: "`image/jpg` is not a registered type: FFmpeg, VLC and GStreamer show nothing; browsers detect the \
          type from the body.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static PART_TYPE_PARAMETER: Rule = Rule {
    code: "M225",
    name: "part-type-parameter",
    severity: Error,
    summary: "parameters after image/jpeg",
    why: "FFmpeg compares the whole value and shows nothing.",
    section: "RFC 2045 5.1",
    explains: &[],
    effects: &[(&FFMPEG, Nothing), (&FFMPEG_STRICT, Nothing), (&OPENCV, Nothing), (&MPV, Nothing)],
};

pub static HEAD_MISSING: Rule = Rule {
    code: "M228",
    name: "head-missing",
    severity: Error,
    summary: "the part has no head",
    why: "The first bytes of the picture are taken for fields: no measured player or browser shows anything.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
    ],
};

pub static HEAD_UNTERMINATED: Rule = Rule {
    code: "M229",
    name: "head-unterminated",
    severity: Error,
    summary: "no empty line between the fields and the body",
    why: "The picture is read as a field: no measured consumer shows anything.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Late),
    ],
};

pub static BLANK_LINE_BEFORE_HEAD: Rule = Rule {
    code: "M230",
    name: "blank-line-before-head",
    severity: Error,
    summary: "an empty line between the delimiter and the fields",
    why: "The empty line ends the head, so the fields become part of the picture: FFmpeg, VLC and GStreamer \
          show nothing, Chromium crashes.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&CHROMIUM, Crashes),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Late),
    ],
};

pub static BLANK_LINE_AFTER_HEAD: Rule = Rule {
    code: "M231",
    name: "blank-line-after-head",
    severity: Error,
    summary: "more than one empty line between the fields and the body",
    why: "The picture starts with a line end: Chromium crashes, Firefox and GStreamer show nothing, FFmpeg \
          stops after one frame.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Nothing),
        (&CHROMIUM, Crashes),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Dies),
    ],
};

pub static FIELD_MALFORMED: Rule = Rule {
    code: "M232",
    name: "field-malformed",
    severity: Error,
    summary: "a malformed line in the part head",
    why: "A line without a colon, a status line or a folded line: FFmpeg shows nothing.",
    section: "RFC 9112 5",
    explains: &[],
    effects: &[(&FFMPEG, Nothing), (&FFMPEG_STRICT, Nothing), (&OPENCV, Nothing), (&MPV, Late)],
};

pub static FIELD_WITHOUT_BLANK: Rule = Rule {
    code: "M233",
    name: "field-without-blank",
    severity: Error,
    summary: "no blank after the colon of Content-Type",
    why: "The blank is optional by the standard, but GStreamer reads the value from a fixed column and \
          shows nothing.",
    section: "RFC 9112 5",
    explains: &[],
    effects: &[(&GSTREAMER, Nothing)],
};

pub static HEAD_TOO_LONG: Rule = Rule {
    code: "M234",
    name: "head-too-long",
    severity: Error,
    summary: "the part head exceeds the limit",
    why: "The head is longer than any reader accepts, so the part was skipped.",
    section: "RFC 2046 5.1",
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

pub static TOO_MANY_FIELDS: Rule = Rule {
    code: "M235",
    name: "too-many-fields",
    severity: Info,
    summary: "the part head has more lines than are kept",
    why: "multipart-stream-rs accepts 16 lines, most readers more.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[],
};

pub static FIELD_BLANK_BEFORE_COLON: Rule = Rule {
    code: "M242",
    name: "field-blank-before-colon",
    severity: Error,
    summary: "blanks between a field name and its colon",
    why: "GStreamer does not find Content-Length and shows nothing; strict parsers refuse the line.",
    section: "RFC 9112 5.1",
    explains: &[],
    effects: &[(&GSTREAMER, Nothing)],
};
