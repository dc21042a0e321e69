//! Judges the times of the pictures.

use alloc::format;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use super::gaps::Gaps;
use super::watch::Watch;
use crate::check::cause::GapCause;
use crate::check::rules::timing::*;
use crate::stats::FrameTimes;

/// Judges the `count` gaps above `limit`, silence at the end included. Those that are ours are not judged.
pub fn gaps(
    count: u64,
    limit: Duration,
    expectations: &Expectations,
    gaps: &mut Gaps,
    findings: &mut Findings,
) {
    let ours = gaps.ours();
    if ours > 0 {
        gaps.withhold(if ours == 1 { "a gap above the limit" } else { "gaps above the limit" });
    }
    let others = gaps.long().iter().filter(|gap| gap.cause != Some(GapCause::Reader));
    let Some(longest) = others.clone().max_by_key(|gap| gap.length) else { return };
    // More than are kept are counted by their lengths alone.
    let count = count.saturating_sub(ours).max(others.count() as u64);
    // One gap is one finding: a limit that was set replaces our own.
    let rule = if expectations.max_gap.is_some() { &GAP_ABOVE_LIMIT } else { &STALL };
    let mut message =
        format!("a gap of {} ms, the limit is {} ms", longest.length.as_millis(), limit.as_millis());
    if let Some(sentence) = longest.sentence() {
        message += &format!("; {sentence}");
    }
    findings.note_times(count, rule, Place::STREAM, message);
    findings.set_cause(rule, longest.cause);
}

/// The rate may be below the limit by this part: the first and the last picture may come late for reasons of their own.
const TOLERANCE: f64 = 0.01;

/// Judges the rate of `pictures` whole pictures with these times.
///
/// It is that of the gaps between the first and the last picture, as in [`Timing`](crate::stats::Timing), as long as the silence
/// before them and behind them is shorter than the longest gap that is allowed. A longer one counts too.
pub fn rate(
    pictures: u64,
    times: &FrameTimes,
    watch: &Watch,
    expectations: &Expectations,
    gaps: &mut Gaps,
    findings: &mut Findings,
) {
    let Some(min) = expectations.min_fps else { return };
    let Some(watched) = watch.watched else {
        // A recording has times of its pictures, and none of the silence around them. Without times there is no rate to judge.
        if let Some(timing) = times.timing(None).filter(|timing| timing.fps < min * (1.0 - TOLERANCE)) {
            let message = format!("{:.2} frames a second, asked for {min}", timing.fps);
            findings.note(&FPS_BELOW_LIMIT, Place::STREAM, message);
        }
        return;
    };
    let since_request = |time: Duration| time.saturating_sub(watch.since) + watch.waited;
    let whole = since_request(watched);
    let before = times.first().map_or(whole, since_request);
    let behind = times.last().map_or(Duration::ZERO, |last| watched.saturating_sub(last));
    // How many gaps of the limit there are in a silence, of which a part is for a picture that comes too late to count.
    let gaps_in = |silence: Duration| (silence.as_secs_f64() * min).min(1.0);
    let count = pictures.saturating_sub(1) as f64 + gaps_in(before) + gaps_in(behind);
    let is_below = |time: Duration| count / time.as_secs_f64().max(1e-3) < min * (1.0 - TOLERANCE);
    if !is_below(whole) {
        return;
    }
    if !is_below(whole.saturating_sub(gaps.lateness().total)) {
        return gaps.withhold("the rate");
    }
    let is_steady = gaps_in(before) < 1.0 && gaps_in(behind) < 1.0;
    let seconds = whole.as_secs_f64().max(1e-3);
    let fps = times.timing(None).filter(|_| is_steady).map_or(pictures as f64 / seconds, |timing| timing.fps);
    let message = format!("{fps:.2} frames a second, asked for {min}: {pictures} in {seconds:.1} s");
    findings.note(&FPS_BELOW_LIMIT, Place::STREAM, message);
}
