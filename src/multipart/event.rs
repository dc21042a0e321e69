//! The events of the parser.

use super::deviation::Deviation;
use super::extent::Extent;
use crate::http::Fields;

/// One thing found in the stream. Events come in the order of their places.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Bytes before the first delimiter (RFC 2046 5.1.1: to be ignored; FFmpeg, VLC and GStreamer fail).
    Preamble {
        /// The bytes.
        bytes: &'a [u8],
        /// Their range.
        span: Span,
    },
    /// A body part.
    Part(Part<'a>),
    /// The close-delimiter.
    CloseDelimiter(Span),
    /// Bytes behind the close-delimiter; not kept.
    Epilogue(Span),
    /// A departure from the standard. It comes before the part that it concerns, unless it can only be
    /// seen behind the part.
    Deviation(Deviation),
}

/// A body part: most often one picture.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Part<'a> {
    /// Its number, counted from 1.
    pub number: u64,
    /// The fields of its head.
    pub fields: Fields<'a>,
    /// Its body, as framed.
    pub body: &'a [u8],
    /// How the end of the body was found.
    pub framing: Framing,
    /// What the body's own format says: [`Extent::Complete`] is a whole picture, perhaps with bytes
    /// behind it.
    pub extent: Extent,
    /// The ranges of its pieces.
    pub spans: Spans,
}

impl Part<'_> {
    /// Whether the part is not meant as a picture: its Content-Type is not an image, and its body does not
    /// start like a picture. Some cameras send status text or XML between frames.
    pub fn is_not_a_picture(&self) -> bool {
        let is_image = self
            .fields
            .first("content-type")
            .is_none_or(|value| value.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"image/")));
        !is_image && self.extent == Extent::Foreign
    }
}

impl Spans {
    /// Where the part starts: its delimiter, or its body without one.
    pub fn start(&self) -> u64 {
        if self.delimiter.len > 0 { self.delimiter.start } else { self.body.start }
    }
}

/// How the end of a body was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Its Content-Length, confirmed by the picture's own end or by the delimiter behind it.
    ContentLength,
    /// The delimiter behind it.
    Delimited,
    /// The end of the input.
    EndOfInput,
    /// The picture's own end, because there is no delimiter.
    Scanned,
}

/// A range of the decoded body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Bytes from the start of the decoded body.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

impl Span {
    /// Bytes from the start of the decoded body to the first byte behind the range.
    pub fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// The ranges of the pieces of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spans {
    /// The delimiter line before it, from its dashes to its line end; empty where there is none.
    pub delimiter: Span,
    /// Its head with the empty line.
    pub head: Span,
    /// Its body.
    pub body: Span,
    /// The first range of its body in which the body's format has only data: for a JPEG, the entropy-coded data of
    /// its first scan. Empty where none ends in the body.
    pub coded: Span,
}
