//! Takes the events of a stream and keeps its good frames.

use std::time::Duration;

use mjpeg::check::Silence;
use mjpeg::multipart::{Event, Part};
use mjpeg::stats::FrameTimes;

use super::goal::Goal;
use super::hang::Operations;
use super::judge::Judge;
use super::line::Line;
use super::mkv::Recorded;
use super::moment::Moments;
use super::open_lines::{OpenLines, Settled};
use super::progress::{Figures, Progress, Waiting};
use super::reconnection::Reconnection;
use super::responses::Responses;
use super::selection::{Choice, Selection};
use super::silence::SinceLastPart;
use super::sink::{Sink, Written};
use super::stdout::Taken;
use super::summary::Summary;
use crate::clock::{Clock, time_of_day};
use crate::problem::Problem;
use crate::strip_reader::{Strip, StripReader};
use crate::transport::{End, Flow, Lost, Observer, Opened, Reason, Tap};

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
    /// The responses as received.
    pub responses: Responses,
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
    moments: Moments,
    started: Duration,
    lines: OpenLines,
    progress: Progress,
    last_good: Option<Duration>,
    strips: StripReader,
    /// When the first byte came, since 1970-01-01 UTC.
    began: Option<Duration>,
    /// When the last part came, since the first byte of the stream.
    last_arrival: Option<Duration>,
    since: SinceLastPart,
    /// How the last stream ended, while there is none.
    lost: Option<&'static str>,
    /// When the first byte of a capture came, since 1970-01-01 UTC.
    recorded: Option<Duration>,
    waiting: Option<Waiting>,
}

impl Observer for Recorder {
    fn began(&mut self, unix: Duration) {
        self.began = Some(unix);
    }

    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        if let Event::Part(part) = event {
            self.responses.part(part.spans.start());
        }
        self.lines.event(event);
        self.note()?;
        let Event::Part(part) = event else { return Ok(Flow::More) };
        self.lines.part(arrival, self.last_arrival);
        self.last_arrival = arrival.or(self.last_arrival);
        self.since.part(arrival);
        self.part(part, arrival)
    }

    fn silence(&mut self, silence: &Silence) {
        self.since.silence(silence);
    }

    fn settled(&mut self, parts: u64) -> Result<(), Problem> {
        self.lines.settled(parts);
        self.note()?;
        self.sink.flush(self.moments.now())?;
        self.progress.written();
        Ok(())
    }

    fn opened(&mut self, opened: &Opened) -> Result<Option<Box<dyn Tap>>, Problem> {
        match opened.reason {
            Reason::First => self.sink.open(self.moments.now())?,
            Reason::Again => {
                self.summary.reconnects += 1;
                let (number, lost) = (self.summary.reconnects, self.lost.take());
                self.lines.reconnected(Reconnection::new(number, lost, self.summary.stall.take()));
                self.selection.restart();
            }
            Reason::Poll => {}
        }
        self.waiting = None;
        self.lines.set_secrets(opened.secrets.clone());
        self.recorded = opened.recorded;
        self.since.restart();
        self.show();
        if let Some(mkv) = &mut self.sink.mkv {
            let recorded = opened.recorded.map_or(Recorded::Unknown, Recorded::At);
            mkv.set_recorded(if opened.is_live { Recorded::Now } else { recorded });
        }
        self.responses.opened(opened)
    }

    fn lost(&mut self, lost: &Lost<'_>) -> Result<(), Problem> {
        if let Some(end) = lost.end {
            self.lost = end.word("goal");
            self.ended(end);
        }
        let why = match self.summary.stall.and_then(|stall| stall.sentence()) {
            Some(cause) if lost.end.is_some() => format!("{}; {cause}", lost.why),
            _ => lost.why.into(),
        };
        self.waiting = Some(Waiting { until: lost.again_at.saturating_sub(self.started), why: why.into() });
        self.show();
        lost.end.and_then(|end| end.word("goal")).map_or(Ok(()), |word| self.responses.ended(word))
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
            responses: Responses::default(),
            summary,
            times: FrameTimes::default(),
            not_taken: None,
            keep,
            judge,
            selection,
            goal,
            clock: clock.clone(),
            moments: Moments::new(clock),
            started,
            lines: OpenLines::default(),
            progress,
            last_good: None,
            strips: StripReader::new(),
            began: None,
            last_arrival: None,
            since: SinceLastPart::default(),
            lost: None,
            recorded: None,
            waiting: None,
        }
    }

    /// Notes the stall that has ended a stream, if one has: the connection was silent until now.
    pub fn ended(&mut self, end: &End) {
        self.summary.stall = match end {
            End::Stalled => self.since.stall(self.times.stall_limit()),
            // The end of the last stream is known already.
            End::Gone { .. } => return,
            // Its time was over before a frame came.
            End::TimeUp if self.summary.frames_good() == 0 => self.since.stall(self.times.stall_limit()),
            _ => None,
        };
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
        let closed = self.sink.close(self.moments.now());
        let raw = self.responses.finish();
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
        let at = self.moments.now();
        let time = self.time(arrival, at.unix).map(time_of_day);
        if verdict.damage.is_some() {
            self.summary.frames_damaged += 1;
            let file = self.sink.damaged(part.body, at)?;
            if self.sink.directory.is_some() {
                let file_bytes = part.body.len() as u64;
                let line = Line { file, file_bytes, time, ..Line::new(part, arrival, &verdict) };
                self.lines.open(part.number, line);
            }
            self.show();
            return Ok(Flow::Rejected);
        }
        if let Some(arrival) = arrival {
            self.times.push(arrival);
        }
        self.last_good = Some(self.clock.now().saturating_sub(self.started));
        self.responses.replace()?;
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
        let placed = match self.sink.good(jpeg, at)? {
            Written::Everywhere(placed) => placed,
            Written::NotToStdout(taken) => {
                self.not_taken = Some(taken);
                return Ok(Flow::Enough);
            }
        };
        let operations = &self.sink.operations;
        let mkv = self.sink.mkv.as_mut();
        let filmed = mkv.map_or(Ok(()), |mkv| operations.run(|| mkv.good(jpeg, part, arrival, at.unix)));
        if filmed.is_ok() || !self.sink.is_mkv_alone() {
            self.summary.frames_written += 1;
            self.summary.bytes_written += jpeg.len() as u64;
        }
        if let Some((seq, file)) = placed {
            let mut line = Line::new(part, arrival, &verdict);
            (line.seq, line.file, line.file_bytes) = (Some(seq), Some(file), jpeg.len() as u64);
            line.time = time;
            line.strip = self.strips.read(jpeg).map(|it| Strip::of(&it, self.began, arrival));
            if self.keep.hash {
                line.hash(jpeg);
            }
            self.lines.open(part.number, line);
        }
        // Behind the line: if this failed, the frame in OUT has its line all the same.
        filmed?;
        self.show();
        let is_reached = self.goal.is_reached(self.summary.frames_written, self.summary.bytes_written);
        Ok(if is_reached { Flow::Enough } else { Flow::More })
    }

    /// The time of day when a part came, which is handled at `now`; `None` if that is not known.
    fn time(&self, arrival: Option<Duration>, now: Duration) -> Option<Duration> {
        match (arrival?, self.recorded, self.began) {
            (arrival, Some(recorded), _) => Some(recorded + arrival),
            // Not since the first byte: the clock may have been set meanwhile.
            (_, None, Some(_)) => Some(now),
            (_, None, None) => None,
        }
    }

    fn show(&self) {
        self.progress.update(Figures {
            frames: self.summary.frames_written,
            bytes: self.summary.bytes_written,
            damaged: self.summary.frames_damaged,
            last: self.last_good,
            reconnects: self.summary.reconnects,
            waiting: self.waiting.clone(),
        });
    }

    /// Appends the lines whose deviations are known to the manifest.
    fn note(&mut self) -> Result<(), Problem> {
        while let Some(settled) = self.lines.next_settled() {
            let line = match settled {
                Settled::Handled(line) => line,
                Settled::Skipped(line) => {
                    self.summary.frames_damaged += 1;
                    line
                }
            };
            self.sink.note(line, self.moments.now())?;
        }
        Ok(())
    }
}
