//! The response around the stream.

use crate::check::consumer::Effect::*;
use crate::check::consumer::Effects;
use crate::check::rule::Rule;
use crate::check::rule::Severity::*;

/// The rules, in the order of their codes.
pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "H101",
        name: "content-type-missing",
        severity: Error,
        summary: "the response has no Content-Type",
        why: "Browsers decide by it: without `multipart/x-mixed-replace` they show nothing. FFmpeg, VLC and \
              GStreamer look at the body and play.",
        section: "RFC 9110 8.3",
        effects: Effects([Plays, Plays, Plays, Nothing, Nothing, Plays]),
    },
    Rule {
        code: "H102",
        name: "content-type-not-mixed-replace",
        severity: Error,
        summary: "the Content-Type is not multipart/x-mixed-replace",
        why: "Browsers show a stream only under this very type; `multipart/mixed`, `image/jpeg` and \
              `application/octet-stream` show nothing or one picture. Programs that probe the body play it.",
        section: "WHATWG HTML 17.2",
        effects: Effects([Plays, Plays, Plays, Nothing, Nothing, Plays]),
    },
    Rule {
        code: "H103",
        name: "boundary-missing",
        severity: Error,
        summary: "the Content-Type has no boundary parameter",
        why: "Browsers and every parser that trusts the parameter show nothing; others learn the delimiter \
              from the first line of the body.",
        section: "RFC 2046 5.1.1",
        effects: Effects([Plays, Plays, Plays, Nothing, Nothing, Plays]),
    },
    Rule {
        code: "H104",
        name: "boundary-name-case",
        severity: Error,
        summary: "the boundary parameter is not written in lower case",
        why: "Parameter names have no case, but Firefox looks for `boundary` in lower case and shows \
              nothing.",
        section: "RFC 2045 5.1",
        effects: Effects([Plays, Plays, Plays, Plays, Nothing, Plays]),
    },
    Rule {
        code: "H105",
        name: "boundary-blank-at-equals",
        severity: Error,
        summary: "blanks around the `=` of the boundary parameter",
        why: "Not allowed by RFC 9110, sent by Panasonic cameras; Chromium shows nothing.",
        section: "RFC 9110 5.6.6",
        effects: Effects([Plays, Plays, Plays, Nothing, Plays, Plays]),
    },
    Rule {
        code: "H106",
        name: "boundary-not-first",
        severity: Error,
        summary: "another parameter stands before boundary",
        why: "Legal, but Firefox takes the first parameter for the boundary and shows nothing.",
        section: "RFC 9110 5.6.6",
        effects: Effects([Plays, Plays, Plays, Plays, Nothing, Plays]),
    },
    Rule {
        code: "H107",
        name: "boundary-not-last",
        severity: Error,
        summary: "something follows the boundary parameter",
        why: "A second parameter is legal, a lone semicolon is not; VLC takes both for a part of the \
              boundary and shows nothing.",
        section: "RFC 9110 5.6.6",
        effects: Effects([Plays, Plays, Nothing, Plays, Plays, Plays]),
    },
    Rule {
        code: "H108",
        name: "boundary-separator",
        severity: Error,
        summary: "no semicolon between media type and boundary",
        why: "Browsers do not find the parameter and show nothing.",
        section: "RFC 9110 8.3.1",
        effects: Effects([Plays, Plays, Plays, Nothing, Nothing, Plays]),
    },
    Rule {
        code: "H109",
        name: "boundary-quoted",
        severity: Info,
        summary: "the boundary is quoted",
        why: "Legal, and needed for blanks and `:/=?`. All measured consumers read it; Fluidd, ZoneMinder \
              and some old viewers keep the quotes and see nothing. Use a boundary of letters and digits \
              without quotes.",
        section: "RFC 2046 5.1.1",
        effects: Effects::NONE,
    },
    Rule {
        code: "H110",
        name: "boundary-too-long",
        severity: Warning,
        summary: "the boundary has more than 70 characters",
        why: "RFC 2046 allows 70. FFmpeg with -strict_mime_boundary loses the stream at 200.",
        section: "RFC 2046 5.1.1",
        effects: Effects([Plays, Nothing, Plays, Plays, Plays, Plays]),
    },
    Rule {
        code: "H111",
        name: "body-length-zero",
        severity: Error,
        summary: "the response says Content-Length: 0",
        why: "The client takes the body for empty and goes; nobody sees a frame.",
        section: "RFC 9112 6.3",
        effects: Effects([Nothing, Nothing, Nothing, Nothing, Nothing, Nothing]),
    },
    Rule {
        code: "H112",
        name: "body-length",
        severity: Warning,
        summary: "the response of a stream has a Content-Length",
        why: "An endless body has no length. Clients that believe it stop there, or report an error when the \
              stream ends earlier; libcurl, reqwest and proxies do.",
        section: "RFC 9112 6.3",
        effects: Effects::NONE,
    },
    Rule {
        code: "H113",
        name: "chunked-under-http10",
        severity: Error,
        summary: "chunked coding under HTTP/1.0",
        why: "HTTP/1.0 has no transfer codings, so clients may take the chunk sizes for content; VLC shows \
              nothing.",
        section: "RFC 9112 6.1",
        effects: Effects([Plays, Plays, Nothing, Plays, Plays, Plays]),
    },
    Rule {
        code: "H114",
        name: "chunk-framing",
        severity: Error,
        summary: "the chunk framing is broken",
        why: "A client cannot know where the content goes on: it ends the stream or shows garbage.",
        section: "RFC 9112 7.1",
        effects: Effects([Dies, Dies, Dies, Dies, Dies, Dies]),
    },
    Rule {
        code: "H115",
        name: "status-line",
        severity: Error,
        summary: "the status line is not that of HTTP/1.0 or HTTP/1.1",
        why: "`ICY 200 OK` and other versions: Chromium shows nothing, VLC reconnects again and again, and \
              many libraries refuse.",
        section: "RFC 9112 4",
        effects: Effects([Plays, Plays, Late, Nothing, Plays, Plays]),
    },
    Rule {
        code: "H116",
        name: "head-bare-lf",
        severity: Warning,
        summary: "lines of the response head end in a bare LF",
        why: "Read by all, but VLC waits two seconds and connects again.",
        section: "RFC 9112 2.2",
        effects: Effects([Plays, Plays, Late, Plays, Plays, Plays]),
    },
    Rule {
        code: "H117",
        name: "head-field",
        severity: Warning,
        summary: "a field line of the response head is malformed",
        why: "Strict HTTP libraries (hyper, aiohttp, ureq) refuse the whole response.",
        section: "RFC 9112 5",
        effects: Effects::NONE,
    },
];
