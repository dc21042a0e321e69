//! How long something takes: percentiles of given times.

use alloc::collections::BTreeMap;
use core::time::Duration;

use super::batches::square_root;

/// Significant bits that are kept of a time in microseconds: figures are within a thousandth of a percent, and memory is
/// bounded however many times come.
const BITS: u32 = 16;

/// Times, taken in one after the other.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::stats::Distribution;
///
/// let mut latencies = Distribution::default();
/// for ms in [20, 30, 10, 90] {
///     latencies.push(Duration::from_millis(ms));
/// }
/// assert_eq!(latencies.percentile(50), Some(Duration::from_millis(20)));
/// assert_eq!(latencies.max(), Some(Duration::from_millis(90)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Microseconds, rounded to [`BITS`] bits, with how often each came.
    times: BTreeMap<u64, u64>,
    count: u64,
    max: Duration,
}

impl Distribution {
    /// Takes the next time.
    pub fn push(&mut self, time: Duration) {
        *self.times.entry(rounded(micros(time))).or_default() += 1;
        self.count += 1;
        self.max = self.max.max(time);
    }

    /// The number of times.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest time, as given.
    pub fn max(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.max)
    }

    /// Nearest rank: the smallest time that `percent` of the times do not exceed.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        for (&time, &n) in &self.times {
            seen += u128::from(n);
            if seen >= rank {
                // Rounded up it may be above the largest one.
                return Some(Duration::from_micros(time).min(self.max));
            }
        }
        None
    }

    /// The time of which `rank - 1` are not shorter, with 1 for the longest one.
    pub fn longest(&self, rank: u64) -> Option<Duration> {
        let mut left = rank.checked_sub(1)?;
        for (&time, &n) in self.times.iter().rev() {
            match left.checked_sub(n) {
                Some(fewer) => left = fewer,
                None => return Some(Duration::from_micros(time)),
            }
        }
        None
    }

    /// The mean distance of the times from `centre`.
    pub(super) fn mean_distance(&self, centre: Duration) -> Duration {
        let distance = |(&time, &n): (&u64, &u64)| u128::from(time.abs_diff(micros(centre))) * u128::from(n);
        let sum: u128 = self.times.iter().map(distance).sum();
        let mean = sum / u128::from(self.count.max(1));
        Duration::from_micros(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// How many times are above `limit`.
    pub fn above(&self, limit: Duration) -> u64 {
        self.times.range(micros(limit).saturating_add(1)..).map(|(_, n)| n).sum()
    }
}

/// The standard error of a percentile of `count` values whose tail has this scale. Of an exponential tail, the k-th largest value
/// has the variance scale^2 (1/k^2 + 1/(k+1)^2 + ...), which is about scale^2 (1/k + 1/2k^2 + 1/6k^3).
pub fn percentile_error(scale: f64, percent: u64, count: u64) -> f64 {
    let count = u128::from(count.max(1));
    let rank = (count * u128::from(percent)).div_ceil(100).min(count);
    let k = (count - rank + 1) as f64;
    scale * square_root(1.0 / k + 1.0 / (2.0 * k * k) + 1.0 / (6.0 * k * k * k))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// To the nearest number with [`BITS`] significant bits.
fn rounded(n: u64) -> u64 {
    let shift = (u64::BITS - n.leading_zeros()).saturating_sub(BITS);
    if shift == 0 { n } else { (n.saturating_add(1 << (shift - 1)) >> shift) << shift }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn no_percentile_is_above_the_largest_time() {
        for largest in [66_765_001, 1_795_867_284_835_200] {
            let mut times = Distribution::default();
            times.push(Duration::from_micros(largest - largest / 1000));
            times.push(Duration::from_micros(largest));
            let max = times.max().unwrap();
            assert!(
                [50, 99, 100].into_iter().all(|percent| times.percentile(percent).unwrap() <= max),
                "{largest}"
            );
        }
    }

    #[test]
    fn no_times_have_no_figures() {
        let none = Distribution::default();
        assert_eq!((none.count(), none.max(), none.percentile(50)), (0, None, None));
        assert_eq!(none.above(Duration::ZERO), 0);
    }

    #[test]
    fn the_error_of_a_percentile_is_that_of_the_largest_of_a_hundred_and_the_third_of_three_hundred() {
        for (count, error) in [(0, 1.29), (1, 1.29), (99, 1.29), (100, 0.80), (300, 0.53), (3000, 0.18)] {
            assert!((percentile_error(1.0, 99, count) - error).abs() < 0.01, "{count}");
        }
    }

    #[test]
    fn ranks_count_equal_times() {
        let mut times = Distribution::default();
        for ms in [5, 9, 7, 9] {
            times.push(Duration::from_millis(ms));
        }
        let longest: Vec<Option<u128>> =
            (0..6).map(|rank| times.longest(rank).map(|it| it.as_millis())).collect();
        assert_eq!(longest, [None, Some(9), Some(9), Some(7), Some(5), None]);
        assert_eq!(times.above(Duration::from_millis(7)), 2);
    }

    #[test]
    fn rounding_keeps_three_digits() {
        for n in [0, 1, 4095, 4096, 33_366, 1_000_000, u64::MAX / 2] {
            assert!(rounded(n).abs_diff(n) * 4000 <= n, "{n}");
        }
    }
}
