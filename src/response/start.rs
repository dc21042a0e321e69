//! What comes before the body: heads, and the first bytes that show how the body is framed.

use alloc::vec::Vec;

use super::coding::Coding;
use crate::http::{Dechunker, Head, HeadError, HeadErrorKind, HeadSearch};

/// Room for one read before the body starts.
const READ_BYTES: usize = 16 << 10;
/// Interim heads before the one that counts. Servers send two at most.
const MOST_INTERIM: usize = 8;
/// Heads before the one that counts in a saved response: redirections and refusals.
const MOST_SAVED: usize = 32;

/// What the input is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A server's answer. Interim heads (1xx) are skipped. Input that does not start like a response is
    /// a body without a head.
    Response,
    /// What a file holds: a saved response, a body alone, or JPEGs one after another. Heads of
    /// redirections and refusals that another head follows are skipped (`curl -iL`, `curl -i --digest`).
    /// Whether a body that the head calls
    /// chunked still is, is decided by its first bytes (`curl -i` with and without `--raw`).
    Saved,
}

/// The bytes before the body, as far as they have come.
#[derive(Debug)]
pub(super) struct Start {
    expected: Expected,
    /// The bytes that have come, and room behind them.
    bytes: Vec<u8>,
    /// Bytes that have come.
    len: usize,
    /// Bytes of heads that were skipped.
    skipped: usize,
    interim: usize,
    search: HeadSearch,
    /// The head that counts, while it is not known whether its body is in chunks.
    head: Option<Head>,
}

/// What [`Start::decide`] found.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) head: Option<Head>,
    pub(super) coding: Coding,
    /// Where the body starts in [`Start::bytes`].
    pub(super) body: usize,
}

impl Start {
    pub(super) fn new(expected: Expected) -> Self {
        let (bytes, search) = (Vec::new(), HeadSearch::default());
        Self { expected, bytes, len: 0, skipped: 0, interim: 0, search, head: None }
    }

    /// Room for the next read.
    pub(super) fn space(&mut self) -> &mut [u8] {
        self.bytes.resize(self.len + READ_BYTES, 0);
        &mut self.bytes[self.len..]
    }

    /// Says that the first `n` bytes of the room hold what was read.
    pub(super) fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.len, "more bytes filled than there was space");
        self.len += n;
    }

    /// The bytes that have come.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Decides where the body starts and how it is framed. `None`: more bytes are needed. With `is_end`
    /// no more will come.
    pub(super) fn decide(&mut self, is_end: bool) -> Result<Option<Started>, HeadError> {
        loop {
            if let Some(head) = self.head.take() {
                return Ok(self.chunking(head, is_end));
            }
            match self.search.parse(&self.bytes[self.skipped..self.len]) {
                Ok(Some(head)) => match self.is_skipped(&head, is_end) {
                    Some(true) => {
                        self.skipped += head.len;
                        self.interim += 1;
                        self.search = HeadSearch::default();
                    }
                    Some(false) => self.head = Some(head),
                    None => {
                        self.search = HeadSearch::default();
                        return Ok(None);
                    }
                },
                Ok(None) if !is_end => return Ok(None),
                Ok(None) if self.expected == Expected::Response => {
                    return Err(HeadError { offset: self.len, kind: HeadErrorKind::Cut });
                }
                Err(error) if self.expected == Expected::Response && error.kind == HeadErrorKind::Status => {
                    return Err(error);
                }
                Ok(None) | Err(_) => return Ok(Some(self.headless())),
            }
        }
    }

    /// Whether a complete head is not the one that counts. `None`: more bytes are needed.
    fn is_skipped(&self, head: &Head, is_end: bool) -> Option<bool> {
        let behind = &self.bytes[self.skipped + head.len..self.len];
        match self.expected {
            Expected::Response => Some(head.status < 200 && self.interim < MOST_INTERIM),
            Expected::Saved if self.interim >= MOST_SAVED => Some(false),
            Expected::Saved if head.status < 200 => Some(true),
            Expected::Saved if head.status >= 300 => {
                const NEXT: &[u8] = b"HTTP/";
                let n = NEXT.len().min(behind.len());
                let may_follow = behind[..n] == NEXT[..n];
                if n == NEXT.len() || !may_follow || is_end {
                    Some(may_follow && n == NEXT.len())
                } else {
                    None
                }
            }
            Expected::Saved => Some(false),
        }
    }

    /// `head` counts. Whether its body is in chunks may take a few bytes of the body.
    fn chunking(&mut self, head: Head, is_end: bool) -> Option<Started> {
        let body = self.skipped + head.len;
        let is_chunked = match (head.is_chunked(), self.expected) {
            (false, _) => false,
            (true, Expected::Response) => true,
            (true, Expected::Saved) => match Dechunker::is_kept_in(&self.bytes[body..self.len]) {
                None if !is_end => {
                    self.head = Some(head);
                    return None;
                }
                kept => kept == Some(true),
            },
        };
        let coding = Coding::new(Some(&head), is_chunked);
        Some(Started { head: Some(head), coding, body })
    }

    /// There is no head, or none that ends within its limit.
    fn headless(&self) -> Started {
        Started { head: None, coding: Coding::new(None, false), body: self.skipped }
    }
}
