//! Delimiters, and the bytes around them.

use crate::check::rule::Rule;
use crate::check::rule::Severity::*;
use crate::check::rules::jpeg::TRUNCATED;
use crate::consumers::Fate::*;
use crate::consumers::{CHROMIUM, FFMPEG, FFMPEG_STRICT, FIREFOX, GSTREAMER, MPV, OPENCV, VLC};

pub static PREAMBLE: Rule = Rule {
    code: "M201",
    name: "preamble",
    severity: Error,
    summary: "bytes before the first delimiter",
    why: "RFC 2046 lets readers ignore a preamble, but FFmpeg, VLC and GStreamer treat it as a broken \
          stream and show nothing. Start the body with the delimiter.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Late),
    ],
};

pub static FIRST_DELIMITER_MISSING: Rule = Rule {
    code: "M202",
    name: "first-delimiter-missing",
    severity: Error,
    summary: "no delimiter before the first part",
    why: "The body starts with the head of the first part (ESP32 cameras before 2020, Tasmota). Chromium \
          plays it and Firefox loses one frame, so developers do not notice; FFmpeg, VLC and GStreamer show \
          nothing.",
    section: "RFC 2046 5.1.1",
    explains: &[&PREAMBLE],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&FIREFOX, Loses),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static DELIMITER_MISMATCH: Rule = Rule {
    code: "M213",
    name: "delimiter-mismatch",
    severity: Error,
    summary: "the delimiter is not the announced boundary",
    why: "Readers that search for the announced boundary never find it: browsers and VLC show nothing; \
          FFmpeg and GStreamer take the first line as the delimiter and play.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG_STRICT, Nothing), (&VLC, Nothing), (&CHROMIUM, Nothing), (&FIREFOX, Nothing)],
};

pub static DELIMITER_DASHES: Rule = Rule {
    code: "M214",
    name: "delimiter-dashes",
    severity: Warning,
    summary: "the two dashes before the boundary are missing in the delimiter",
    why: "`boundary=--b` announces the delimiter `----b`; the body has `--b`. This is the most common \
          deviation (Axis, Sony, Panasonic). All measured consumers accept it except FFmpeg with \
          -strict_mime_boundary; Go and Fluidd do not either. Announce the boundary without dashes.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG_STRICT, Nothing)],
};

pub static DELIMITER_WITHOUT_DASHES: Rule = Rule {
    code: "M215",
    name: "delimiter-without-dashes",
    severity: Error,
    summary: "the delimiter has no dashes",
    why: "Only Firefox finds it.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&CHROMIUM, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Late),
    ],
};

pub static DELIMITER_CHANGED: Rule = Rule {
    code: "M216",
    name: "delimiter-changed",
    severity: Error,
    summary: "the delimiter differs from the previous ones",
    why: "Readers keep the first delimiter and take the rest of the stream as one endless part.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG_STRICT, Dies), (&VLC, Dies), (&CHROMIUM, Dies), (&FIREFOX, Dies), (&GSTREAMER, Dies)],
};

pub static DELIMITER_PADDED: Rule = Rule {
    code: "M217",
    name: "delimiter-padded",
    severity: Error,
    summary: "blanks after the delimiter",
    why: "Legal transport padding, but Firefox takes it as corruption and shows nothing.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FIREFOX, Nothing)],
};

pub static DELIMITER_GLUED: Rule = Rule {
    code: "M218",
    name: "delimiter-glued",
    severity: Error,
    summary: "no line end after the delimiter",
    why: "The first field is on the line of the delimiter; only Chromium finds it.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Nothing),
        (&FFMPEG_STRICT, Nothing),
        (&VLC, Nothing),
        (&FIREFOX, Nothing),
        (&GSTREAMER, Nothing),
        (&OPENCV, Nothing),
        (&MPV, Nothing),
    ],
};

pub static DELIMITER_DOUBLED: Rule = Rule {
    code: "M219",
    name: "delimiter-doubled",
    severity: Error,
    summary: "the delimiter line is repeated",
    why: "There is an empty part before each frame (Foscam G2). FFmpeg shows nothing; go2rtc needed a \
          workaround.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&FFMPEG, Nothing), (&FFMPEG_STRICT, Nothing), (&OPENCV, Nothing), (&MPV, Late)],
};

pub static CLOSE_DELIMITER_FOLLOWED: Rule = Rule {
    code: "M220",
    name: "close-delimiter-followed",
    severity: Error,
    summary: "a part follows the close-delimiter",
    why: "Two dashes after the boundary end the stream: browsers, FFmpeg and GStreamer drop everything that follows.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&CHROMIUM, Nothing),
        (&FIREFOX, Nothing),
        (&FFMPEG, Dies),
        (&FFMPEG_STRICT, Dies),
        (&GSTREAMER, Dies),
        (&OPENCV, Dies),
        (&MPV, Dies),
    ],
};

pub static BLANK_LINES: Rule = Rule {
    code: "M221",
    name: "blank-lines",
    severity: Info,
    summary: "empty lines before the delimiter",
    why: "One CRLF belongs to the delimiter, the others belong to nothing. All measured consumers skip them \
          if a Content-Length gives the end of the body.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[],
};

pub static NO_MULTIPART: Rule = Rule {
    code: "M237",
    name: "no-multipart",
    severity: Error,
    summary: "pictures without multipart framing",
    why: "The body is JPEGs one after another, or with binary records between them. FFmpeg plays JPEGs one after another \
          if the Content-Type is not multipart; browsers and GStreamer show nothing. Scanners for SOI and EOI read it, and thumbnails confuse \
          them.",
    section: "RFC 2046 5.1",
    // Where the next picture begins is all that tells where one ends.
    explains: &[&PREAMBLE, &PREAMBLE_BLANK, &TRUNCATED],
    effects: &[(&VLC, Nothing), (&CHROMIUM, Nothing), (&FIREFOX, Nothing), (&GSTREAMER, Nothing)],
};

pub static BYTES_BETWEEN: Rule = Rule {
    code: "M238",
    name: "bytes-between",
    severity: Info,
    summary: "bytes between two unframed pictures, or after the last one",
    why: "webcamXP and Sercomm cameras put records there, and some programs pad with NULs.",
    section: "RFC 2046 5.1",
    explains: &[],
    effects: &[],
};

pub static PREAMBLE_BLANK: Rule = Rule {
    code: "M241",
    name: "preamble-blank",
    severity: Error,
    summary: "an empty line before the first delimiter",
    why: "One CRLF before the first delimiter is part of it, a second one is a preamble: VLC shows nothing \
          and Chromium crashes.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[(&VLC, Nothing), (&CHROMIUM, Crashes), (&MPV, Late)],
};

pub static DELIMITER_LOST: Rule = Rule {
    code: "M244",
    name: "delimiter-lost",
    severity: Error,
    summary: "no delimiter between two parts",
    why: "The next part follows the body without a delimiter. Readers that search for the delimiter take \
          both as one part, and lose at least one picture.",
    section: "RFC 2046 5.1.1",
    explains: &[],
    effects: &[
        (&FFMPEG, Loses),
        (&FFMPEG_STRICT, Loses),
        (&VLC, Loses),
        (&CHROMIUM, Loses),
        (&FIREFOX, Loses),
        (&GSTREAMER, Loses),
        (&OPENCV, Loses),
        (&MPV, Loses),
    ],
};
