//! The recorded times of a capture: from the timing file beside it.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::anyhow;

use super::local::Local;
use super::wire::Wire;
use super::wired_reader::WiredReader;
use crate::capture::{self, TimingReader, timing_path};
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;

/// When the bytes that were read last came, as the recorder noted it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Recorded(Arc<Mutex<Times>>);

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    last: Duration,
    start: Option<Duration>,
}

/// Reads a capture as its recorder did: no read goes beyond the end of a recorded one.
pub struct RecordedReader {
    capture: Box<dyn Read + Send>,
    timing: TimingReader<Box<dyn io::BufRead + Send>>,
    path: PathBuf,
    /// The read that the next byte belongs to.
    read: capture::Read,
    /// Bytes of the capture so far.
    at: u64,
    times: Recorded,
}

impl Recorded {
    /// When the bytes that were read last came, since the first byte of the capture.
    pub fn last(&self) -> Duration {
        self.times().last
    }

    /// When the first byte of the capture came, since 1970-01-01 UTC, if the file says so.
    pub fn start(&self) -> Option<Duration> {
        self.times().start
    }

    fn times(&self) -> Times {
        // Nothing panics while it holds the lock.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordedReader {
    /// A reader of the capture at `path`, which is open, if there is a timing file beside it; else the capture as it is.
    ///
    /// # Errors
    ///
    /// When there is one and it cannot be used.
    pub fn open(
        path: &Path,
        capture: Box<dyn Read + Send>,
        clock: &Clock,
        stop: &Stop,
        deadline: Duration,
    ) -> Result<Result<Self, Box<dyn Read + Send>>, Problem> {
        let timing = timing_path(path);
        if !fs::metadata(&timing).is_ok_and(|metadata| metadata.is_file()) {
            return Ok(Err(capture));
        }
        // Its end is not that of the capture, so it has a wire of its own.
        let wire = Wire::new(clock, stop);
        wire.set_deadline(Some(deadline));
        let file: Box<dyn io::BufRead + Send> = match Local::open(&timing, &wire, clock, deadline)? {
            Local::Pipe(file) => Box::new(BufReader::new(WiredReader::new(file, &wire))),
            Local::Disk(file) => Box::new(BufReader::new(WiredReader::new(file, &wire))),
        };
        let reader = Self::new(capture, file, &timing).map_err(|error| {
            Problem::new(anyhow!("cannot use {}: {error}", timing.display()))
                .hint("to read the capture without its times, move that file away")
        })?;
        // From now on the reads of the capture have a deadline each; those of its times follow them.
        wire.set_deadline(None);
        Ok(Ok(reader))
    }

    fn new(
        capture: Box<dyn Read + Send>,
        timing: Box<dyn io::BufRead + Send>,
        path: &Path,
    ) -> Result<Self, capture::TimingError> {
        let read = capture::Read { end: 0, at: Duration::ZERO };
        let (path, times) = (path.into(), Recorded::default());
        Ok(Self { capture, timing: TimingReader::new(timing)?, path, read, at: 0, times })
    }

    /// The times, as they are read.
    pub fn times(&self) -> Recorded {
        self.times.clone()
    }
}

impl Read for RecordedReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.read.end <= self.at {
            let next = self.timing.next_read().map_err(|error| {
                let place = self.path.display();
                io::Error::other(format!("{place}: {error}"))
            })?;
            // Bytes without a line count as if they had come with the last line.
            self.read = next.unwrap_or(capture::Read { end: u64::MAX, ..self.read });
        }
        let left = usize::try_from(self.read.end - self.at).unwrap_or(usize::MAX);
        let most = room.len().min(left);
        let n = self.capture.read(&mut room[..most])?;
        self.at += n as u64;
        let mut times = self.times.0.lock().unwrap_or_else(PoisonError::into_inner);
        *times = Times { last: self.read.at, start: self.timing.start() };
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_the_time_of_its_recorded_read() {
        let timing = "# mjpeg timing 1\n# start 17.5\n3 0.0\n4 0.1\n9 2.5\n";
        for room in [1, 2, 100] {
            let reader = RecordedReader::new(
                Box::new(&b"abcdefghijkl"[..]),
                Box::new(timing.as_bytes()),
                Path::new("x"),
            );
            let mut reader = reader.unwrap();
            let times = reader.times();
            let (mut all, mut room) = (Vec::new(), vec![0; room]);
            while let Ok(n @ 1..) = reader.read(&mut room) {
                all.extend(room[..n].iter().map(|&byte| (byte as char, times.last().as_millis())));
            }
            let late = "efghijkl".chars().map(|byte| (byte, 2500));
            let early = [('a', 0), ('b', 0), ('c', 0), ('d', 100)];
            assert_eq!(all, early.into_iter().chain(late).collect::<Vec<_>>());
            assert_eq!(times.start(), Some(Duration::from_millis(17_500)));
        }
        let broken = "# mjpeg timing 1\n3 0.0\nx\n";
        let reader =
            RecordedReader::new(Box::new(&b"abcdef"[..]), Box::new(broken.as_bytes()), Path::new("x.timing"));
        let mut reader = reader.unwrap();
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 3);
        let error = reader.read(&mut [0; 9]).unwrap_err().to_string();
        assert!(error.contains("x.timing: line 3"), "{error}");
    }
}
