//! The start of a stream, and streams that show no delimiter at all.

use super::{Parser, Queued, State};
use crate::multipart::answer::Answer;
use crate::multipart::deviation::DeviationKind;
use crate::multipart::error::Error;
use crate::multipart::extent::BodyWalk;
use crate::multipart::head::HeadScan;
use crate::multipart::line_end::{line_end_before, line_ends};
use crate::multipart::start::{Start, StartScan};

impl<W: BodyWalk> Parser<W> {
    pub(super) fn start(&mut self, mut scan: StartScan) -> Result<bool, Error> {
        let window = self.window(0, self.limits.search_bytes);
        let answer = scan.advance(window.data, &self.scan, self.walk.signature(), window.eof);
        let (data, len) = (window.data, window.data.len());
        let is_full = window.is_full;
        let start = match answer {
            Answer::More if !is_full => {
                self.state = State::Start(scan);
                return Ok(false);
            }
            Answer::More if self.parts > 0 => {
                // Junk without an end between pictures: keep what may be the start of one, or a line.
                let line = scan.line_start();
                let keep = if line > 0 { len - line } else { self.walk.signature().len() };
                self.buffer.consume(len - keep);
                self.state = State::Start(StartScan::default());
                return Ok(true);
            }
            Answer::Yes(Start::Nothing) if self.parts > 0 => {
                if line_ends(data) < len {
                    self.deviate(DeviationKind::BytesBetween { bytes: len as u64 }, self.parts, 0);
                }
                self.buffer.consume(len);
                self.state = State::Finished;
                return Ok(true);
            }
            Answer::More | Answer::No | Answer::Yes(Start::Nothing) => {
                return Err(Error::NotAStream { offset: self.buffer.offset() + len as u64 });
            }
            Answer::Yes(start) => start,
        };
        if self.before_start(start) {
            // The preamble leaves first; what follows it is found again at the front.
            self.state = State::Start(StartScan::default());
            return Ok(true);
        }
        match start {
            Start::Delimiter(line) => self.delimiter(line),
            Start::Head(at) => {
                self.deviate(DeviationKind::FirstDelimiterMissing, self.parts + 1, at);
                self.buffer.consume(at);
                self.state = State::Head { scan: HeadScan::default(), delimiter: self.empty_span() };
            }
            Start::Picture(at) => {
                if !core::mem::replace(&mut self.no_multipart_said, true) {
                    self.deviate(DeviationKind::NoMultipart, self.parts + 1, at);
                }
                self.buffer.consume(at);
                self.bare_picture();
            }
            Start::Nothing => {}
        }
        Ok(true)
    }

    /// Tells of the bytes before what was found. `true`: they are a preamble and leave with its event.
    fn before_start(&mut self, start: Start) -> bool {
        let len = match start {
            Start::Delimiter(line) => line.start,
            Start::Head(at) | Start::Picture(at) => at,
            Start::Nothing => 0,
        };
        let data = self.buffer.data();
        if self.parts > 0 {
            if line_ends(&data[..len]) < len {
                self.deviate(DeviationKind::BytesBetween { bytes: len as u64 }, self.parts, 0);
            }
            return false;
        }
        // One line end belongs to the delimiter behind it.
        let preamble = len - line_end_before(data, 0, len);
        if preamble > 0 {
            self.queue.push_back(Queued::Preamble { len: preamble });
        }
        preamble > 0
    }
}
