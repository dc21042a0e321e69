//! Histograms of times, all with the same bounds, so that those of several runs and machines can be added.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The largest time that is recorded as it is, in microseconds: an hour. Longer ones count as an hour.
const MOST_MICROS: u64 = 3_600_000_000;
/// Significant decimal digits.
const DIGITS: u8 = 3;

/// An empty histogram of microseconds.
pub fn histogram() -> Histogram<u64> {
    // The bounds are constants, and fit: the largest is more than twice the smallest, and five digits are allowed.
    Histogram::new_with_bounds(1, MOST_MICROS, DIGITS).expect("bounds of a histogram")
}

/// Records a time; one above the largest counts as the largest.
pub fn record(histogram: &mut Histogram<u64>, time: Duration) {
    histogram.saturating_record(micros(time));
}

/// A percentile of times; `None` if there are none.
pub fn percentile(histogram: &Histogram<u64>, percent: f64) -> Option<Duration> {
    let is_empty = histogram.is_empty();
    (!is_empty).then(|| Duration::from_micros(histogram.value_at_quantile(percent / 100.0)))
}

/// Whole microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
