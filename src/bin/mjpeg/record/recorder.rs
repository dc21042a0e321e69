//! Takes the events of a stream and keeps its good frames.

use std::time::Duration;

use mjpeg::multipart::{Collected, Collector, Deviation, DeviationKind, Event, Part};
use mjpeg::stats::FrameTimes;

use super::goal::Goal;
use super::hang::Operations;
use super::judge::Judge;
use super::line::Line;
use super::progress::{Figures, Progress};
use super::raw::RawFile;
use super::selection::{Choice, Selection};
use super::sink::{Sink, Written};
use super::stdout::Taken;
use super::summary::Summary;
use crate::clock::Clock;
use crate::flight::{Captures, FlightRecorder};
use crate::problem::Problem;
use crate::transport::{Flow, Observer};

/// How frames are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Files end at EOI.
    pub trim: bool,
    /// The manifest has the SHA-256 of each file.
    pub hash: bool,
}

/// The observer of a recording.
pub struct Recorder {
    /// Where frames go.
    pub sink: Sink,
    /// The response as received.
    pub raw: Option<RawFile>,
    /// The last bytes of the response.
    pub flight: Option<FlightRecorder>,
    /// What the flight recorder has written, at the end.
    pub captures: Option<Captures>,
    /// What was recorded so far.
    pub summary: Summary,
    /// When good frames came.
    pub times: FrameTimes,
    /// Why a frame could not go to standard output.
    pub not_taken: Option<Taken>,
    keep: Keep,
    judge: Judge,
    selection: Selection,
    goal: Goal,
    clock: Clock,
    started: Duration,
    /// Manifest lines that wait for the deviations behind their parts.
    lines: Collector<Line>,
    progress: Progress,
    last_good: Option<Duration>,
}

impl Observer for Recorder {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        if let (Event::Part(part), Some(flight)) = (event, &self.flight) {
            flight.part(part.spans.start());
        }
        self.lines.event(event);
        self.note()?;
        match event {
            Event::Part(part) => self.part(part, arrival),
            _ => Ok(Flow::More),
        }
    }

    fn settled(&mut self, parts: u64) -> Result<(), Problem> {
        self.lines.settled(parts);
        self.note()?;
        self.sink.flush(self.clock.unix())
    }
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the recorder")]
    pub fn new(
        keep: Keep,
        judge: Judge,
        selection: Selection,
        goal: Goal,
        progress: Progress,
        summary: Summary,
        operations: &Operations,
        clock: &Clock,
        started: Duration,
    ) -> Self {
        Self {
            sink: Sink { operations: operations.clone(), ..Sink::default() },
            raw: None,
            flight: None,
            captures: None,
            summary,
            times: FrameTimes::default(),
            not_taken: None,
            keep,
            judge,
            selection,
            goal,
            clock: clock.clone(),
            started,
            lines: Collector::new(),
            progress,
            last_good: None,
        }
    }

    /// Notes how a response ended, for those that keep its bytes.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn response_ended(&mut self, word: &'static str) -> Result<(), Problem> {
        if let Some(flight) = &self.flight {
            flight.ended(word);
        }
        self.raw.as_ref().map_or(Ok(()), |raw| raw.ended(word))
    }

    /// Writes what waits, closes all files, and ends the progress. The stream is read no further.
    ///
    /// # Errors
    ///
    /// When something cannot be written.
    pub fn finish(&mut self) -> Result<(), Problem> {
        self.progress.end();
        self.lines.finish();
        let noted = self.note();
        let closed = self.sink.close(self.clock.unix());
        let raw = self.raw.take().map_or(Ok(()), |raw| raw.close());
        self.captures = self.flight.take().map(|flight| flight.finish());
        for bytes in self.sink.removed() {
            self.summary.frames_written -= 1;
            self.summary.bytes_written -= bytes;
        }
        noted.and(closed).and(raw)
    }

    fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        if part.is_not_a_picture() {
            return Ok(Flow::Rejected);
        }
        let verdict = self.judge.judge(part);
        let unix = self.clock.unix();
        if verdict.damage.is_some() {
            self.summary.frames_damaged += 1;
            let file = self.sink.damaged(part.body, unix)?;
            if self.sink.directory.is_some() {
                let file_bytes = part.body.len() as u64;
                self.lines.open(part.number, Line { file, file_bytes, ..Line::new(part, arrival, &verdict) });
            }
            self.show();
            return Ok(Flow::Rejected);
        }
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        self.last_good = Some(self.clock.now().saturating_sub(self.started));
        if let Some(raw) = &self.raw {
            raw.replace()?;
        }
        let end = verdict.end.filter(|_| self.keep.trim);
        let jpeg = end.and_then(|end| part.body.get(..end)).unwrap_or(part.body);
        let choice = self.selection.choose(jpeg, arrival);
        match choice {
            Choice::Write => {}
            Choice::LeaveOut => self.summary.frames_left_out += 1,
            Choice::Repeated => self.summary.frames_repeated += 1,
        }
        if choice != Choice::Write {
            self.show();
            return Ok(Flow::More);
        }
        let placed = match self.sink.good(jpeg, unix)? {
            Written::Everywhere(placed) => placed,
            Written::NotToStdout(taken) => {
                self.not_taken = Some(taken);
                return Ok(Flow::Enough);
            }
        };
        if let Some(mkv) = &mut self.sink.mkv {
            self.sink.operations.run(|| mkv.good(jpeg, part, arrival, unix))?;
        }
        self.summary.frames_written += 1;
        self.summary.bytes_written += jpeg.len() as u64;
        if let Some((seq, file)) = placed {
            let mut line = Line::new(part, arrival, &verdict);
            (line.seq, line.file, line.file_bytes) = (Some(seq), Some(file), jpeg.len() as u64);
            if self.keep.hash {
                line.hash(jpeg);
            }
            self.lines.open(part.number, line);
        }
        self.show();
        let is_reached = self.goal.is_reached(self.summary.frames_written, self.summary.bytes_written);
        Ok(if is_reached { Flow::Enough } else { Flow::More })
    }

    fn show(&self) {
        self.progress.update(Figures {
            frames: self.summary.frames_written,
            bytes: self.summary.bytes_written,
            damaged: self.summary.frames_damaged,
            last: self.last_good,
        });
    }

    /// Appends the lines whose deviations are known to the manifest.
    fn note(&mut self) -> Result<(), Problem> {
        for Collected { number, note, deviations, .. } in &mut self.lines {
            let line = match note {
                Some(mut line) => {
                    line.add_deviations(&deviations);
                    line
                }
                None => match deviations.iter().find_map(|it| Some((it.offset, skipped(it)?))) {
                    Some((offset, damage)) => {
                        self.summary.frames_damaged += 1;
                        let mut line = Line::skipped(number, offset, damage);
                        line.add_deviations(&deviations);
                        line
                    }
                    // It is not a picture, or was left out.
                    None => continue,
                },
            };
            self.sink.note(line, self.clock.unix())?;
        }
        Ok(())
    }
}

/// The word for the damage of a part that the parser skipped.
fn skipped(deviation: &Deviation) -> Option<&'static str> {
    match deviation.kind {
        DeviationKind::BodyTooLarge { .. } => Some("too-large"),
        DeviationKind::HeadTooLong => Some("head-too-long"),
        _ => None,
    }
}
