//! Why the reading of a response ends before its input does.

use core::fmt;

use crate::http::{ChunkError, HeadError};
use crate::multipart;

/// What ends the reading of a response. Anything milder is a
/// [`Deviation`](crate::multipart::Deviation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a response head. The offset counts from the first byte.
    Head(HeadError),
    /// The chunk framing is broken. The offset counts from the first byte of the chunked body.
    Chunked(ChunkError),
    /// The body is not a stream. The offset counts bytes of the decoded body.
    Multipart(multipart::Error),
    /// The body is compressed, as its `Content-Encoding` says.
    Compressed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => error.fmt(f),
            Self::Chunked(error) => error.fmt(f),
            Self::Multipart(error) => error.fmt(f),
            Self::Compressed => f.write_str(
                "the body is compressed, as its Content-Encoding says: exclude this content type from the compression of \
                 the server or proxy",
            ),
        }
    }
}

impl core::error::Error for Error {}
