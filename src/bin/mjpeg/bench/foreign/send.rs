//! What a server sent at once: the reads that came without a pause.

use std::time::Duration;

use super::trace::Read;

/// Reads that are closer together than this belong together, whatever the rate of the frames is.
const TOGETHER: Duration = Duration::from_millis(2);

/// Bytes that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last one.
    pub end: u64,
}

/// The shortest time between two sends. `interval`: the time between two frames.
pub fn pause(interval: Duration) -> Duration {
    TOGETHER.max(interval / 8)
}

/// The share of the time between the first and the last read in which bytes came without a pause.
pub fn flow(reads: &[Read], interval: Duration) -> f64 {
    let gaps = reads.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at));
    let (all, short) = gaps.fold((Duration::ZERO, Duration::ZERO), |(all, short), gap| {
        (all + gap, if gap < pause(interval) { short + gap } else { short })
    });
    if all.is_zero() { 0.0 } else { short.as_secs_f64() / all.as_secs_f64() }
}

/// Groups reads into sends. `interval`: the time between two frames.
pub fn sends(reads: &[Read], interval: Duration) -> Vec<Send> {
    let pause = pause(interval);
    let mut sends: Vec<Send> = Vec::new();
    let mut last = None;
    for read in reads {
        let start = sends.last().map_or(0, |send| send.end);
        match (last, sends.last_mut()) {
            (Some(at), Some(send)) if read.at.saturating_sub(at) < pause => send.end = read.end,
            _ => sends.push(Send { start, end: read.end }),
        }
        last = Some(read.at);
    }
    sends
}
