//! One target, read and judged.

use std::time::Duration;

use mjpeg::check::{Consumer, Expectations, Judge, Report, Severity};
use mjpeg::multipart::Event;

use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::problem::Problem;
use crate::signal::Stop;
use crate::status;
use crate::transport::{self, End, Flow, Observer, Session, Target};
use crate::verdict::sample::Sample;

/// Most parts that are read from a URL by default.
const LIVE_FRAMES: u64 = 100;
/// Longest time that a URL is read by default.
const LIVE_DURATION: Duration = Duration::from_secs(10);

/// How far to read a target, and how to judge it.
#[derive(Debug)]
pub struct Options {
    /// Most parts; by default [`LIVE_FRAMES`] of a live target and all of a file.
    pub frames: Option<u64>,
    /// Longest time; by default [`LIVE_DURATION`] for a live target and no limit for a file.
    pub duration: Option<Duration>,
    /// A stream without a byte or a complete part for this long is stalled.
    pub idle: Duration,
    /// The rules and the limits.
    pub expectations: Expectations,
    /// The consumers that the findings are judged for; empty: all.
    pub consumers: Vec<&'static Consumer>,
}

/// The result of reading and judging one target.
#[derive(Debug)]
pub struct Run {
    /// The findings and the figures; absent when there was no stream.
    pub report: Option<Report>,
    /// How the stream ended.
    pub end: Option<End>,
    /// Why there was no stream, or what went wrong.
    pub failure: Option<Failure>,
    /// From the request to the end.
    pub duration: Duration,
    /// From the request to the last byte of the first frame.
    pub first_frame: Option<Duration>,
    /// Whether the target is live: a file that ends inside a part is no fault.
    pub is_live: bool,
}

/// The verdict on one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No findings at or above the limit.
    Pass,
    /// Findings at or above the limit.
    Fail,
    /// No response: name, connection, TLS, authentication or HTTP status.
    Unreachable,
    /// A response that is not a stream.
    NotAStream,
    /// Silent, reset, or cut inside a part.
    Stalled,
    /// An error on our side.
    Error,
}

impl Verdict {
    /// The verdict on a target that gave no stream, or a stream that failed.
    fn of(exit: Exit) -> Self {
        match exit {
            Exit::Unreachable => Self::Unreachable,
            Exit::NotAStream => Self::NotAStream,
            Exit::Stalled => Self::Stalled,
            Exit::Done | Exit::No | Exit::Local => Self::Error,
        }
    }

    /// The word in JSON.
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
    /// Reads `target` up to the limits of `options` and judges it.
    pub fn of(target: &Target, options: &Options, clock: &Clock, stop: &Stop) -> Self {
        let started = clock.now();
        let mut run = Self {
            report: None,
            end: None,
            failure: None,
            duration: Duration::ZERO,
            first_frame: None,
            is_live: target.is_live(),
        };
        run.failure = run.read(target, options, clock, stop, started).err();
        run.duration = clock.now() - started;
        run
    }

    fn read(
        &mut self,
        target: &Target,
        options: &Options,
        clock: &Clock,
        stop: &Stop,
        started: Duration,
    ) -> Result<(), Failure> {
        let patience = options.duration.map_or(options.idle, |duration| duration.min(options.idle));
        let stream = transport::open(target, &transport::Options { patience }, clock, stop)?;
        let mut session = Session::new(stream, clock, options.idle, started);
        let is_endless = matches!(target, Target::Url(_) | Target::Test(_));
        let mut watcher = Watcher {
            judge: Judge::new(options.expectations.clone()),
            parts_left: options.frames.or(is_endless.then_some(LIVE_FRAMES)),
            first_frame: None,
            sample: Sample::of(&mut session)?,
        };
        if let Some(head) = session.head() {
            watcher.judge.head(head);
        }
        let duration = options.duration.or(is_endless.then_some(LIVE_DURATION));
        let end = session.run(&mut watcher, duration.map(|duration| started + duration))?;
        if let End::Unframed(error) = &end {
            watcher.judge.chunk_error(error);
        }
        self.first_frame = session.first_byte().zip(watcher.first_frame).map(|(byte, frame)| byte + frame);
        if !matches!(end, End::NotAStream(_)) {
            let mut report = watcher.judge.finish(session.watched());
            drop(session);
            let sample = watcher.sample.and_then(|sample| sample.finish(&end, clock.now(), self.is_live));
            if let Some(stream) = sample {
                report.forecast(&stream);
            }
            if !options.consumers.is_empty() {
                report.judge_for(&options.consumers);
            }
            self.report = Some(report);
        }
        self.end = Some(end);
        Ok(())
    }

    /// The verdict. Findings at or above `limit` are a failure.
    pub fn verdict(&self, limit: Severity) -> Verdict {
        if let Some(failure) = &self.failure {
            return Verdict::of(failure.exit);
        }
        if let Some(exit) = self.end.as_ref().and_then(|end| status::of_end(end, self.is_live)) {
            return Verdict::of(exit);
        }
        match &self.report {
            Some(report) if report.worst().is_some_and(|worst| worst >= limit) => Verdict::Fail,
            Some(report) if report.parts == 0 => match self.end {
                // Silence until the time limit or a signal.
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
    sample: Option<Sample>,
}

impl Observer for Watcher {
    fn event(&mut self, event: &Event<'_>, arrival: Option<Duration>) -> Result<Flow, Problem> {
        self.judge.event(event, arrival);
        if let Event::Part(part) = event {
            if let Some(sample) = &self.sample {
                sample.part(part);
            }
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
