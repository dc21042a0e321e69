//! Judges the times of the pictures.

use alloc::format;
use core::time::Duration;

use super::expectations::Expectations;
use super::findings::{Findings, Place};
use crate::check::rules::timing::*;
use crate::stats::{FrameTimes, Timing};

/// Judges the gaps. `watched`: from the first byte to the end, if known; silence at the end is a gap.
pub fn gaps(
    times: &FrameTimes,
    timing: Option<&Timing>,
    watched: Option<Duration>,
    expectations: &Expectations,
    findings: &mut Findings,
) {
    let limit = timing.map(|timing| timing.max_gap).or(expectations.max_gap);
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

/// Judges the rate of `pictures` whole pictures.
pub fn rate(
    times: &FrameTimes,
    pictures: u64,
    timing: Option<&Timing>,
    watched: Option<Duration>,
    expectations: &Expectations,
    findings: &mut Findings,
) {
    // Without arrival times there is no rate to judge.
    let (Some(min), Some(watched)) = (expectations.min_fps, watched) else { return };
    // After a stop, the rate is that of the whole time.
    let interval = Duration::from_secs_f64(1.0 / min);
    let silence = watched.saturating_sub(times.last().unwrap_or_default());
    let fps = match timing {
        Some(timing) if silence <= 2 * interval => timing.fps,
        _ => pictures as f64 / watched.as_secs_f64().max(1e-3),
    };
    if fps < min {
        findings.note(&FPS_BELOW_LIMIT, Place::STREAM, format!("{fps:.2} frames a second, asked for {min}"));
    }
}
