//! The body of a response: bytes through the transfer coding into the multipart parser.

use super::coding::Coding;
use super::content_coding::ContentCoding;
use super::error::Error;
use crate::http::{ContentType, Head};
use crate::jpeg::Walk;
use crate::multipart::{DeviationKind, Limits, Parser};

/// The coding that the bytes come in, and the parser of what it holds.
#[derive(Debug)]
pub struct Body {
    /// The transfer coding.
    pub coding: Coding,
    /// The parser of the decoded body.
    pub parser: Parser<Walk>,
    /// The content coding that the head announces.
    content_coding: Option<ContentCoding>,
    /// The fault of the chunk framing, until it is returned.
    error: Option<Error>,
}

impl Body {
    /// The body behind `head`.
    pub fn new(head: Option<&Head>, coding: Coding, limits: Limits) -> Self {
        let content_type = head.and_then(|head| head.fields().first("content-type"));
        let boundary = content_type.and_then(|value| ContentType::parse(value).boundary);
        let boundary = boundary.as_ref().map(|boundary| &boundary.value[..]);
        let mut parser = Parser::with_limits(Walk::new(), boundary, limits);
        if let Some(kind) = coding.deviation {
            parser.deviate_first(kind);
        }
        let codings = head.and_then(|head| head.fields().first("content-encoding"));
        Self { coding, parser, content_coding: codings.and_then(ContentCoding::parse), error: None }
    }

    /// Copies in what came together with the head.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.parser.space();
            let n = bytes.len().min(space.len());
            space[..n].copy_from_slice(&bytes[..n]);
            self.filled(n);
            bytes = &bytes[n..];
        }
    }

    /// The first `n` bytes of the parser's space hold what was read.
    pub fn filled(&mut self, n: usize) {
        if self.coding.is_over() || self.error.is_some() {
            // The body has ended: these bytes are not part of it.
            return;
        }
        let content = self.coding.decode(&mut self.parser.space()[..n]);
        if content.is_ok_and(|n| n > 0)
            && self.parser.received() == 0
            && let Some(coding) = self.content_coding
        {
            if coding.may_start_with(self.parser.space()[0]) {
                self.error = Some(Error::Compressed);
                return;
            }
            if self.coding.is_coding_open {
                self.parser.deviate_first(DeviationKind::ContentCodingMissing);
            }
        }
        self.parser.filled(*content.as_ref().unwrap_or(&0));
        self.error = self.coding.error().map(Error::Chunked);
        if self.coding.is_over() || self.error.is_some() {
            self.parser.finish();
        }
    }

    /// Whether the parser has an event.
    ///
    /// # Errors
    ///
    /// When the chunk framing or the body cannot be read. What came before a fault of the framing is returned first.
    pub fn has_event(&mut self) -> Result<bool, Error> {
        if self.error == Some(Error::Compressed) {
            return Err(Error::Compressed);
        }
        match self.parser.has_event() {
            Ok(true) => Ok(true),
            Ok(false) if self.parser.is_finished() => self.error.map_or(Ok(false), Err),
            Ok(false) => Ok(false),
            // A body that broke before it could show a part is not called something else.
            Err(error) => Err(self.error.unwrap_or(Error::Multipart(error))),
        }
    }
}
