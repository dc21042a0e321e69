//! `mjpeg bench chunks URL`: what the arrival of a stream says about the server that sends it, and what consumers see that
//! read it in blocks.
//!
//! ```text
//! watch (socket) -> Trace (reads, frames, chunks) -> Shape (how it is sent) -> cause, in a sentence
//!                                                 -> consumers, for each size of blocks
//! ```

mod block;
mod cause;
mod chunk_sizes;
mod consumer;
mod report;
mod results;
mod send;
mod shape;
mod trace;
mod verdict;
mod watch;

use std::time::Duration;

pub use self::consumer::Reads;
pub use self::report::{Report, failed, json, table, text};
pub use self::results::add;

use self::cause::Facts;
use self::consumer::Arrived;
use self::shape::Shape;
use self::trace::Part;
use self::watch::{Length, Watched, watch};
use super::host;
use super::verdict::Verdict;
use crate::clock::Clock;
use crate::exit::Failure;
use crate::signal::Stop;
use crate::transport::{PlainOptions, PlainRequest, PlainUrl};

/// What is measured.
#[derive(Debug)]
pub struct Measurement<'a> {
    /// The stream.
    pub url: &'a PlainUrl,
    /// How it is reached.
    pub options: &'a PlainOptions,
    /// For how long; longer if that shows too little.
    pub duration: Duration,
    /// The frames per second, if they are known.
    pub fps: Option<f64>,
    /// The sizes of the blocks of consumers; around the smallest part too if `has_own` is not set.
    pub blocks: &'a [u64],
    /// Whether the user chose the sizes.
    pub has_own: bool,
    /// What their reads return.
    pub reads: &'a [Reads],
}

impl Measurement<'_> {
    /// Measures.
    ///
    /// # Errors
    ///
    /// If there is no stream.
    pub fn run(&self, stop: &Stop) -> Result<Report, Failure> {
        let clock = Clock::real();
        let request = PlainRequest::new(self.url, self.options, stop)?;
        // One viewer loads no host.
        let addresses = host::addresses(&request, true)?;
        let target = self.url.to_string();
        let length = Length {
            least: self.duration,
            is_too_short: &|trace, now| {
                shape::is_too_short(
                    &trace.reads,
                    &trace.parts,
                    trace.chunks(),
                    self.interval(&trace.parts),
                    now,
                )
            },
        };
        let watched = watch(&request, &addresses, &length, &target, &clock, stop)?;
        Ok(self.report(target, watched, &request, &clock))
    }

    fn report(&self, target: String, watched: Watched, request: &PlainRequest, clock: &Clock) -> Report {
        let Watched { mut trace, start, length } = watched;
        for read in &mut trace.reads {
            read.at = read.at.saturating_sub(start);
        }
        let offset = clock.unix().saturating_sub(clock.now());
        let mut ages: Vec<Duration> = trace
            .parts
            .iter()
            .filter_map(|part| (offset + part.at).checked_sub(part.stamp?))
            .filter(|age| *age < Duration::from_secs(3600))
            .collect();
        ages.sort_unstable();
        for part in &mut trace.parts {
            part.at = part.at.saturating_sub(start);
        }
        let end = trace.end.map(|(at, end)| (at.saturating_sub(start), end));
        let times: Vec<Duration> = trace.parts.iter().map(|part| part.at).collect();
        let interval = self.interval(&trace.parts);
        let shape = Shape::of(&trace.reads, &trace.parts, trace.chunks(), interval);
        let age_p50 = ages.get(ages.len().saturating_sub(1) / 2).copied();
        let is_late = age_p50.map_or(shape.torn >= 0.5, |age| age >= interval / 2);
        let verdict = verdict::verdict(&times, end, length, interval, is_late);
        let part_bytes = part_bytes(&trace.parts);
        let server = trace.head().and_then(|head| head.text("server")).unwrap_or_default();
        let server = request.shown(&server);
        let facts = Facts {
            verdict,
            shape: &shape,
            frames: trace.parts.len() as u64,
            part_min: part_bytes.map(|(min, _)| min),
            end: end.map(|(_, end)| end),
            shrunk: shrunk(&trace.parts),
            server: &server,
        };
        let mut cause = facts.sentence();
        if verdict == Verdict::Nothing && trace.is_http_1_0() {
            cause.push_str("; it answers with HTTP/1.0");
        }
        if verdict == Verdict::Nothing {
            cause.push_str(&format!(" ({} came)", mjpeg::counted::Counted(trace.bytes(), "byte")));
        }
        let arrived = Arrived { reads: &trace.reads, parts: &trace.parts, end, length, interval };
        let mut blocks = self.blocks.to_vec();
        if let (false, Some((min, _))) = (self.has_own, part_bytes) {
            blocks.extend([min - 1, min, min + 1]);
        }
        blocks.sort_unstable();
        blocks.dedup();
        let rows = self
            .reads
            .iter()
            .flat_map(|&reads| blocks.iter().map(move |&block| (reads, block)))
            .map(|(reads, block)| arrived.seen(reads, block))
            .collect();
        let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let gap_max = gaps.iter().max().copied();
        let frames = trace.parts.len() as u64;
        let asked = self.duration;
        Report {
            target,
            length,
            asked,
            verdict,
            cause,
            frames,
            part_bytes,
            gaps,
            gap_max,
            ages,
            age_p50,
            shape,
            rows,
        }
    }

    /// The time between two frames: by the rate that the user gave, by their times, or by their arrivals.
    fn interval(&self, parts: &[Part]) -> Duration {
        let of = |times: Option<(Duration, Duration)>| {
            let (first, last) = times?;
            let gaps = parts.len().checked_sub(1).filter(|&gaps| gaps > 0)?;
            let interval = last.checked_sub(first)? / u32::try_from(gaps).ok()?;
            (!interval.is_zero()).then_some(interval)
        };
        let (first, last) = (parts.first(), parts.last());
        let stamps = first.and_then(|part| part.stamp).zip(last.and_then(|part| part.stamp));
        let arrivals = first.map(|part| part.at).zip(last.map(|part| part.at));
        let given = self.fps.map(|fps| Duration::from_secs_f64(1.0 / fps));
        given.or_else(|| of(stamps)).or_else(|| of(arrivals)).unwrap_or(Duration::from_millis(40))
    }
}

/// The sizes of the smallest and the largest part: from the start of a body to that of the next one.
fn part_bytes(parts: &[Part]) -> Option<(u64, u64)> {
    let sizes = parts.windows(2).map(|pair| pair[1].start - pair[0].start);
    let sizes = sizes.collect::<Vec<_>>();
    Some((*sizes.iter().min()?, *sizes.iter().max()?))
}

/// The bytes of the last picture and of the smallest one before it, if the last one is smaller than all before it.
fn shrunk(parts: &[Part]) -> Option<(u64, u64)> {
    let (last, before) = parts.split_last()?;
    let (last, before) = (last.end - last.start, before.iter().map(|part| part.end - part.start).min()?);
    (last < before).then_some((last, before))
}
