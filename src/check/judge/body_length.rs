//! The Content-Length of a response.

use super::findings::Findings;
use crate::check::rule::Rule;
use crate::check::rules::http::{BODY_LENGTH, BODY_LENGTH_INVALID, BODY_LENGTH_ZERO};
use crate::consumers::{LengthFlaw, ResponseHead};
use crate::http::{Head, Version};

/// The Content-Length, which counts unless the body is in chunks.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodyLength {
    counting: Option<u64>,
    /// That of a response with Transfer-Encoding: chunked.
    beside_chunks: Option<u64>,
}

impl BodyLength {
    /// Of a head.
    pub fn of(head: &Head) -> Self {
        let facts = ResponseHead::of(head);
        let is_beside = facts.length_flaw == Some(LengthFlaw::WithChunks);
        let beside_chunks = head.text("content-length").filter(|_| is_beside);
        let beside_chunks = beside_chunks.and_then(|length| length.trim().parse().ok());
        // HTTP/1.0 has no chunks.
        let is_old = head.version == Version::Http10;
        Self { counting: facts.content_length.or(beside_chunks.filter(|_| is_old)), beside_chunks }
    }

    /// The length, if it counts.
    pub fn counting(self) -> Option<u64> {
        self.counting
    }

    /// The body is not in chunks: the length beside them is judged as any other.
    pub fn chunks_missing(&mut self, findings: [&mut Findings; 2]) {
        let Some(length) = self.beside_chunks else { return };
        self.counting = self.counting.or(self.beside_chunks);
        findings.into_iter().for_each(|it| it.rename(&BODY_LENGTH_INVALID, rule_of_length(length == 0)));
    }
}

/// The rule that the Content-Length of a stream breaks.
pub fn rule_of_length(is_zero: bool) -> &'static Rule {
    if is_zero { &BODY_LENGTH_ZERO } else { &BODY_LENGTH }
}
