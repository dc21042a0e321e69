//! A block: bytes of a replay, and when to send them.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

/// The most bytes of a block.
pub(super) const BLOCK_BYTES: usize = 64 << 10;
/// The most times of a block: a capture may have a time for each byte.
const TIMES: usize = 4096;

/// Where one viewer is. It reads files.
pub trait Playhead: Debug {
    /// The next block; `None` if it is not known yet: call again soon. The last block has an ending.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    fn next(&mut self) -> io::Result<Option<Block>>;
}

/// How a replay ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays open.
    Silence,
}

/// A bounded part of a replay.
#[derive(Debug, Default)]
pub struct Block {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Offsets in `bytes`, and when the bytes before them are due, since the start of the replay. Both rise.
    pub due: Vec<(usize, Duration)>,
    /// Offsets in `bytes` behind the frames that end there. They rise.
    pub frames: Vec<usize>,
    /// How and when the replay ends behind these bytes, if it does.
    pub ending: Option<(Ending, Duration)>,
}

impl Block {
    /// Adds the time of the bytes that were added to `bytes` since the last time.
    pub(super) fn push_time(&mut self, at: Duration) {
        let end = self.bytes.len();
        match self.due.last_mut() {
            Some((last_end, last_at)) if *last_at == at => *last_end = end,
            Some((last_end, _)) if *last_end == end => {}
            None if end == 0 => {}
            _ => self.due.push((end, at)),
        }
    }

    /// Bytes of memory.
    pub(super) fn kept_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.due.capacity() * size_of::<(usize, Duration)>()
            + self.frames.capacity() * size_of::<usize>()
    }

    /// Whether the block takes no more.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES || self.due.len() >= TIMES
    }
}
