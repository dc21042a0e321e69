//! Judges the times of the pictures.

use alloc::format;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use crate::check::rules::timing::*;
use crate::stats::{FrameTimes, Timing};

/// Judges the gaps. `usual`: the limit by earlier gaps. `watched`: from the first byte to the end, if known; silence at the end
/// is a gap.
pub fn gaps(
    times: &FrameTimes,
    timing: Option<&Timing>,
    usual: Option<Duration>,
    watched: Option<Duration>,
    expectations: &Expectations,
    findings: &mut Findings,
) {
    let limit = timing.map(|timing| timing.max_gap).or(expectations.max_gap).or(usual);
    let Some(limit) = limit else { return };
    let last = times.last().unwrap_or_default();
    let silence = watched.map_or(Duration::ZERO, |watched| watched.saturating_sub(last));
    let gap = timing.map_or(silence, |timing| timing.gap_max.max(silence));
    let count = timing.map_or(0, |timing| timing.stalls) + u64::from(silence > limit);
    if count > 0 {
        // One gap is one finding: a limit that was set replaces our own.
        let rule = if expectations.max_gap.is_some() { &GAP_ABOVE_LIMIT } else { &STALL };
        let message = format!("a gap of {} ms, the limit is {} ms", gap.as_millis(), limit.as_millis());
        findings.note_times(count, rule, Place::STREAM, message);
    }
}

/// Judges the rate of `pictures` whole pictures over the whole watched time.
pub fn rate(pictures: u64, watched: Option<Duration>, expectations: &Expectations, findings: &mut Findings) {
    // Without arrival times there is no rate to judge.
    let (Some(min), Some(watched)) = (expectations.min_fps, watched) else { return };
    let seconds = watched.as_secs_f64().max(1e-3);
    // A picture was perhaps due just behind the end.
    if (pictures + 1) as f64 / seconds < min {
        let fps = pictures as f64 / seconds;
        let message = format!("{fps:.2} frames a second, asked for {min}: {pictures} in {seconds:.1} s");
        findings.note(&FPS_BELOW_LIMIT, Place::STREAM, message);
    }
}
