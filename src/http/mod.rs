//! The HTTP around a stream: response heads, field lines, content types and the chunked coding
//! (RFC 9110, RFC 9112), read as cameras write them.
//!
//! ```text
//! response    = status-line CRLF *( field-line CRLF ) CRLF [ body ]      RFC 9112 2.1
//! status-line = HTTP-version SP status-code SP [ reason-phrase ]
//! field-line  = field-name ":" OWS field-value OWS
//! ```
//!
//! For what departs from the standard, each reader returns the intended value and a flaw with its place.
//!
//! | what is sent | by | read as |
//! |---|---|---|
//! | `ICY 200 OK` | SHOUTcast and cameras built on it | [`Version::Icy`] |
//! | no reason phrase, several blanks, LF alone | small servers | as usual |
//! | a field without a colon, folded, with blanks before the colon | several | [`FieldFlaw`]; the other fields are read as usual |
//! | `boundary =b`, `Boundary="b"`, `,boundary=b`, blanks in an unquoted value | Panasonic, TRENDnet | [`BoundaryParameter`], which records the form |
//! | chunks under `HTTP/1.0` | Kasa | [`Dechunker`]: the head's `Transfer-Encoding` decides, and the body's first line |
//!
//! Nothing here opens a socket. [`Head::parse`] takes all bytes from the first one on and returns `None`
//! until the head is complete. [`Dechunker`] takes each byte once.

mod cache;
mod chunked;
mod content_type;
mod date;
mod fields;
mod head;
mod number;

pub use chunked::{ChunkError, ChunkErrorKind, Dechunker};
pub use content_type::{BoundaryParameter, ContentType, Separator};
pub use date::parse_date;
pub use fields::{FieldFlaw, FieldLine, Fields, split_fields};
pub use head::{HEAD_BYTES, Head, HeadError, HeadErrorKind, Version};
pub use number::{decimal, hexadecimal};

pub(crate) use cache::{Allowance, cache_lifetime};
pub(crate) use date::seconds_since_1970;
pub(crate) use fields::{is_field_like, may_become_field};
pub(crate) use head::HeadSearch;
