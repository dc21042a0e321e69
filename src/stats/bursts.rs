//! Frames that come several at once.

use alloc::vec::Vec;
use core::time::Duration;

/// Shorter gaps between bursts are not visible, and the scheduling of a busy machine makes them.
const SHORTEST_GAP: Duration = Duration::from_millis(100);
/// Two bursts of fewer frames are chance.
const FEWEST_OF_TWO: usize = 5;

/// The bursts of a stream: several frames at once, then none for a while, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bursts {
    /// Number of bursts.
    pub count: usize,
    /// Median number of frames in a burst, without the first and the last burst; of two bursts the smaller number.
    pub frames: usize,
    /// Median of the times from the start of a burst to the start of the next one.
    pub period: Duration,
}

impl Bursts {
    /// The bursts of frames that came at these rising times; `None` if the frames do not come in bursts.
    ///
    /// ```
    /// use core::time::Duration;
    /// use mjpeg::stats::Bursts;
    ///
    /// let times: Vec<_> = (0..60).map(|n| Duration::from_millis(n / 9 * 900 + n % 9)).collect();
    /// let bursts = Bursts::of(&times).unwrap();
    /// assert_eq!((bursts.count, bursts.frames, bursts.period.as_millis()), (7, 9, 900));
    /// ```
    pub fn of(times: &[Duration]) -> Option<Self> {
        let gaps = u32::try_from(times.len().checked_sub(1)?).ok().filter(|&gaps| gaps > 0)?;
        let mean = times.last()?.saturating_sub(*times.first()?) / gaps;
        let limit = (mean + mean / 2).max(SHORTEST_GAP);
        let mut starts = Vec::from([0]);
        let mut inside = 0;
        for (at, pair) in times.windows(2).enumerate() {
            let gap = pair[1].saturating_sub(pair[0]);
            if gap >= limit {
                starts.push(at + 1);
            } else if gap <= mean / 4 {
                inside += 1;
            }
        }
        if starts.len() < 2 || inside * 2 < times.len() - starts.len() {
            return None;
        }
        // The first and the last burst may be cut. With two bursts there are no others: both must be large.
        let frames = match starts[..] {
            [_, second] => {
                Some(second.min(times.len() - second)).filter(|&frames| frames >= FEWEST_OF_TWO)?
            }
            _ => median(starts[1..].windows(2).map(|pair| pair[1] - pair[0]))?,
        };
        let period = median(starts.windows(2).map(|pair| times[pair[1]].saturating_sub(times[pair[0]])))?;
        (frames > 1).then_some(Self { count: starts.len(), frames, period })
    }
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts(ms: impl Iterator<Item = u64>) -> Option<Bursts> {
        let times: Vec<_> = ms.map(Duration::from_millis).collect();
        Bursts::of(&times)
    }

    #[test]
    fn bursts_are_told_from_even_gaps_stalls_and_repeats() {
        assert_eq!(bursts((0..60).map(|n| n / 2 * 200 + n % 2)).unwrap().frames, 2, "pairs");
        assert_eq!(bursts((0..60).map(|n| n * 100)), None, "even gaps");
        assert_eq!(bursts((0..60).map(|n| n * 100 + n / 20 * 3000)), None, "stalls");
        let repeated = (0..60).map(|n| if n < 50 { n * 33 } else { 1650 + (n - 50) * 1000 });
        assert_eq!(bursts(repeated), None, "a scene at rest, repeated once a second");
        assert_eq!(bursts((0..60).map(|n| n * 5 + n / 10 * 30)), None, "the scheduling of a busy machine");
        assert_eq!(bursts((0..70).map(|n| n / 35 * 3500 + n % 35)).unwrap().frames, 35, "two bursts");
        assert_eq!(bursts((0..40).map(|n| n * 100 + n / 20 * 3000)), None, "one stall");
        assert_eq!(bursts((0..6).map(|n| n / 3 * 3000 + n % 3)), None, "too few");
        assert_eq!(bursts(0..0), None);
        assert_eq!(bursts(0..1), None);
    }
}
