//! Takes the events of a stream and keeps its good frames.

use std::time::Duration;

use mjpeg::jpeg::Judgement;
use mjpeg::multipart::{Collected, Collector, Event, Part};
use mjpeg::stats::FrameTimes;

use super::goal::Goal;
use super::manifest::Line;
use super::progress::Progress;
use super::sink::{Sink, Written};
use super::summary::Summary;
use crate::clock::Clock;
use crate::problem::Problem;
use crate::transport::{Flow, Observer};

/// Which frames are kept, and how.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Every Nth good frame.
    pub every: u64,
    /// Files end at EOI.
    pub trim: bool,
    /// The manifest has the SHA-256 of each file.
    pub hash: bool,
}

/// The observer of a recording.
pub struct Recorder {
    /// Where frames go, once there is a stream.
    pub sink: Option<Sink>,
    /// What was recorded so far.
    pub summary: Summary,
    /// When good frames came.
    pub times: FrameTimes,
    /// The reader of standard output has closed it.
    pub reader_is_gone: bool,
    keep: Keep,
    goal: Goal,
    clock: Clock,
    started: Duration,
    /// Good frames seen, kept or not.
    good: u64,
    /// Manifest lines that wait for the deviations behind their parts.
    lines: Collector<Line>,
    progress: Progress,
}

impl Observer for Recorder {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
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
        self.flush()
    }
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new(
        keep: Keep,
        goal: Goal,
        progress: Progress,
        summary: Summary,
        clock: &Clock,
        started: Duration,
    ) -> Self {
        Self {
            sink: None,
            summary,
            times: FrameTimes::default(),
            reader_is_gone: false,
            keep,
            goal,
            clock: clock.clone(),
            started,
            good: 0,
            lines: Collector::new(),
            progress,
        }
    }

    /// Writes what waits, and ends the progress. The stream is read no further.
    ///
    /// # Errors
    ///
    /// When the manifest cannot be written.
    pub fn finish(&mut self) -> Result<(), Problem> {
        self.progress.end();
        self.lines.finish();
        self.note()?;
        self.flush()
    }

    fn part(&mut self, part: &Part<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        if part.is_not_a_picture() {
            return Ok(Flow::More);
        }
        let Some(sink) = &mut self.sink else { return Ok(Flow::Enough) };
        let judgement = Judgement::of_markers(part.body, part.extent);
        let mut line = Line::new(part, arrival, judgement.refusal());
        if judgement.refusal().is_some() {
            self.summary.frames_damaged += 1;
            self.lines.open(part.number, line);
            return Ok(Flow::More);
        }
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        self.good += 1;
        if !(self.good - 1).is_multiple_of(self.keep.every) {
            return Ok(Flow::More);
        }
        let end = judgement.end().filter(|_| self.keep.trim);
        let jpeg = end.and_then(|end| part.body.get(..end)).unwrap_or(part.body);
        let seq = self.summary.frames_written + 1;
        line.seq = Some(seq);
        line.file = match sink.write(seq, jpeg)? {
            Written::ToFile(name) => Some(name),
            Written::ToStdout => None,
            Written::ReaderGone => {
                self.reader_is_gone = true;
                return Ok(Flow::Enough);
            }
        };
        if self.keep.hash {
            line.hash(jpeg);
        }
        self.lines.open(part.number, line);
        self.summary.frames_written = seq;
        self.summary.bytes_written += jpeg.len() as u64;
        let summary = &self.summary;
        let elapsed = self.clock.now().saturating_sub(self.started);
        self.progress.update(seq, summary.bytes_written, summary.frames_damaged, elapsed);
        let is_reached = self.goal.is_reached(summary.frames_written, summary.bytes_written);
        Ok(if is_reached { Flow::Enough } else { Flow::More })
    }

    /// Appends the lines whose deviations are known to the manifest.
    fn note(&mut self) -> Result<(), Problem> {
        for Collected { note, deviations, .. } in &mut self.lines {
            // A part that was skipped, or is not a picture, has no line.
            let (Some(mut line), Some(sink)) = (note, &mut self.sink) else { continue };
            line.set_deviations(&deviations);
            sink.note(&line)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        self.sink.as_mut().map_or(Ok(()), Sink::flush)
    }
}
