//! Judges the times of the pictures.

use alloc::format;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use super::gaps::Gaps;
use crate::check::cause::Cause;
use crate::check::rules::timing::*;

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
    let others = gaps.long().iter().filter(|gap| gap.cause != Some(Cause::Reader));
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

/// Judges the rate of `pictures` whole pictures over the whole watched time.
pub fn rate(
    pictures: u64,
    watched: Option<Duration>,
    expectations: &Expectations,
    gaps: &mut Gaps,
    findings: &mut Findings,
) {
    // Without arrival times there is no rate to judge.
    let (Some(min), Some(watched)) = (expectations.min_fps, watched) else { return };
    // A picture was perhaps due just behind the end.
    let is_below = |watched: Duration| (pictures + 1) as f64 / watched.as_secs_f64().max(1e-3) < min;
    if !is_below(watched) {
        return;
    }
    if !is_below(watched.saturating_sub(gaps.lateness().total)) {
        return gaps.withhold("the rate");
    }
    let seconds = watched.as_secs_f64().max(1e-3);
    let fps = pictures as f64 / seconds;
    let message = format!("{fps:.2} frames a second, asked for {min}: {pictures} in {seconds:.1} s");
    findings.note(&FPS_BELOW_LIMIT, Place::STREAM, message);
}
