//! The first bytes of a response: for a tap that comes later, and to say what the response is if it is no stream.

use std::time::Duration;

/// How much of a response is kept to say what it is, in bytes.
const START_BYTES: usize = 16 << 10;

/// Bytes of a response that were read before it was known what it is.
#[derive(Debug, Default)]
pub struct FirstBytes {
    /// What was read before there was a tap, with its times.
    early: Vec<(Duration, Vec<u8>)>,
    /// The start of the response, until it is known to be a stream.
    start: Start,
}

#[derive(Debug)]
enum Start {
    Kept(Vec<u8>),
    Forgotten,
}

impl Default for Start {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

impl FirstBytes {
    /// Keeps bytes of one read for a tap.
    pub fn keep_early(&mut self, at: Duration, bytes: &[u8]) {
        self.early.push((at, bytes.to_vec()));
    }

    /// The reads before there was a tap, with their times. They are not kept.
    pub fn take_early(&mut self) -> Vec<(Duration, Vec<u8>)> {
        std::mem::take(&mut self.early)
    }

    /// Whether these reads begin with these bytes.
    pub fn begin_with(&self, bytes: &[u8]) -> bool {
        self.early.iter().flat_map(|(_, read)| read).take(bytes.len()).eq(bytes)
    }

    /// Keeps bytes of the start, unless there are enough or it is known what the response is.
    pub fn keep_start(&mut self, bytes: &[u8]) {
        if let Start::Kept(start) = &mut self.start {
            let room = START_BYTES.saturating_sub(start.len());
            start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// The start of the response, if it is kept.
    pub fn start(&self) -> &[u8] {
        match &self.start {
            Start::Kept(start) => start,
            Start::Forgotten => &[],
        }
    }

    /// It is known what the response is: forgets the start.
    pub fn forget_start(&mut self) {
        self.start = Start::Forgotten;
    }
}
