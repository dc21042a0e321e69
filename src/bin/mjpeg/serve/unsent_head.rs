//! The head of a response that is not sent completely.

use std::rc::Rc;
use std::time::Duration;

/// The head, and how much of it was sent.
#[derive(Debug)]
pub struct UnsentHead {
    bytes: Rc<[u8]>,
    /// Bytes that were sent.
    at: usize,
    /// Until when it waits for the first part.
    waits_until: Option<Duration>,
}

impl UnsentHead {
    /// A head of which nothing was sent; `None` if it is empty.
    pub fn new(bytes: Rc<[u8]>) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self { bytes, at: 0, waits_until: None })
    }

    /// The same, but until this time it waits for the first part.
    pub fn waiting(self, until: Option<Duration>) -> Self {
        Self { waits_until: until, ..self }
    }

    /// Until when it waits for the first part, if it does.
    pub fn waits_until(&self) -> Option<Duration> {
        self.waits_until
    }

    /// The bytes that were not sent.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// `n` bytes were sent.
    pub fn advance(&mut self, n: usize) {
        self.at += n;
    }

    /// Whether it waits for the first part, and nothing but this byte may be sent of it.
    pub fn may_be_probed_by(&self, byte: &[u8]) -> bool {
        self.at == 0 && self.waits_until.is_some() && self.bytes.starts_with(byte)
    }
}
