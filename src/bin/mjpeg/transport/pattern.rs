//! The test pattern as a stream, through the same codec as every other one.

use std::io::{self, Read};
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::multipart::{Boundary, PartHead, Serializer};

use crate::exit::Failure;
use crate::pattern::{Pattern, Size};

/// Frames per second that the frames' times say; they come as fast as they are read.
const FPS: u64 = 15;

/// An endless multipart body of test frames.
pub struct PatternReader {
    pattern: Pattern,
    serializer: Serializer,
    number: u64,
    piece: Vec<u8>,
    read: usize,
}

impl PatternReader {
    /// The stream of `test:SIZE`, whose frames depend on their number alone.
    ///
    /// # Errors
    ///
    /// Exit 6 when `size` is no size.
    pub fn new(size: &str) -> Result<Self, Failure> {
        let size: Size = size.parse().map_err(|why: String| Failure::local(anyhow!("test:{size}: {why}")))?;
        let boundary = Boundary::new("mjpeg-test-pattern").map_err(Failure::local)?;
        let serializer = Serializer::new(boundary);
        Ok(Self { pattern: Pattern::new(size), serializer, number: 0, piece: Vec::new(), read: 0 })
    }

    /// The Content-Type of the stream.
    pub fn content_type(&self) -> String {
        self.serializer.content_type()
    }

    fn next_piece(&mut self) -> io::Result<()> {
        self.number += 1;
        let time = Duration::from_nanos(self.number.saturating_mul(1_000_000_000 / FPS));
        let jpeg = self.pattern.frame(self.number, time).map_err(io::Error::other)?;
        self.piece.clear();
        self.read = 0;
        if self.number == 1 {
            self.serializer.first_delimiter(&mut self.piece);
        }
        let head = PartHead { content_length: jpeg.len() as u64, timestamp: Some(time) };
        self.serializer.head(&mut self.piece, &head);
        self.piece.extend_from_slice(&jpeg);
        self.serializer.delimiter(&mut self.piece);
        Ok(())
    }
}

impl Read for PatternReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.read == self.piece.len() {
            self.next_piece()?;
        }
        let n = room.len().min(self.piece.len() - self.read);
        room[..n].copy_from_slice(&self.piece[self.read..self.read + n]);
        self.read += n;
        Ok(n)
    }
}
