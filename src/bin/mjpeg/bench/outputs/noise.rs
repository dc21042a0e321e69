//! How much of a figure is chance: another run differs by that much although nothing has changed.
//!
//! Two runs are compared by the sum of both, so each has three standard errors: together that is more than four of their difference.

use std::time::Duration;

use hdrhistogram::Histogram;
use mjpeg::stats::{Batches, MeanGap, percentile_error};

use crate::bench::times;

/// Standard errors of a percentile and of a number.
const ERRORS: f64 = 3.0;
/// Standard errors of a rate. Its error is that of about ten batches, whose spread is itself a guess.
const RATE_ERRORS: f64 = 4.0;
/// Standard errors of the end of a tail, whose distribution is skew.
const TAIL_ERRORS: f64 = 4.0;
/// The share of a rate that is chance if there are too few frames to measure it.
const UNKNOWN: f64 = 0.2;
/// Of each times no less than this is chance.
const LEAST: Duration = Duration::from_millis(1);
/// A machine that is busy for a moment makes the largest of many times larger.
const MOMENT: Duration = Duration::from_millis(100);

/// The chance in a percentile of times. `together`: times that depend on each other, of all viewers or behind a frame that was late.
///
/// Whatever the distribution is, the rank of a percentile has a binomial one, so the times at the ranks around it show the chance.
/// One group of times more or less is chance too. Beyond the largest time there is none: there, the tail is taken for an
/// exponential one.
pub fn percentile(times: &Histogram<u64>, percent: u8, together: f64) -> Duration {
    let share = f64::from(percent) / 100.0;
    let all = times.len().max(1) as f64;
    let count = (all / together.max(1.0)).max(1.0);
    let error = ERRORS * (share * (1.0 - share) / count).sqrt() + together.max(1.0) / all;
    let (low, value, high) = (at(times, share - error), at(times, share), at(times, share + error));
    let beyond = if share + error > 1.0 { tail(times, percent, count) } else { Duration::ZERO };
    LEAST.max(value.saturating_sub(low)).max(high.saturating_sub(value)).max(beyond)
}

/// Ages that depend on each other: behind one that is late by some intervals, as many are late. `viewers` see the same.
pub fn together(ages: &Histogram<u64>, interval: Duration, viewers: u64) -> f64 {
    let late = at(ages, 0.99).saturating_sub(at(ages, 0.5)).as_secs_f64() / interval.as_secs_f64().max(1e-3);
    late.max(1.0) * viewers.max(1) as f64
}

/// The chance in the largest of many times: what only a few of them reach, but no more than some intervals and a moment, so that
/// one stall is found.
pub fn largest(times: &Histogram<u64>, interval: Duration, together: f64) -> Duration {
    let few = 3.0 * together.max(1.0) / times.len().max(1) as f64;
    let most = interval.saturating_mul(3) / 2 + MOMENT;
    let chance = at(times, 1.0).saturating_sub(at(times, 1.0 - few)).max(tail(times, 100, 1.0));
    LEAST.max(chance.min(most))
}

/// The chance in a percentile of an exponential tail, whose scale is that of the times above the 90th percentile.
fn tail(times: &Histogram<u64>, percent: u8, count: f64) -> Duration {
    let start = at(times, 0.9).as_micros() as u64;
    let beyond = times.iter_recorded().filter(|it| it.value_iterated_to() > start);
    let (n, sum, squares) = beyond.fold((0.0, 0.0, 0.0), |(n, sum, squares), it| {
        let (excess, times) = ((it.value_iterated_to() - start) as f64, it.count_at_value() as f64);
        (n + times, sum + excess * times, squares + excess * excess * times)
    });
    // Of an exponential tail both are the scale; of a heavier one the second is larger.
    let scale = (sum / f64::max(n, 1.0)).max((squares / f64::max(n, 1.0) / 2.0).sqrt());
    let error = percentile_error(scale, percent.into(), count as u64);
    Duration::from_micros((TAIL_ERRORS * error) as u64)
}

fn at(times: &Histogram<u64>, share: f64) -> Duration {
    times::percentile(times, share.clamp(0.0, 1.0) * 100.0).unwrap_or_default()
}

/// The chance in a rate, as a share of it. The window may cut a frame at each end, which is one frame of two runs each.
pub fn rate(gaps: &MeanGap) -> f64 {
    let spread = gaps.error().zip(gaps.mean()).map(|(error, mean)| RATE_ERRORS * error / mean.max(1e-9));
    spread.unwrap_or(UNKNOWN) + 1.0 / gaps.count().max(1) as f64
}

/// The chance in a mean, as a share of it.
pub fn mean(values: &Batches) -> f64 {
    let spread = values.error().zip(values.mean()).map(|(error, mean)| RATE_ERRORS * error / mean.max(1e-9));
    spread.unwrap_or(UNKNOWN)
}

/// The chance in a number of things that happen in `groups`.
pub fn number(count: f64, groups: f64) -> f64 {
    let size = (count / groups.max(1.0)).max(1.0);
    size * (ERRORS / 2.0_f64.sqrt() * groups.max(0.0).sqrt() + 1.0)
}
