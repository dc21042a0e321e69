//! What a consumer accepts of the response head.

use super::cause::Cause;
use super::head::ResponseHead;
use super::http_client::HttpClient;
use crate::http::Version;

/// What a consumer accepts of the response head.
#[derive(Debug, Clone, Copy)]
pub struct Response {
    /// What its HTTP library makes of an odd head.
    pub client: HttpClient,
    /// A status line that does not start with `HTTP/` is accepted.
    pub icy: bool,
    /// A head whose lines end in LF alone is accepted.
    pub bare_lf: bool,
    /// The chunked coding under HTTP/1.0.
    pub chunked_http10: ChunkedHttp10,
    /// The types that enter the multipart reader.
    pub types: Types,
    /// What becomes of all other types.
    pub other_types: OtherTypes,
    /// Other types enter the multipart reader all the same if the body starts with two dashes.
    pub dashes_suffice: bool,
    /// A body that ends before its Content-Length is an error, and its last bytes are not seen.
    pub length_enforced: bool,
}

/// The chunked coding under HTTP/1.0, which does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkedHttp10 {
    /// It is removed.
    Decoded,
    /// The chunk framing is read as a part of the body.
    Raw,
    /// The response is refused.
    Refused,
}

/// Types of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Types {
    /// Any type, also none.
    Any,
    /// `multipart/x-mixed-replace`.
    MixedReplace,
    /// `multipart/x-mixed-replace` in lower case.
    MixedReplaceLowerCase,
    /// Any `multipart/` type.
    Multipart,
    /// A value with the text `multipart`.
    MultipartText,
    /// `multipart/x-mixed-replace` with `boundary=` as first parameter.
    MixedReplaceBoundary,
}

/// What a consumer does with a response of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherTypes {
    /// Refuses it.
    Refused,
    /// Shows `image/jpeg` as one picture: from its first byte on, or when it is complete.
    Still {
        /// Shown from the first byte on.
        early: bool,
    },
    /// Guesses from the first bytes of the body.
    Probed,
    /// Takes a body that starts with dashes for multipart. Shows `image/jpeg` with a length as one picture when it is complete,
    /// and without a length not at all. Guesses all others.
    DashesOrStill,
}

impl Response {
    /// Accepts everything that was measured, with an HTTP library that was not.
    pub const ANY: Self = Self {
        client: HttpClient::UNKNOWN,
        icy: false,
        bare_lf: true,
        chunked_http10: ChunkedHttp10::Decoded,
        types: Types::Any,
        other_types: OtherTypes::Refused,
        dashes_suffice: false,
        length_enforced: false,
    };

    /// Why the head is refused, its type aside.
    pub(super) fn refusal(&self, head: &ResponseHead) -> Option<Cause> {
        if head.version == Version::Icy && !self.icy {
            return Some(Cause::StatusLine);
        }
        if head.bare_lf && !self.bare_lf {
            return Some(Cause::HeadBareLf);
        }
        let is_odd = head.is_chunked && head.version == Version::Http10;
        if head.lacks_chunks && !(is_odd && self.chunked_http10 == ChunkedHttp10::Raw) {
            return Some(Cause::ChunksMissing);
        }
        (is_odd && self.chunked_http10 == ChunkedHttp10::Refused).then_some(Cause::ChunkedHttp10)
    }
}

impl Types {
    /// Whether the type in a Content-Type value is one of these.
    pub(super) fn contain(self, content_type: &[u8]) -> bool {
        const MIXED_REPLACE: &[u8] = b"multipart/x-mixed-replace";
        let name = type_name(content_type);
        match self {
            Self::Any => true,
            Self::MixedReplace => name.eq_ignore_ascii_case(MIXED_REPLACE),
            Self::MixedReplaceLowerCase => name == MIXED_REPLACE,
            Self::Multipart => name.len() > 10 && name[..10].eq_ignore_ascii_case(b"multipart/"),
            Self::MultipartText => memchr::memmem::find(content_type, b"multipart").is_some(),
            Self::MixedReplaceBoundary => {
                memchr::memmem::find(content_type, MIXED_REPLACE).is_some_and(|at| {
                    let rest = content_type[at + MIXED_REPLACE.len()..].strip_prefix(b";");
                    rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"boundary="))
                })
            }
        }
    }
}

/// A Content-Type without its parameters.
pub(super) fn type_name(content_type: &[u8]) -> &[u8] {
    content_type.split(|&b| b == b';').next().unwrap_or_default().trim_ascii()
}
