//! The test pattern as a stream, through the same codec as every other one.

use std::io::{self, Read};
use std::time::Duration;

use anyhow::anyhow;
use mjpeg::multipart::{Boundary, PartHead, Serializer};

use super::pause::pause;
use crate::clock::Clock;
use crate::pattern::{Pattern, Size};
use crate::problem::Problem;
use crate::signal::Stop;

/// Frames per second that the frames' times say. Unless the reader is paced, they come as fast as they are read.
const FPS: u64 = 15;

/// An endless response of test frames.
pub struct PatternReader {
    pattern: Pattern,
    serializer: Serializer,
    number: u64,
    piece: Vec<u8>,
    read: usize,
    pace: Option<Pace>,
}

/// Frames come at their times.
struct Pace {
    clock: Clock,
    stop: Stop,
    started: Duration,
}

impl PatternReader {
    /// The stream of `test:SIZE`, whose frames depend on their number alone.
    ///
    /// # Errors
    ///
    /// When `size` is not a size.
    pub fn new(size: &str) -> Result<Self, Problem> {
        let size: Size = size.parse().map_err(|why: String| anyhow!("test:{size}: {why}"))?;
        let serializer = Serializer::new(Boundary::new("mjpeg-test-pattern")?);
        let mut piece =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\n\r\n", serializer.content_type()).into_bytes();
        serializer.first_delimiter(&mut piece);
        Ok(Self { pattern: Pattern::new(size, 0), serializer, number: 0, piece, read: 0, pace: None })
    }

    /// The same with frames that come at their times.
    pub fn paced(self, clock: &Clock, stop: &Stop) -> Self {
        let pace = Pace { clock: clock.clone(), stop: stop.clone(), started: clock.now() };
        Self { pace: Some(pace), ..self }
    }

    fn next_piece(&mut self) -> io::Result<()> {
        self.number += 1;
        let time = Duration::from_nanos(self.number.saturating_mul(1_000_000_000 / FPS));
        if let Some(Pace { clock, stop, started }) = &self.pace {
            // A signal ends the pause: the reader of this stream looks for it.
            pause(*started + time, clock, stop);
        }
        let jpeg = self.pattern.frame(self.number, time).map_err(io::Error::other)?;
        self.piece.clear();
        self.read = 0;
        let head = PartHead::new(jpeg.len() as u64).taken(time);
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
