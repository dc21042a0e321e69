//! Rates, gaps, jitter and stalls.

use core::time::Duration;

use super::distribution::Distribution;

/// Times of frames, taken in one after the other. A frame's time is that of its last body byte.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::stats::FrameTimes;
///
/// let mut times = FrameTimes::default();
/// for ms in [0, 100, 200, 300, 900] {
///     times.push(Duration::from_millis(ms));
/// }
/// let timing = times.timing(None).unwrap();
/// assert_eq!(timing.gap_p50, Duration::from_millis(100));
/// assert_eq!(timing.gap_max, Duration::from_millis(600));
/// assert_eq!(timing.fps.round(), 4.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct FrameTimes {
    first: Option<Duration>,
    last: Option<Duration>,
    gaps: Distribution,
    /// The sum of the gaps.
    span: Duration,
}

/// The limit is one second. Servers that repeat an unchanged picture once a second are up to 50 ms late: no stall.
const SHORTEST_STALL: Duration = Duration::from_millis(1000 + 50);

/// The figures of a stream with at least two frames.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Timing {
    /// Frames per second: the number of gaps / their sum. Without an interruption that is (n - 1) / (time of the last frame -
    /// time of the first).
    pub fps: f64,
    /// Median of the gaps, by nearest rank.
    pub gap_p50: Duration,
    /// 99th percentile of the gaps, by nearest rank.
    pub gap_p99: Duration,
    /// The largest gap.
    pub gap_max: Duration,
    /// Mean distance of the gaps from their median.
    pub jitter: Duration,
    /// Number of gaps above the limit.
    pub stalls: u64,
    /// The limit that makes a gap a stall.
    pub max_gap: Duration,
}

impl FrameTimes {
    /// Takes the time of the next frame. Times that go back count as no gap.
    pub fn push(&mut self, time: Duration) {
        self.first.get_or_insert(time);
        if let Some(last) = self.last {
            let gap = time.saturating_sub(last);
            self.gaps.push(gap);
            self.span = self.span.saturating_add(gap);
        }
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }

    /// Forgets the last frame's time, so that what comes next makes no gap, and may come at an earlier time: for recordings that
    /// were resumed.
    pub fn interrupt(&mut self) {
        self.last = None;
    }

    /// The time of the first frame.
    pub fn first(&self) -> Option<Duration> {
        self.first
    }

    /// The time of the last frame; `None` behind an interruption.
    pub fn last(&self) -> Option<Duration> {
        self.last
    }

    /// The figures; `None` with fewer than two frames, or when all came within a millisecond. A gap is a stall above
    /// `max_gap`, by default [`FrameTimes::stall_limit`].
    pub fn timing(&self, max_gap: Option<Duration>) -> Option<Timing> {
        // Frames that came in one read have no rate.
        let (gap_p50, gap_p99, gap_max) =
            (self.gaps.percentile(50)?, self.gaps.percentile(99)?, self.gaps.max()?);
        if self.span < Duration::from_millis(1) {
            return None;
        }
        let max_gap = max_gap.unwrap_or_else(|| self.stall_limit());
        Some(Timing {
            fps: self.gaps.count() as f64 / self.span.as_secs_f64(),
            gap_p50,
            gap_p99,
            gap_max,
            jitter: self.gaps.mean_distance(gap_p50),
            stalls: self.gaps.above(max_gap),
            max_gap,
        })
    }

    /// The limit that makes a gap a stall: the larger of 1.05 seconds and three times the median gap.
    pub fn stall_limit(&self) -> Duration {
        self.gaps.percentile(50).map_or(SHORTEST_STALL, |gap_p50| (gap_p50 * 3).max(SHORTEST_STALL))
    }

    /// The mean gap; `None` as in [`FrameTimes::timing`].
    pub fn mean_gap(&self) -> Option<Duration> {
        let timing = self.timing(None)?;
        Some(Duration::from_secs_f64(1.0 / timing.fps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn times(ms: &[u64]) -> FrameTimes {
        let mut times = FrameTimes::default();
        ms.iter().for_each(|&ms| times.push(Duration::from_millis(ms)));
        times
    }

    #[test]
    fn one_frame_has_no_timing() {
        assert_eq!(times(&[]).timing(None), None);
        assert_eq!(times(&[5]).timing(None), None);
    }

    #[test]
    fn an_interruption_is_no_gap_and_changes_no_rate() {
        let even = |count: u64, from: u64| (0..count).map(move |n| from + n * 200);
        let once: Vec<u64> = even(16, 0).collect();
        // The times behind it start again, or are later than those before it.
        for from in [0, 70_000] {
            let mut frames = FrameTimes::default();
            even(12, 0).for_each(|ms| frames.push(Duration::from_millis(ms)));
            frames.interrupt();
            assert_eq!(frames.timing(None).unwrap().fps, 5.0, "nothing behind it");
            even(5, from).for_each(|ms| frames.push(Duration::from_millis(ms)));
            assert_eq!(frames.timing(None), times(&once).timing(None), "{from}");
        }
        let mut single = FrameTimes::default();
        for ms in [0, 200, 400] {
            single.push(Duration::from_millis(ms));
            single.interrupt();
        }
        assert_eq!(single.timing(None), None);
    }

    #[test]
    fn percentiles_agree_with_sorting_by_nearest_rank() {
        let mut state = 1u64;
        let gaps: Vec<u64> = (0..997)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1 + (state >> 33) % 3000
            })
            .collect();
        let mut at = 0;
        let mut all = std::vec![0];
        all.extend(gaps.iter().map(|gap| {
            at += gap;
            at
        }));
        let mut frames = FrameTimes::default();
        all.iter().for_each(|&us| frames.push(Duration::from_micros(us)));
        let mut sorted = gaps;
        sorted.sort_unstable();
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100) - 1];
        let timing = frames.timing(None).unwrap();
        assert_eq!(timing.gap_p50.as_micros() as u64, rank(50));
        assert_eq!(timing.gap_p99.as_micros() as u64, rank(99));
        assert_eq!(timing.gap_max.as_micros() as u64, *sorted.last().unwrap());
    }

    #[test]
    fn a_stall_is_a_gap_above_the_limit() {
        let frames = times(&[0, 100, 200, 1300, 1400]);
        assert_eq!(frames.timing(None).unwrap().stalls, 1);
        assert_eq!(frames.timing(Some(Duration::from_millis(1100))).unwrap().stalls, 0);
        let repeated = times(&[0, 100, 200, 300, 1310, 2340]);
        assert_eq!(repeated.timing(None).unwrap().stalls, 0);
        assert_eq!(repeated.timing(Some(Duration::from_secs(1))).unwrap().stalls, 2);
        assert_eq!(times(&[0, 500, 1000, 2000]).timing(None).unwrap().max_gap, Duration::from_millis(1500));
        // A picture that is repeated once a second is no stall, a little late or not.
        assert_eq!(times(&[0, 33, 66, 99, 1099, 2101, 3130]).timing(None).unwrap().stalls, 0);
    }
}
