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

/// The most bytes that are kept of an answer: enough for the title of a page.
const MOST_BYTES: usize = 4 << 10;

/// An answer that is no multipart stream: its head, and how it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// The bytes of the head, and the first ones of the body, in chunks if there are any.
    pub start: Vec<u8>,
}

impl Answer {
    /// An answer of which the head has come.
    pub fn new(head: &Head) -> Self {
        Self { head: head.clone(), start: head.bytes().to_vec() }
    }

    /// Takes the next bytes of the body.
    pub fn take(&mut self, bytes: &[u8]) {
        let room = (self.head.bytes().len() + MOST_BYTES).saturating_sub(self.start.len());
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// What it says it is.
    pub fn content_type(&self) -> String {
        self.head.text("content-type").unwrap_or_default()
    }
}
