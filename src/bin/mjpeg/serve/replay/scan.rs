//! A scan: where the rounds of a capture may end, and its first picture.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use mjpeg::multipart::{Event, Extent, Framing};

use super::chunks::{Chunks, Place};
use super::frame_ends::FrameEnds;
use super::points::Points;
use super::recording::Recording;
use super::round_length::round_length;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::signal::Stop;
use crate::source::picture::Picture;
use crate::threads;
use crate::transport::{self, Flow, Observer, Session, Target};

/// How long the file may take to answer.
const IDLE: Duration = Duration::from_secs(60);

/// What the scan has found so far.
#[derive(Debug, Default)]
pub struct Scan {
    /// Bytes of the capture that belong to the first round in any case.
    safe: AtomicU64,
    points: OnceLock<Option<Points>>,
    picture: OnceLock<Picture>,
    frames: FrameEnds,
    failure: OnceLock<String>,
}

/// Whether the capture is played more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// Once: it needs no places to begin again.
    One,
    /// More often.
    More,
}

impl Scan {
    /// Starts the scan in a thread.
    ///
    /// # Errors
    ///
    /// When there is no thread.
    pub fn start(
        recording: &Recording,
        rounds: Rounds,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Arc<Self>, Problem> {
        let scan = Arc::new(Self::default());
        let (of_thread, recording) = (Arc::clone(&scan), recording.clone());
        let (clock, stop) = (clock.clone(), stop.clone());
        let run = move || {
            let points = of_thread.run(&recording, rounds, &clock, &stop);
            let _ = of_thread.points.set(points.unwrap_or_default());
            of_thread.frames.complete();
        };
        threads::start("scan", 512 * 1024, run).context("cannot start a thread for the source")?;
        Ok(scan)
    }

    /// What is known of a recording without such places: its first picture.
    pub fn of(picture: Option<Picture>) -> Arc<Self> {
        let scan = Self::default();
        // Both are set once, here.
        let _ = scan.points.set(None);
        let _ = picture.map(|picture| scan.picture.set(picture));
        Arc::new(scan)
    }

    /// Where a round ends and the next one begins; `Some(None)` if there is no such place, `None` if it is not known yet.
    pub fn points(&self) -> Option<Option<&Points>> {
        self.points.get().map(Option::as_ref)
    }

    /// Bytes of the capture that belong to the first round in any case.
    pub fn safe(&self) -> u64 {
        self.safe.load(Ordering::Relaxed)
    }

    /// Where its frames end.
    pub fn frames(&self) -> &FrameEnds {
        &self.frames
    }

    /// The first picture of the capture, once it is known.
    pub fn picture(&self) -> Option<Picture> {
        self.picture.get().cloned()
    }

    /// What is replayed cannot be read. The first cause counts.
    pub fn fail(&self, cause: String) {
        let _ = self.failure.set(cause);
    }

    /// Why it could not be read.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    fn run(
        &self,
        recording: &Recording,
        rounds: Rounds,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<Option<Points>, Problem> {
        let target = Target::File(recording.path.clone());
        let options = transport::Options::default();
        let stream = transport::open(&target, &options, IDLE, clock, stop)
            .map_err(|error| Problem::new(anyhow::anyhow!(error.to_string())))?;
        let mut session = Session::new(stream, clock, IDLE, clock.now());
        let body_start = session.body_start() as u64;
        let is_in_chunks = session.is_in_chunks();
        let file = File::open(&recording.path).with_context(|| format!("cannot open {target}"))?;
        let chunks = if is_in_chunks { Chunks::new(&file, body_start).ok() } else { None };
        let mut parts = Parts { body_start, is_in_chunks, chunks, ..Parts::new(self) };
        session.run(&mut parts, None)?;
        if rounds == Rounds::One || recording.has_length {
            return Ok(None);
        }
        Ok(parts.points(recording, &file)?)
    }
}

/// Observes the parts of the capture. Offsets are those of the decoded body.
struct Parts<'a> {
    scan: &'a Scan,
    body_start: u64,
    is_in_chunks: bool,
    /// Finds the ends of the frames, in a chunked body.
    chunks: Option<Chunks<'a>>,
    /// Where the first part begins.
    start: Option<u64>,
    /// Where the bodies of the first and of the last complete part end, and how many there are.
    first_end: u64,
    last_end: u64,
    count: u32,
    /// Behind the last complete part, and the line end that is missing there.
    cut: u64,
    line_end: &'static str,
}

impl<'a> Parts<'a> {
    fn new(scan: &'a Scan) -> Self {
        Self {
            scan,
            body_start: 0,
            is_in_chunks: false,
            chunks: None,
            start: None,
            first_end: 0,
            last_end: 0,
            count: 0,
            cut: 0,
            line_end: "",
        }
    }

    /// A delimiter at `offset` follows the parts so far.
    fn delimiter(&mut self, offset: u64) {
        if self.count > 0 {
            (self.cut, self.line_end) = (offset, "");
            if !self.is_in_chunks {
                self.scan.safe.store(self.body_start + offset, Ordering::Relaxed);
            }
        }
    }

    /// A frame ends behind this byte of the body.
    fn frame(&mut self, last: u64) {
        let place = match &mut self.chunks {
            // Behind broken framing the frames are not counted.
            Some(chunks) => chunks.place(last).ok().map(|place| place.offset),
            None if self.is_in_chunks => None,
            None => Some(self.body_start + last),
        };
        if let Some(offset) = place {
            self.scan.frames.push(offset + 1);
        }
    }

    fn points(&self, recording: &Recording, file: &File) -> io::Result<Option<Points>> {
        let Some(start) = self.start.filter(|_| self.count > 0) else { return Ok(None) };
        let ends = [self.first_end - 1, self.last_end - 1];
        let (start, first, last, cut) = if self.is_in_chunks {
            let mut chunks = Chunks::new(file, self.body_start)?;
            (chunks.place(start)?, chunks.place(ends[0])?, chunks.place(ends[1])?, chunks.place(self.cut)?)
        } else {
            let place = |offset| Place { offset: self.body_start + offset, chunk: None };
            (place(start), place(ends[0]), place(ends[1]), place(self.cut))
        };
        let [first, last] = times(recording, [first.offset, last.offset])?;
        let shift = round_length(first, last, self.count);
        Ok(Some(Points { start, cut, line_end: self.line_end, shift }))
    }
}

impl Observer for Parts<'_> {
    fn event(&mut self, event: &Event<'_>, _: Option<Duration>) -> Result<Flow, Problem> {
        match event {
            Event::Part(part) => {
                let spans = &part.spans;
                let begin = spans.start();
                self.start.get_or_insert(begin);
                self.delimiter(begin);
                let is_cut =
                    part.framing == Framing::EndOfInput && !matches!(part.extent, Extent::Complete { .. });
                if !is_cut && spans.body.len > 0 {
                    self.last_end = spans.body.end();
                    self.frame(self.last_end - 1);
                    if self.count == 0 {
                        self.first_end = self.last_end;
                    }
                    self.count = self.count.saturating_add(1);
                    self.cut = self.last_end;
                    self.line_end = if spans.delimiter.len > 0 { "\r\n" } else { "" };
                }
                if self.scan.picture.get().is_none()
                    && let Ok(picture) = Picture::new(part.body.to_vec())
                {
                    let _ = self.scan.picture.set(picture);
                }
                Ok(Flow::More)
            }
            Event::CloseDelimiter(span) => {
                self.delimiter(span.start);
                Ok(Flow::More)
            }
            _ => Ok(Flow::More),
        }
    }
}

/// When these bytes of the capture came. The offsets rise.
fn times(recording: &Recording, offsets: [u64; 2]) -> io::Result<[Duration; 2]> {
    let mut reads = recording.times()?;
    let mut times = [None, None];
    let mut last = Duration::ZERO;
    while let Some(read) = reads.next_read().map_err(io::Error::other)? {
        last = read.at;
        for (time, offset) in times.iter_mut().zip(offsets) {
            if time.is_none() && offset < read.end {
                *time = Some(read.at);
            }
        }
    }
    Ok(times.map(|time| time.unwrap_or(last)))
}
