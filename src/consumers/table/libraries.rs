//! Libraries and programs that read multipart and deliver bytes.

use crate::consumers::body_end::BodyEnd;
use crate::consumers::boundary::{Boundary, Search, Value};
use crate::consumers::consumer::{Consumer, Framing, Parameters, Pictures, Probe};
use crate::consumers::delimiter::{Blank, Delimiters, Place, Preamble, Source, Tail};
use crate::consumers::framing::{Multipart, Release};
use crate::consumers::http_client::HttpClient;
use crate::consumers::length::{Length, Repeated, Syntax, Unusable};
use crate::consumers::lines::{LineEnds, Lines};
use crate::consumers::part_head::{BlankBeforeColon, Folded, NoColon, PartHead, Shape};
use crate::consumers::part_type::{PartType, TypeCheck};
use crate::consumers::response::{ChunkedHttp10, OtherTypes, Response, Types};

const LIBRARY: Parameters = Parameters {
    response: Response::ANY,
    boundary: Some(Boundary::TOLERANT),
    framing: Framing::Multipart(Multipart::BY_LENGTH),
    probe: Probe::OtherTypes,
    pictures: Pictures::Delivered,
    one_per_send: false,
    drops_empty: false,
};

/// `NextPart` and `io.ReadAll`.
pub static GO_MULTIPART: Consumer = Consumer {
    name: "go_multipart",
    version: "Go 1.19.8 mime/multipart",
    parameters: Parameters {
        response: Response { client: HttpClient::GO, chunked_http10: ChunkedHttp10::Raw, ..Response::ANY },
        boundary: Some(Boundary { value: Value::Token, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                tail: Tail::Blanks,
                preamble: Preamble::Lines,
                blank_first: Blank::Lines(0),
                blank_next: Blank::Lines(1),
                lines: Lines { max_bytes: 4_095, ..Lines::ANY },
                ..Delimiters::LINES
            },
            head: PartHead {
                no_colon: NoColon::Refused,
                blank_before_colon: BlankBeforeColon::Unknown,
                ..PartHead::LINES
            },
            length: Length::IGNORED,
            body_end: BodyEnd::SameLineEnd,
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};

/// Its reader of `multipart/x-mixed-replace`, and the choice of that reader.
pub static GO2RTC: Consumer = Consumer {
    name: "go2rtc",
    version: "go2rtc at dc1685e9, Go 1.19.8",
    parameters: Parameters {
        response: Response {
            client: HttpClient::GO,
            chunked_http10: ChunkedHttp10::Raw,
            types: Types::MixedReplaceLowerCase,
            other_types: OtherTypes::Still { early: false },
            dashes_suffice: true,
            ..Response::ANY
        },
        boundary: None,
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::AnyLine,
                tail: Tail::Anything,
                close_ends: false,
                blank_is_crlf: true,
                doubled: true,
                ..Delimiters::LINES
            },
            head: PartHead {
                no_colon: NoColon::Refused,
                blank_before_colon: BlankBeforeColon::Unknown,
                ..PartHead::LINES
            },
            length: Length {
                syntax: Syntax::Signed,
                negative: Unusable::Crashes,
                repeated: Repeated::First,
                ..Length::REQUIRED
            },
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};

/// The crate, with the boundary from the crate `mime`.
pub static MULTIPART_STREAM: Consumer = Consumer {
    name: "multipart_stream",
    version: "multipart-stream 0.1.2 with reqwest 0.12.28",
    parameters: Parameters {
        response: Response {
            chunked_http10: ChunkedHttp10::Refused,
            types: Types::Multipart,
            ..Response::ANY
        },
        boundary: Some(Boundary { value: Value::Token, blanks_at_equals: false, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                close_ends: false,
                lines: Lines { ends: LineEnds::Crlf, ..Lines::ANY },
                ..Delimiters::LINES
            },
            head: PartHead {
                no_colon: NoColon::Refused,
                folded: Folded::Refused,
                blank_before_colon: BlankBeforeColon::Refused,
                max_fields: 16,
                ..PartHead::LINES
            },
            length: Length { repeated: Repeated::First, ..Length::REQUIRED },
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};

/// `MultipartReader.from_response` and `part.read()`.
pub static AIOHTTP: Consumer = Consumer {
    name: "aiohttp",
    version: "aiohttp 3.14.5",
    parameters: Parameters {
        response: Response { client: HttpClient::AIOHTTP, types: Types::Multipart, ..Response::ANY },
        boundary: Some(Boundary { max_bytes: 70, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                tail: Tail::Blanks,
                preamble: Preamble::Lines,
                blank_next: Blank::Lines(0),
                ..Delimiters::LINES
            },
            head: PartHead {
                lines: Lines { max_bytes: 8_190, ..Lines::ANY },
                max_fields: 128,
                no_colon: NoColon::Refused,
                folded: Folded::Refused,
                blank_before_colon: BlankBeforeColon::Refused,
                ..PartHead::LINES
            },
            length: Length { repeated: Repeated::Refused, required: false, ..Length::REQUIRED },
            body_end: BodyEnd::Line { whole: false, read_bytes: 0 },
            second_read: Some(8_192),
            release: Release::LineEnd,
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};

/// The client of the Python package.
pub static PY_MJPEG: Consumer = Consumer {
    name: "py_mjpeg",
    version: "py-mjpeg 1.0.1",
    parameters: Parameters {
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                tail: Tail::Blanks,
                trimmed: true,
                blank_first: Blank::Lines(1),
                blank_next: Blank::Lines(1),
                close_ends: false,
                ..Delimiters::LINES
            },
            head: PartHead {
                no_colon: NoColon::Refused,
                folded: Folded::Ordinary,
                blank_before_colon: BlankBeforeColon::Unknown,
                ..PartHead::LINES
            },
            part_type: PartType { check: TypeCheck::LowerCase, ..PartType::ANY },
            length: Length {
                syntax: Syntax::Signed,
                zero: Unusable::Ends,
                repeated: Repeated::First,
                ..Length::REQUIRED
            },
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};

/// The viewer of the Klipper front end, on `fetch`.
pub static FLUIDD: Consumer = Consumer {
    name: "fluidd",
    version: "Fluidd at 192279a8, Node 20",
    parameters: Parameters {
        response: Response {
            client: HttpClient::BROWSER,
            bare_lf: false,
            types: Types::MultipartText,
            ..Response::ANY
        },
        boundary: Some(Boundary {
            search: Search::Text,
            case_sensitive: true,
            quotes_removed: false,
            ..Boundary::TOLERANT
        }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                place: Place::Text,
                tail: Tail::Unread,
                close_ends: false,
                preamble: Preamble::Skipped,
                ..Delimiters::LINES
            },
            head: PartHead { shape: Shape::Skipped, ..PartHead::LINES },
            length: Length::IGNORED,
            release: Release::Delimiter,
            ..Multipart::BY_LENGTH
        }),
        ..LIBRARY
    },
};
