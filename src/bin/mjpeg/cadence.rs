//! The rate of a stream and the gaps between its frames, in words.

use mjpeg::stats::Timing;

use crate::output;

/// `15.02 fps, gaps p50 66.7 ms, p99 71.2 ms, max 80.0 ms`.
pub fn line(timing: &Timing) -> String {
    format!(
        "{:.2} fps, gaps p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        timing.fps,
        output::ms(timing.gap_p50),
        output::ms(timing.gap_p99),
        output::ms(timing.gap_max)
    )
}
