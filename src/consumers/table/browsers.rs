//! Browsers, with the stream in an `<img>`.

use crate::consumers::body_end::BodyEnd;
use crate::consumers::boundary::{Boundary, Value};
use crate::consumers::consumer::{Consumer, Framing, Parameters, Pictures, Probe, Undecodable};
use crate::consumers::delimiter::{Dashes, Delimiters, Place, Preamble, Source, Tail};
use crate::consumers::framing::{AtClose, Multipart, Release};
use crate::consumers::http_client::HttpClient;
use crate::consumers::length::{Length, Purpose, Syntax, Unusable};
use crate::consumers::lines::Lines;
use crate::consumers::part_head::{Folded, NoColon, PartHead, Shape};
use crate::consumers::response::{ChunkedHttp10, OtherTypes, Response, Types};

const BROWSER: Parameters = Parameters {
    response: Response {
        client: HttpClient::BROWSER,
        types: Types::MixedReplace,
        other_types: OtherTypes::Still { early: false },
        ..Response::ANY
    },
    boundary: Some(Boundary::TOLERANT),
    framing: Framing::Multipart(Multipart::BY_LENGTH),
    probe: Probe::OtherTypes,
    pictures: Pictures::Decoded { skips_lead: false, undecodable: Undecodable::Crashes, skips_text: false },
    one_per_send: false,
    drops_empty: false,
};

/// Searches the boundary anywhere, looks at no length, and shows a picture with the head of the next part.
pub static CHROMIUM: Consumer = Consumer {
    name: "chromium",
    version: "Chromium 156.0.8078.79 and 156.0.8078.108",
    parameters: Parameters {
        response: Response { chunked_http10: ChunkedHttp10::Raw, ..BROWSER.response },
        boundary: Some(Boundary { blanks_at_equals: false, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::Parameter(Dashes::AddedUnlessThere),
                place: Place::Text,
                tail: Tail::Anything,
                preamble: Preamble::FirstPart,
                ..Delimiters::LINES
            },
            head: PartHead { shape: Shape::Block, ..PartHead::LINES },
            length: Length::IGNORED,
            release: Release::NextHead,
            at_close: AtClose::Shown,
            ..Multipart::BY_LENGTH
        }),
        ..BROWSER
    },
};

/// Searches the boundary anywhere, cuts the picture at the length, and shows it with the next delimiter line.
pub static FIREFOX: Consumer = Consumer {
    name: "firefox",
    version: "Firefox 153 ESR",
    parameters: Parameters {
        response: Response { icy: true, other_types: OtherTypes::Still { early: true }, ..BROWSER.response },
        boundary: Some(Boundary { first_only: true, case_sensitive: true, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::Parameter(Dashes::Either),
                place: Place::Text,
                preamble: Preamble::Skipped,
                ..Delimiters::LINES
            },
            head: PartHead { no_colon: NoColon::Swallows, folded: Folded::Ordinary, ..PartHead::LINES },
            length: Length {
                purpose: Purpose::Cuts,
                syntax: Syntax::Prefix,
                max: 2_000_000_000,
                above_max: Unusable::Refused,
                sign_bit: Some(Unusable::Absent),
                ..Length::IGNORED
            },
            release: Release::DelimiterLine,
            at_close: AtClose::Shown,
            ..Multipart::BY_LENGTH
        }),
        pictures: Pictures::Decoded {
            skips_lead: false,
            undecodable: Undecodable::Skipped,
            skips_text: true,
        },
        ..BROWSER
    },
};

/// libsoup reads the parts. The web process crashes if the stream ends before any delimiter.
pub static WEBKITGTK: Consumer = Consumer {
    name: "webkitgtk",
    version: "WebKitGTK 2.50.6",
    parameters: Parameters {
        response: Response {
            client: HttpClient::UNKNOWN,
            icy: true,
            chunked_http10: ChunkedHttp10::Refused,
            types: Types::MixedReplaceLowerCase,
            other_types: OtherTypes::Still { early: true },
            ..BROWSER.response
        },
        boundary: Some(Boundary { value: Value::Semicolon, ..Boundary::TOLERANT }),
        framing: Framing::Multipart(Multipart {
            delimiters: Delimiters {
                source: Source::Parameter(Dashes::AddedUnlessThere),
                tail: Tail::Anything,
                preamble: Preamble::Lines,
                skips_lines: true,
                lines: Lines { max_bytes: 8_191, ..Lines::ANY },
                ..Delimiters::LINES
            },
            head: PartHead { lines: Lines { max_bytes: 8_191, ..Lines::ANY }, ..PartHead::LINES },
            length: Length {
                purpose: Purpose::Skips,
                syntax: Syntax::Unsigned64,
                zero: Unusable::Absent,
                ..Length::IGNORED
            },
            body_end: BodyEnd::Delimiter,
            release: Release::NextHead,
            needs_delimiter: true,
            ..Multipart::BY_LENGTH
        }),
        pictures: Pictures::Decoded { skips_lead: false, undecodable: Undecodable::Stops, skips_text: false },
        ..BROWSER
    },
};
