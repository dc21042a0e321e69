//! The times of recent frames, and the frame rate measured from them.

use std::collections::VecDeque;
use std::time::Duration;

/// Number of recent frames whose times are kept.
const RECENT: usize = 64;

/// The times at which recent frames were published. Bounded, and allocated only once.
#[derive(Debug)]
pub struct FrameTimes {
    times: VecDeque<Duration>,
}

impl FrameTimes {
    /// Starts without times.
    pub fn new() -> Self {
        Self { times: VecDeque::with_capacity(RECENT) }
    }

    /// Records that a frame was published.
    pub fn push(&mut self, now: Duration) {
        if self.times.len() == RECENT {
            self.times.pop_front();
        }
        self.times.push_back(now);
    }

    /// Forgets all times: the source was paused.
    pub fn clear(&mut self) {
        self.times.clear();
    }

    /// Frames per second; `None` before the second frame and when no frame came for three intervals.
    pub fn fps(&self, now: Duration) -> Option<f64> {
        let (first, last) = (*self.times.front()?, *self.times.back()?);
        let gaps = u32::try_from(self.times.len() - 1).ok().filter(|gaps| *gaps > 0)?;
        let gap = (last - first) / gaps;
        let playing = now.saturating_sub(last) <= gap * 3;
        (playing && !gap.is_zero()).then(|| 1.0 / gap.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_measured_over_the_last_64_frames() {
        let mut times = FrameTimes::new();
        let ms = Duration::from_millis;
        assert_eq!(times.fps(ms(0)), None);
        // A slow start, then 25 frames per second.
        times.push(ms(0));
        assert_eq!(times.fps(ms(0)), None);
        for n in 0..RECENT as u64 {
            times.push(ms(10_000 + 40 * n));
        }
        let last = 10_000 + 40 * (RECENT as u64 - 1);
        assert_eq!(times.fps(ms(last)), Some(25.0));
        assert_eq!(times.fps(ms(last + 120)), Some(25.0));
        assert_eq!(times.fps(ms(last + 121)), None);
        times.clear();
        assert_eq!(times.fps(ms(last)), None);
    }
}
