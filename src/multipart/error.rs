//! What ends the reading of a stream.

use core::fmt;

use crate::counted::Counted;

/// Why nothing can be read from the input. Everything milder is a
/// [`Deviation`](super::Deviation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Neither a delimiter nor a picture in the first `offset` bytes, which is all there is or all
    /// that [`Limits::search_bytes`](super::Limits) allows to look at.
    NotAStream {
        /// Bytes of the decoded body that were searched.
        offset: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAStream { offset: 0 } => f.write_str("multipart body: byte 0: the body is empty"),
            Self::NotAStream { offset } => {
                let searched = Counted(*offset, "byte");
                write!(f, "multipart body: byte 0: neither a delimiter nor a JPEG in {searched}")
            }
        }
    }
}

impl core::error::Error for Error {}
