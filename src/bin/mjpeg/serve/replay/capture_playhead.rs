//! A playhead over a capture: its bytes with the times of their reads.

use std::collections::VecDeque;
use std::io::{self, BufReader};
use std::sync::Arc;
use std::time::Duration;

use super::block::{BLOCK_BYTES, Block, Ending, Playhead};
use super::points::{Follows, From, Piece};
use super::recording::Recording;
use super::scan::Scan;
use super::shared_file::SharedFile;
use super::speed::Speed;
use crate::capture::{Read, TimingReader};

/// Makes the blocks of one viewer.
#[derive(Debug)]
pub struct CapturePlayhead {
    recording: Arc<Recording>,
    scan: Arc<Scan>,
    speed: Speed,
    /// Rounds that follow the current one; `None` is without end.
    rounds: Option<u32>,
    times: TimingReader<BufReader<SharedFile>>,
    /// The read that brought the next byte.
    read: Read,
    /// The next byte of the capture.
    at: u64,
    /// What is added to the recorded times in this round.
    shift: Duration,
    /// The time of the last bytes: times never fall.
    last: Duration,
    round: Round,
    pieces: VecDeque<Piece>,
}

/// The state of the current round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Its end is not known yet.
    Open,
    /// Its end is known, and another one follows.
    Inner,
    /// It is the last one.
    Last,
    /// The capture has been played to its end.
    Over,
}

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    Some,
    /// The scan has not seen which frames end there.
    NotYet,
    /// There are no more bytes.
    AtTheEnd,
}

impl CapturePlayhead {
    /// A playhead at the start of a capture that is played `rounds` times, or without end if `None`.
    ///
    /// # Errors
    ///
    /// When the times cannot be read.
    pub fn new(
        recording: &Arc<Recording>,
        scan: &Arc<Scan>,
        rounds: Option<u32>,
        speed: Speed,
    ) -> io::Result<Self> {
        Ok(Self {
            times: recording.times()?,
            recording: Arc::clone(recording),
            scan: Arc::clone(scan),
            speed,
            rounds: rounds.map(|rounds| rounds.saturating_sub(1)),
            read: Read { end: 0, at: Duration::ZERO },
            at: 0,
            shift: Duration::ZERO,
            last: Duration::ZERO,
            round: Round::Open,
            pieces: VecDeque::new(),
        })
    }

    /// Plans what comes next. Returns whether it is known.
    fn plan(&mut self) -> io::Result<bool> {
        let has_next = self.rounds != Some(0);
        let from = match self.round {
            Round::Over => return Ok(true),
            Round::Last => {
                self.round = Round::Over;
                return Ok(true);
            }
            Round::Inner => {
                self.rounds = self.rounds.map(|rounds| rounds.saturating_sub(1));
                self.times = self.recording.times()?;
                (self.read, self.at) = (Read { end: 0, at: Duration::ZERO }, 0);
                From::Start
            }
            Round::Open => From::Offset(self.at),
        };
        let follows = if self.rounds == Some(0) { Follows::Nothing } else { Follows::Round };
        let scan = Arc::clone(&self.scan);
        match scan.points() {
            _ if from != From::Start && !has_next => self.play_on(),
            Some(Some(points)) => {
                if from == From::Start {
                    self.shift = self.shift.saturating_add(points.shift);
                }
                self.pieces = points.pieces(from, follows);
                self.round = if follows == Follows::Round { Round::Inner } else { Round::Last };
            }
            // No place to begin again.
            Some(None) => self.play_on(),
            None if scan.safe() > self.at => self.pieces.push_back(Piece::File(self.at..scan.safe())),
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Everything to the end is the last round.
    fn play_on(&mut self) {
        self.pieces.push_back(Piece::File(self.at..u64::MAX));
        self.round = Round::Last;
    }

    /// Copies bytes of the capture up to `end`, the end of their read, or as many as the block takes.
    fn copy(&mut self, end: u64, block: &mut Block) -> io::Result<Copied> {
        while self.read.end <= self.at {
            let next = self.times.next_read().map_err(io::Error::other)?;
            // Bytes without a line came with the last one.
            self.read = next.unwrap_or(Read { end: u64::MAX, ..self.read });
        }
        let room = BLOCK_BYTES - block.bytes.len();
        let wanted = (self.read.end.min(end) - self.at).min(room as u64) as usize;
        let start = block.bytes.len();
        let range = self.at..self.at + wanted as u64;
        if !self.scan.frames().end_in(&range, |end| block.frames.push(start + (end - range.start) as usize)) {
            return Ok(Copied::NotYet);
        }
        block.bytes.resize(start + wanted, 0);
        let n = self.recording.file.read_at(&mut block.bytes[start..], self.at)?;
        block.bytes.truncate(start + n);
        if n == 0 && self.at < self.recording.length {
            let why = format!("it has become shorter: {} bytes, it had {}", self.at, self.recording.length);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        self.at += n as u64;
        self.last = self.last.max(self.shift.saturating_add(self.read.at));
        block.push_time(self.speed.of(self.last));
        Ok(if n > 0 { Copied::Some } else { Copied::AtTheEnd })
    }

    fn ending(&mut self) -> io::Result<(Ending, Duration)> {
        while self.times.next_read().map_err(io::Error::other)?.is_some() {}
        let (word, at) = self.times.end().unwrap_or(("closed", Duration::ZERO));
        let ending = match word {
            "reset" => Ending::Reset,
            "stalled" => Ending::Silence,
            _ => Ending::Close,
        };
        // If the recorder has ended it, the time of that says nothing about the camera.
        let is_of_recorder = matches!(word, "goal" | "signal" | "local");
        let at = if is_of_recorder { self.last } else { self.last.max(self.shift.saturating_add(at)) };
        Ok((ending, self.speed.of(at)))
    }
}

impl Playhead for CapturePlayhead {
    fn next(&mut self) -> io::Result<Option<Block>> {
        let mut block = Block { bytes: Vec::with_capacity(BLOCK_BYTES), ..Block::default() };
        while !block.is_full() {
            match self.pieces.front_mut() {
                Some(Piece::Text(text)) => {
                    block.bytes.extend_from_slice(text.as_bytes());
                    block.push_time(self.speed.of(self.last));
                    self.pieces.pop_front();
                }
                Some(Piece::File(range)) => {
                    let range = range.clone();
                    self.at = self.at.max(range.start);
                    if self.at >= range.end {
                        self.pieces.pop_front();
                        continue;
                    }
                    match self.copy(range.end, &mut block)? {
                        Copied::Some => {}
                        Copied::NotYet => break,
                        Copied::AtTheEnd => {
                            self.pieces.clear();
                            self.round = Round::Over;
                        }
                    }
                }
                None if self.round == Round::Over => {
                    block.ending = Some(self.ending()?);
                    return Ok(Some(block));
                }
                None => {
                    if !self.plan()? {
                        break;
                    }
                }
            }
        }
        Ok((!block.bytes.is_empty()).then_some(block))
    }
}
