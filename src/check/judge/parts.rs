//! The parts of a stream: which are whole, and what their pictures are like.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use super::flow::Flow;
use super::freshness::Freshness;
use super::gaps::Gaps;
use super::pictures::Pictures;
use super::rtp::Obstacle;
use super::strip::Numbers;
use super::watch::Watch;
use super::{part_head, timing};
use crate::check::cause::Gap;
use crate::check::lateness::ReaderLateness;
use crate::check::report::{Frames, Strips};
use crate::check::rules::carrier::RTP_JPEG_UNFIT;
use crate::check::rules::part_body::{CUT, PART_EMPTY, PART_NOT_PICTURE};
use crate::counted::Counted;
use crate::jpeg::Judgement;
use crate::multipart::{Extent, Framing, Part, Span};
use crate::stats::{FrameTimes, Timing};
use crate::strip::Identity;

/// The parts so far.
#[derive(Debug)]
pub struct Parts {
    /// How many.
    pub count: u64,
    /// Those that the end of the input cuts: one at most.
    pub cut: u64,
    pub pictures: Pictures,
    pub flow: Flow,
    pub gaps: Gaps,
    /// What the strip of the next part says, and when the part came, since 1970-01-01 UTC.
    pub identity: Option<(Identity, Option<Duration>)>,
    numbers: Numbers,
    times: FrameTimes,
    /// The gap that is a stall by the gaps of the last window that had some.
    usual_limit: Option<Duration>,
    freshness: Freshness,
}

/// What the parts show together.
#[derive(Debug)]
pub struct Finished {
    pub timing: Option<Timing>,
    /// The gaps above the limit.
    pub gaps: Vec<Gap>,
    pub lateness: ReaderLateness,
    pub frames: Frames,
    pub strips: Option<Strips>,
}

impl Parts {
    /// No part yet.
    pub fn new() -> Self {
        Self {
            count: 0,
            cut: 0,
            pictures: Pictures::new(),
            flow: Flow::default(),
            gaps: Gaps::default(),
            identity: None,
            numbers: Numbers::default(),
            times: FrameTimes::default(),
            usual_limit: None,
            freshness: Freshness::default(),
        }
    }

    /// The parts of the next window. What it needs is moved there; [`Parts::finish`] does not need it.
    pub fn continued(&mut self, findings: &Findings) -> Self {
        let mut times = FrameTimes::default();
        if let Some(last) = self.times.last() {
            times.push(last);
        }
        Self {
            count: 0,
            cut: 0,
            pictures: self.pictures.continued(findings),
            flow: self.flow.continued(),
            gaps: self.gaps.continued(),
            identity: None,
            // Windows read no strips.
            numbers: Numbers::default(),
            usual_limit: self.times.timing(None).map(|timing| timing.max_gap).or(self.usual_limit),
            times,
            freshness: self.freshness.continued(),
        }
    }

    /// Nobody watched between the last part and the next one.
    pub fn interrupt(&mut self, watch: &Watch, findings: &mut Findings) {
        self.times.interrupt();
        self.gaps.interrupt();
        self.numbers.interrupt();
        // The clock of the camera may have been set, or have started again.
        mem::take(&mut self.freshness).finish(watch.began, findings);
    }

    /// Judges the next part. `arrival`: when its last byte came, if known.
    pub fn part(
        &mut self,
        part: &Part<'_>,
        arrival: Option<Duration>,
        expectations: &Expectations,
        findings: &mut Findings,
        obstacles: &mut Findings,
    ) {
        self.count += 1;
        let identity = self.identity.take();
        let place = Place::in_part(part.number, part.spans.body.start);
        let judgement = Judgement::of_markers(part.body, part.extent);
        // With its EOI it is whole, and is judged.
        let is_cut = part.framing == Framing::EndOfInput && !matches!(part.extent, Extent::Complete { .. });
        if is_cut && judgement.damage().is_some() {
            self.cut += 1;
            let message =
                format!("the input ends after {} of the body", Counted(part.body.len() as u64, "byte"));
            return findings.note(&CUT, place, message);
        }
        if part.body.is_empty() {
            return findings.note(&PART_EMPTY, place, "the part has no body");
        }
        if part.is_not_a_picture() {
            let kind = String::from_utf8_lossy(part.fields.first("content-type").unwrap_or_default());
            return findings.note(&PART_NOT_PICTURE, place, format!("a part of type {kind}"));
        }
        // A part without a head is one finding (a deviation), not one for each missing field too.
        if part.spans.head.len > 0 {
            part_head::judge(part, findings);
        }
        if let Some(refusal) = judgement.refusal() {
            return self.pictures.refused(part, refusal, findings);
        }
        if let Some(arrival) = arrival {
            self.times.push(arrival);
            self.gaps.picture(arrival, expectations.max_gap);
        }
        // Bytes before the picture may leave with the head, long before it.
        let before = judgement.bytes_before_soi() as u64;
        let Span { start, len } = part.spans.body;
        self.flow.picture(Span { start: start + before, len: len.saturating_sub(before) }, arrival);
        let before = self.pictures.identical();
        self.pictures.whole(part, arrival, &judgement, expectations, findings);
        let is_repeat = self.pictures.identical() > before;
        self.freshness.picture(part, identity.as_ref().map(|(identity, _)| identity), arrival, is_repeat);
        if let Some((identity, at)) = &identity {
            self.numbers.picture(identity, *at, place);
        }
        if let Some(obstacle) = Obstacle::of(part.body) {
            obstacles.note(&RTP_JPEG_UNFIT, place, obstacle.to_string());
        }
    }

    /// Judges the times and the pictures as a whole, and sums them up.
    pub fn finish(self, watch: &Watch, expectations: &Expectations, findings: &mut Findings) -> Finished {
        let Self { pictures, flow, times, freshness, numbers, usual_limit, mut gaps, .. } = self;
        let timing = times.timing(expectations.max_gap);
        // A window that is mostly one gap would have that gap as the usual one.
        let is_usual_less =
            expectations.max_gap.is_none() && timing.map(|timing| timing.max_gap) > usual_limit;
        let timing = timing.and_then(|own| {
            usual_limit.filter(|_| is_usual_less).map_or(Some(own), |usual| times.timing(Some(usual)))
        });
        let limit = timing.map(|timing| timing.max_gap).or(expectations.max_gap).or(usual_limit);
        let is_silent_at_end = gaps.judge(limit.unwrap_or(Duration::MAX), watch.watched);
        if let Some(limit) = limit {
            let count = timing.map_or(0, |timing| timing.stalls) + u64::from(is_silent_at_end);
            timing::gaps(count, limit, expectations, &mut gaps, findings);
        }
        timing::rate(pictures.count, &times, watch, expectations, &mut gaps, findings);
        flow.finish(&times, watch.watched, &mut gaps, findings);
        freshness.finish(watch.began, findings);
        let strips = numbers.finish(findings);
        let (gaps, lateness) = gaps.finish(findings);
        Finished { timing, gaps, lateness, frames: pictures.finish(findings), strips }
    }
}
