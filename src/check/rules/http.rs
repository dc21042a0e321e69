//! The response head and the transfer coding.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC};

pub static CONTENT_TYPE_MISSING: Rule = Rule {
    code: "H101",
    name: "content-type-missing",
    severity: Error,
    summary: "the response has no Content-Type",
    why: "Browsers decide by the type: without `multipart/x-mixed-replace` they show nothing. FFmpeg, VLC \
          and GStreamer look at the body and play.",
    section: "RFC 9110 8.3",
    explains: &[],
    effects: &[(&CHROMIUM, Nothing), (&FIREFOX, Nothing)],
};

pub static CONTENT_TYPE_NOT_MIXED_REPLACE: Rule = Rule {
    code: "H102",
    name: "content-type-not-mixed-replace",
    severity: Error,
    summary: "the Content-Type is not multipart/x-mixed-replace",
    why: "Browsers show a stream only with exactly this type; with `multipart/mixed`, `image/jpeg` and \
          `application/octet-stream` they show nothing or one picture. Programs that probe the body play it.",
    section: "WHATWG HTML 17.2",
    explains: &[],
    effects: &[(&CHROMIUM, Nothing), (&FIREFOX, Nothing)],
};

pub static BOUNDARY_MISSING: Rule = Rule {
    code: "H103",
    name: "boundary-missing",
    severity: Error,
    summary: "the Content-Type has no boundary parameter",
    why: "Browsers and parsers that need the parameter show nothing; others learn the delimiter from the \
          first line of the body.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&CHROMIUM, Nothing), (&FIREFOX, Nothing)],
};

pub static BOUNDARY_NAME_CASE: Rule = Rule {
    code: "H104",
    name: "boundary-name-case",
    severity: Error,
    summary: "the boundary parameter is not written in lower case",
    why: "Parameter names are case-insensitive, but Firefox searches for `boundary` in lower case and shows \
          nothing.",
    section: "RFC 2045 5.1",
    explains: &[],
    effects: &[(&FIREFOX, Nothing)],
};

pub static BOUNDARY_BLANK_AT_EQUALS: Rule = Rule {
    code: "H105",
    name: "boundary-blank-at-equals",
    severity: Error,
    summary: "blanks around the `=` of the boundary parameter",
    why: "Not allowed by RFC 9110, sent by Panasonic cameras; Chromium shows nothing.",
    section: "RFC 9110 5.6.6",
    explains: &[],
    effects: &[(&CHROMIUM, Nothing)],
};

pub static BOUNDARY_NOT_FIRST: Rule = Rule {
    code: "H106",
    name: "boundary-not-first",
    severity: Error,
    summary: "another parameter precedes boundary",
    why: "Legal, but Firefox takes the first parameter as the boundary and shows nothing.",
    section: "RFC 9110 5.6.6",
    explains: &[],
    effects: &[(&FIREFOX, Nothing)],
};

pub static BOUNDARY_NOT_LAST: Rule = Rule {
    code: "H107",
    name: "boundary-not-last",
    severity: Error,
    summary: "something follows the boundary parameter",
    why: "A second parameter is legal, a lone semicolon is not; VLC takes both as part of the boundary and \
          shows nothing.",
    section: "RFC 9110 5.6.6",
    explains: &[],
    effects: &[(&VLC, Nothing)],
};

pub static BOUNDARY_SEPARATOR: Rule = Rule {
    code: "H108",
    name: "boundary-separator",
    severity: Error,
    summary: "no semicolon between media type and boundary",
    why: "Browsers do not find the parameter and show nothing.",
    section: "RFC 9110 8.3.1",
    explains: &[],
    effects: &[(&CHROMIUM, Nothing), (&FIREFOX, Nothing)],
};

pub static BOUNDARY_QUOTED: Rule = Rule {
    code: "H109",
    name: "boundary-quoted",
    severity: Info,
    summary: "the boundary is quoted",
    why: "Legal, and needed for blanks and `:/=?`. All measured consumers read it; Fluidd, ZoneMinder and \
          some old viewers keep the quotes and show nothing. Use a boundary of letters and digits without \
          quotes.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[],
};

pub static BOUNDARY_TOO_LONG: Rule = Rule {
    code: "H110",
    name: "boundary-too-long",
    severity: Warning,
    summary: "the boundary has more than 70 characters",
    why: "RFC 2046 allows 70. FFmpeg with -strict_mime_boundary loses the stream at 200.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG_STRICT, Nothing)],
};

pub static BODY_LENGTH_ZERO: Rule = Rule {
    code: "H111",
    name: "body-length-zero",
    severity: Error,
    summary: "the response says Content-Length: 0",
    why: "The client takes the body as empty and disconnects: no viewer shows a frame.",
    section: "RFC 9112 6.3",
    explains: &[&BODY_LENGTH_SHORT],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static BODY_LENGTH: Rule = Rule {
    code: "H112",
    name: "body-length",
    severity: Warning,
    summary: "the response of a stream has a Content-Length",
    why: "An endless body has no length. Clients that trust it (libcurl, reqwest, proxies) stop there, or \
          report an error when the stream ends earlier.",
    section: "RFC 9112 6.3",
    explains: &[],
    effects: &[],
};

pub static CHUNKED_UNDER_HTTP10: Rule = Rule {
    code: "H113",
    name: "chunked-under-http10",
    severity: Error,
    summary: "chunked coding under HTTP/1.0",
    why: "HTTP/1.0 has no transfer codings, so clients may read the chunk sizes as content: VLC shows \
          nothing, and the tab of Chromium can crash at the end of the stream.",
    section: "RFC 9112 6.1",
    explains: &[],
    effects: &[(&VLC, Nothing), (&CHROMIUM, Crashes)],
};

pub static CHUNK_FRAMING: Rule = Rule {
    code: "H114",
    name: "chunk-framing",
    severity: Error,
    summary: "the chunk framing is broken",
    why: "A client cannot know where the content continues: it ends the stream or shows garbage.",
    section: "RFC 9112 7.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Dies),
        (&VLC, Dies),
        (&CHROMIUM, Dies),
        (&FIREFOX, Dies),
        (&GSTREAMER, Dies),
        (&OPENCV, Dies),
        (&MPV, Dies),
    ],
};

pub static STATUS_LINE: Rule = Rule {
    code: "H115",
    name: "status-line",
    severity: Error,
    summary: "the status line is not one of HTTP/1.0 or HTTP/1.1",
    why: "With `ICY 200 OK` and other versions Chromium shows nothing, VLC reconnects again and again, and \
          many libraries refuse the response.",
    section: "RFC 9112 4",
    explains: &[],
    effects: &[(&VLC, Late), (&CHROMIUM, Nothing)],
};

pub static HEAD_BARE_LF: Rule = Rule {
    code: "H116",
    name: "head-bare-lf",
    severity: Warning,
    summary: "lines of the response head end in a bare LF",
    why: "All measured consumers read it, but VLC waits two seconds and connects again.",
    section: "RFC 9112 2.2",
    explains: &[],
    effects: &[(&VLC, Late)],
};

pub static HEAD_FIELD: Rule = Rule {
    code: "H117",
    name: "head-field",
    severity: Warning,
    summary: "a field line of the response head is malformed",
    why: "Strict HTTP libraries (hyper, aiohttp, ureq) refuse the whole response, and so does VLC. It is a warning, since \
          browsers and all other measured players play; with --consumers vlc it is an error.",
    section: "RFC 9112 5",
    explains: &[],
    effects: &[],
};

pub static CONTENT_CODING_MISSING: Rule = Rule {
    code: "H118",
    name: "content-coding-missing",
    severity: Error,
    summary: "the head announces a content coding such as gzip, but the body is not coded",
    why: "Clients that decode the coding find no valid data: the browsers and FFmpeg show nothing. VLC and GStreamer do \
          not decode gzip, and play.",
    section: "RFC 9110 8.4",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static BODY_LENGTH_INVALID: Rule = Rule {
    code: "H119",
    name: "body-length-invalid",
    severity: Error,
    summary: "the Content-Length of the response is not one number",
    why: "Node, Go and aiohttp refuse the response if the value is no number below 2^63, is given twice, or comes with \
          Transfer-Encoding. Browsers refuse different values; FFmpeg and GStreamer take a word for 0 and show nothing. \
          Leave the field out.",
    section: "RFC 9112 6.3",
    explains: &[&BODY_LENGTH],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
    ],
};

pub static BODY_LENGTH_SHORT: Rule = Rule {
    code: "H120",
    name: "body-length-short",
    severity: Error,
    summary: "the stream goes on after the Content-Length of the response",
    why: "Clients end the response where its length says, and the stream with it. An endless body has no length: leave \
          the field out.",
    section: "RFC 9112 6.3",
    explains: &[&BODY_LENGTH],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Dies),
        (&VLC, Dies),
        (&CHROMIUM, Dies),
        (&FIREFOX, Dies),
        (&GSTREAMER, Dies),
        (&OPENCV, Dies),
        (&MPV, Dies),
    ],
};

pub static RESPONSE_HEAD_MISSING: Rule = Rule {
    code: "H121",
    name: "response-head-missing",
    severity: Error,
    summary: "the server sends a body without a response head",
    why: "GStreamer's tcpserversink does this. No HTTP client accepts it: only FFmpeg shows a picture, because it takes \
          the head of a part for the head of the response. Put an HTTP server before the stream.",
    section: "RFC 9112 2.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Dies),
        (&VLC, Nothing),
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Dies),
        (&MPV, Dies),
    ],
};

pub static EMPTY_LINE_BEFORE_STATUS: Rule = Rule {
    code: "H122",
    name: "empty-line-before-status",
    severity: Error,
    summary: "an empty line before the status line",
    why: "FFmpeg, VLC, curl, Go and Python's urllib take the empty line for the status line and show nothing. Browsers, \
          GStreamer and Node skip it.",
    section: "RFC 9112 2.2",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};
