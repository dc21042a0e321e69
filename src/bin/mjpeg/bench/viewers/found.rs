//! How a response ends for its reader, other than with frames.

use mjpeg::http::Head;

/// What the bytes of a response are, besides frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The head says no.
    Refusal(Box<Head>),
    /// It is no stream: why.
    NotAStream(String),
    /// The response is over.
    End,
}
