//! Media players and the libraries behind them.

use crate::consumers::body_end::{BodyEnd, LookAhead};
use crate::consumers::boundary::{Boundary, Search, Value};
use crate::consumers::consumer::{Consumer, Framing, Parameters, Pictures, Probe, Undecodable};
use crate::consumers::delimiter::{Blank, Dashes, Delimiters, Source, Tail};
use crate::consumers::framing::{AtClose, Multipart, Release};
use crate::consumers::http_client::HttpClient;
use crate::consumers::length::{Length, Syntax, Unusable};
use crate::consumers::lines::Lines;
use crate::consumers::part_head::{BlankBeforeColon, Folded, NoColon, PartHead};
use crate::consumers::part_type::{MissingType, OtherType, PartType, TypeCheck};
use crate::consumers::response::{ChunkedHttp10, OtherTypes, Response, Types};

const DECODED: Pictures =
    Pictures::Decoded { skips_lead: true, undecodable: Undecodable::Skipped, skips_text: false };

/// libavformat's `mpjpeg` demuxer.
const FFMPEG_LINES: Lines = Lines { nul_ends: true, seen_bytes: 127, ..Lines::ANY };
const FFMPEG_MULTIPART: Multipart = Multipart {
    delimiters: Delimiters {
        source: Source::AnyLine,
        lines: FFMPEG_LINES,
        close_ends: false,
        ..Delimiters::LINES
    },
    head: PartHead {
        lines: FFMPEG_LINES,
        blanks_end: true,
        no_colon: NoColon::Refused,
        folded: Folded::Ordinary,
        ..PartHead::LINES
    },
    part_type: PartType { check: TypeCheck::Exact, ..PartType::ANY },
    length: Length {
        syntax: Syntax::Strtol,
        invalid: Unusable::Absent,
        zero: Unusable::Absent,
        negative: Unusable::Absent,
        max: i32::MAX as i128,
        above_max: Unusable::Absent,
        required: false,
        ..Length::REQUIRED
    },
    body_end: BodyEnd::AnyDashes { read_bytes: 2048 },
    at_close: AtClose::ShownWithLength,
    complete_is_shown: true,
    ..Multipart::BY_LENGTH
};
const FFMPEG_PARAMETERS: Parameters = Parameters {
    response: Response {
        client: HttpClient::FFMPEG,
        icy: true,
        types: Types::MixedReplace,
        other_types: OtherTypes::Probed,
        ..Response::ANY
    },
    boundary: None,
    framing: Framing::Multipart(FFMPEG_MULTIPART),
    probe: Probe::OtherTypes,
    pictures: DECODED,
    one_per_send: false,
    drops_empty: false,
};

/// The `ffmpeg` program.
pub static FFMPEG: Consumer =
    Consumer { name: "ffmpeg", version: "FFmpeg 8.1 and 5.1.9", parameters: FFMPEG_PARAMETERS };

/// FFmpeg compares delimiters with the announced boundary only with this option; few users set it.
pub static FFMPEG_STRICT: Consumer = Consumer {
    name: "ffmpeg_strict",
    version: "FFmpeg 5.1.9 with -strict_mime_boundary 1",
    parameters: Parameters {
        boundary: Some(Boundary { cut_at_semicolon: true, optional: true, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::Parameter(Dashes::Added),
                tail: Tail::Anything,
                ..FFMPEG_MULTIPART.delimiters
            },
            body_end: BodyEnd::Line { whole: true, read_bytes: 2048 },
            ..FFMPEG_MULTIPART
        }),
        ..FFMPEG_PARAMETERS
    },
};

/// `VideoCapture(url)`, which is FFmpeg; a program stops at the first failed `read()`.
pub static OPENCV: Consumer = Consumer {
    name: "opencv",
    version: "opencv-python-headless 5.0.0.93, FFmpeg backend",
    parameters: Parameters {
        pictures: Pictures::Decoded { skips_lead: true, undecodable: Undecodable::Stops, skips_text: false },
        ..FFMPEG_PARAMETERS
    },
};

/// mpv guesses the format from the body, and survives errors.
pub static MPV: Consumer = Consumer {
    name: "mpv",
    version: "mpv 0.35.1 --untimed --cache-pause=no",
    parameters: Parameters {
        response: Response { client: HttpClient::FFMPEG, icy: true, ..Response::ANY },
        probe: Probe::Always,
        framing: Framing::Multipart(Multipart { retries: 10, at_close: AtClose::Shown, ..FFMPEG_MULTIPART }),
        ..FFMPEG_PARAMETERS
    },
};

/// VLC searches the first delimiter line of the body, and looks far ahead.
pub static VLC: Consumer = Consumer {
    name: "vlc",
    version: "VLC 3.0.24",
    parameters: Parameters {
        response: Response {
            client: HttpClient::VLC,
            icy: true,
            chunked_http10: ChunkedHttp10::Refused,
            types: Types::MixedReplace,
            other_types: OtherTypes::DashesOrStill,
            ..Response::ANY
        },
        boundary: Some(Boundary { search: Search::Text, value: Value::Rest, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::FirstLine { agrees: true, stays: false },
                close_ends: false,
                blank_first: Blank::Lines(1),
                blank_is_crlf: true,
                ..Delimiters::LINES
            },
            part_type: PartType { check: TypeCheck::Prefix, ..PartType::ANY },
            length: Length::IGNORED,
            release: Release::Delimiter,
            look_ahead: Some(LookAhead { first: 15_360, step: 5_120 }),
            starts_with_dashes: true,
            ..Multipart::BY_LENGTH
        }),
        ..FFMPEG_PARAMETERS
    },
};

/// `souphttpsrc ! multipartdemux ! jpegdec`.
pub static GSTREAMER: Consumer = Consumer {
    name: "gstreamer",
    version: "GStreamer 1.22",
    parameters: Parameters {
        response: Response { client: HttpClient::SOUPHTTPSRC, icy: true, ..Response::ANY },
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::FirstLine { agrees: false, stays: true },
                blank_first: Blank::Space,
                blank_next: Blank::Space,
                ..Delimiters::LINES
            },
            head: PartHead {
                blank_before_colon: BlankBeforeColon::Unknown,
                fixed_column: true,
                ..PartHead::LINES
            },
            part_type: PartType {
                check: TypeCheck::BeforeParameters,
                missing: MissingType::Inherited,
                other: OtherType::SkippedLater,
            },
            length: Length {
                syntax: Syntax::Signed32,
                negative: Unusable::Absent,
                required: false,
                ..Length::REQUIRED
            },
            extra_bytes: 2,
            ..Multipart::BY_LENGTH
        }),
        pictures: Pictures::Decoded {
            skips_lead: false,
            undecodable: Undecodable::Skipped,
            skips_text: false,
        },
        ..FFMPEG_PARAMETERS
    },
};
