//! One target, read and judged.

use std::time::Duration;

use mjpeg::check::{Judge, Report, Severity};
use mjpeg::multipart::Event;

use super::Check;
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::transport::{self, End, Flow, Observer, Session, Target};

/// Parts and time that a URL is read by default.
const LIVE_FRAMES: u64 = 100;
const LIVE_DURATION: Duration = Duration::from_secs(10);

/// What became of a target.
#[derive(Debug)]
pub struct Run {
    /// What the judge says; absent when there was no stream.
    pub report: Option<Report>,
    /// How the stream ended.
    pub end: Option<End>,
    /// Why there was no stream, or what went wrong.
    pub failure: Option<Failure>,
    /// From the request to the end.
    pub duration: Duration,
    /// From the request to the last byte of the first frame.
    pub first_frame: Option<Duration>,
    /// Whether the target is a live one: a cut end of a file is no fault.
    pub is_live: bool,
}

/// The answer, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at or above the limit.
    Pass,
    /// Findings at or above it.
    Fail,
    /// No stream to be had.
    Unreachable,
    /// An answer that is no stream.
    NotAStream,
    /// Silent, reset or cut.
    Stalled,
    /// Our side.
    Error,
}

impl Verdict {
    /// The word for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unreachable => "unreachable",
            Self::NotAStream => "not_a_stream",
            Self::Stalled => "stalled",
            Self::Error => "error",
        }
    }
}

impl Run {
    /// Reads `target` up to the caps of `args` and judges it.
    pub fn of(target: &Target, args: &Check, clock: &Clock, stop: &Stop) -> Self {
        let started = clock.now();
        let mut run = Self {
            report: None,
            end: None,
            failure: None,
            duration: Duration::ZERO,
            first_frame: None,
            is_live: target.is_live(),
        };
        run.failure = run.read(target, args, clock, stop, started).err();
        run.duration = clock.now() - started;
        run
    }

    fn read(
        &mut self,
        target: &Target,
        args: &Check,
        clock: &Clock,
        stop: &Stop,
        started: Duration,
    ) -> Result<(), Failure> {
        let patience = args.duration.map_or(args.idle, |duration| duration.min(args.idle));
        let stream = transport::open(target, &transport::Options { patience }, clock, stop)?;
        let mut session = Session::new(stream, clock, args.idle, started);
        let is_endless = matches!(target, Target::Url(_) | Target::Test(_));
        let mut watcher = Watcher {
            judge: Judge::new(args.expectations()),
            parts_left: args.frames.or(is_endless.then_some(LIVE_FRAMES)),
            first_frame: None,
        };
        if let Some(head) = session.head() {
            watcher.judge.head(head);
        }
        let duration = args.duration.or(is_endless.then_some(LIVE_DURATION));
        let end = session.run(&mut watcher, duration.map(|duration| started + duration))?;
        if let End::Unframed(error) = &end {
            watcher.judge.chunk_error(error);
        }
        self.first_frame = session.first_byte().zip(watcher.first_frame).map(|(byte, frame)| byte + frame);
        if !matches!(end, End::NotAStream(_)) {
            self.report = Some(watcher.judge.finish(session.watched()));
        }
        self.end = Some(end);
        Ok(())
    }

    /// The answer, with findings at or above `limit` counting as a failure.
    pub fn verdict(&self, limit: Severity) -> Verdict {
        if let Some(failure) = &self.failure {
            return match failure.exit {
                Exit::Unreachable => Verdict::Unreachable,
                Exit::NotAStream => Verdict::NotAStream,
                Exit::Stalled => Verdict::Stalled,
                _ => Verdict::Error,
            };
        }
        match &self.end {
            Some(End::NotAStream(_)) => return Verdict::NotAStream,
            Some(End::Stalled | End::Reset(_) | End::Unframed(_)) => return Verdict::Stalled,
            // Captures are cut.
            Some(End::Truncated) if self.is_live => return Verdict::Stalled,
            _ => {}
        }
        match &self.report {
            Some(report) if report.worst().is_some_and(|worst| worst >= limit) => Verdict::Fail,
            Some(report) if report.parts == 0 => match self.end {
                // Silence until the time was up, or until somebody had enough of it.
                Some(End::TimeUp | End::Signal(_)) => Verdict::Stalled,
                _ => Verdict::NotAStream,
            },
            _ => Verdict::Pass,
        }
    }
}

struct Watcher {
    judge: Judge,
    parts_left: Option<u64>,
    first_frame: Option<Duration>,
}

impl Observer for Watcher {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        self.judge.event(event, arrival);
        if let Event::Part(_) = event {
            self.first_frame = self.first_frame.or(arrival);
            if let Some(left) = &mut self.parts_left {
                *left -= 1;
                if *left == 0 {
                    return Ok(Flow::Enough);
                }
            }
        }
        Ok(Flow::More)
    }
}
