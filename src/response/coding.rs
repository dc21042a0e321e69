//! How the body is framed: its transfer coding and its length (RFC 9112 6.3).

use crate::http::{ChunkError, Dechunker, Head, decimal};
use crate::multipart::DeviationKind;

/// The framing of the body, and how much of it has been read.
#[derive(Debug)]
pub(super) struct Coding {
    dechunker: Option<Dechunker>,
    length: Length,
    /// Bytes of the decoded body.
    content: u64,
    /// What the head says of the body that is not so.
    pub(super) deviation: Option<DeviationKind>,
    /// Whether the head announces a content coding, and it is not known yet if the content has it. In a chunked body, only the first
    /// decoded byte shows that.
    pub(super) is_coding_open: bool,
}

/// What the Content-Length of the response is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// None that counts.
    Unknown,
    /// That of a finite answer, such as an error page or a snapshot. The body ends there.
    Exact(u64),
    /// Perhaps that of a finite answer: endless streams announce one too (webcamXP: 9999999).
    Perhaps(u64),
}

impl Coding {
    /// The framing of the body behind `head`. `is_chunked`: the body is in chunks.
    pub(super) fn new(head: Option<&Head>, is_chunked: bool) -> Self {
        let announces_chunks = head.is_some_and(Head::is_chunked);
        let length = head.filter(|_| !announces_chunks).map_or(Length::Unknown, Length::of);
        Self {
            dechunker: is_chunked.then(Dechunker::new),
            length,
            content: 0,
            deviation: None,
            is_coding_open: false,
        }
    }

    /// The same, with what the head says of the body that is not so.
    pub(super) fn with_deviation(self, deviation: Option<DeviationKind>) -> Self {
        Self { deviation, ..self }
    }

    /// The same, with a content coding that the content must still show, or without.
    pub(super) fn with_open_coding(self, is_coding_open: bool) -> Self {
        Self { is_coding_open, ..self }
    }

    /// Decodes the next bytes of the body in place. Returns how many bytes of content now stand at the
    /// front of `bytes`.
    ///
    /// # Errors
    ///
    /// As [`Dechunker::decode`]: content before a fault is returned first.
    pub(super) fn decode(&mut self, bytes: &mut [u8]) -> Result<usize, ChunkError> {
        let len = match (&mut self.dechunker, self.length) {
            (Some(dechunker), _) => dechunker.decode(bytes)?,
            (None, Length::Exact(length)) => {
                usize::try_from(length - self.content).unwrap_or(usize::MAX).min(bytes.len())
            }
            (None, _) => bytes.len(),
        };
        self.content += len as u64;
        Ok(len)
    }

    /// Whether the body comes in chunks.
    pub(super) fn is_in_chunks(&self) -> bool {
        self.dechunker.is_some()
    }

    /// Where the chunk framing broke, if it has.
    pub(super) fn error(&self) -> Option<ChunkError> {
        self.dechunker.as_ref().and_then(Dechunker::error)
    }

    /// Whether the framing says that the body has ended.
    pub(super) fn is_over(&self) -> bool {
        match &self.dechunker {
            Some(dechunker) => dechunker.is_done(),
            None => self.length == Length::Exact(self.content),
        }
    }

    /// Whether the body may have ended: as many bytes have come as the head announces.
    pub(super) fn may_be_over(&self) -> bool {
        self.is_over() || self.length == Length::Perhaps(self.content)
    }

    /// Whether the body may end here: false inside a chunked body.
    pub(super) fn may_end(&self) -> bool {
        self.dechunker.as_ref().is_none_or(Dechunker::is_done)
    }
}

impl Length {
    fn of(head: &Head) -> Self {
        let Some(length) = head.text("content-length").and_then(|value| decimal(&value)) else {
            return Self::Unknown;
        };
        // RFC 9110 8.3.1: the case of a type means nothing.
        let value = head.text("content-type").unwrap_or_default().to_ascii_lowercase();
        let is_finite = ["text/", "application/json", "image/"].iter().any(|start| value.starts_with(start));
        if is_finite { Self::Exact(length) } else { Self::Perhaps(length) }
    }
}
