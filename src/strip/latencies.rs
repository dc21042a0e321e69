//! How old the pictures of a stream are when they come.

use core::time::Duration;

use super::identity::Identity;
use crate::stats::Distribution;

/// The ages of pictures on arrival, by the times in their strips and the clock of the receiver.
///
/// ```
/// use core::time::Duration;
/// use mjpeg::strip::{Identity, Latencies};
///
/// let mut latencies = Latencies::default();
/// for (number, age_ms) in [(1, 20), (2, 30), (3, 25), (4, 200)] {
///     let time_us = 1_000_000 + 100_000 * u64::from(number);
///     let at = Duration::from_micros(time_us) + Duration::from_millis(age_ms);
///     latencies.push(&Identity { time_us, number, source: 7 }, at);
/// }
/// assert_eq!(latencies.interval(), Some(Duration::from_millis(100)));
/// assert_eq!(latencies.late(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    ages: Distribution,
    early: u64,
    /// The first and the newest picture of the last source.
    ends: Option<(Identity, Identity)>,
}

impl Latencies {
    /// Takes the next picture, which came at `at` since 1970-01-01 UTC. Returns its age; `None` if it came before its time.
    pub fn push(&mut self, picture: &Identity, at: Duration) -> Option<Duration> {
        self.ends = match self.ends {
            Some((first, newest)) if newest.source == picture.source => {
                let is_newer = distance(&newest, picture) > 0;
                Some((first, if is_newer { *picture } else { newest }))
            }
            _ => Some((*picture, *picture)),
        };
        let age = at.checked_sub(Duration::from_micros(picture.time_us));
        match age {
            Some(age) => self.ages.push(age),
            None => self.early += 1,
        }
        age
    }

    /// The ages.
    pub fn ages(&self) -> &Distribution {
        &self.ages
    }

    /// Pictures that came before the time in their strip: the clocks of the two ends do not agree.
    pub fn early(&self) -> u64 {
        self.early
    }

    /// The time between two pictures of the last source, by their times and numbers. `None` with fewer than two pictures.
    pub fn interval(&self) -> Option<Duration> {
        let (first, newest) = self.ends?;
        let numbers = u32::try_from(distance(&first, &newest)).ok().filter(|&numbers| numbers > 0)?;
        let micros = newest.time_us.checked_sub(first.time_us)?;
        Some(Duration::from_micros(micros) / numbers)
    }

    /// The age from which a picture is late: an interval above the median, when the next one should have come. It does not
    /// depend on how well the clocks agree.
    pub fn limit(&self) -> Option<Duration> {
        Some(self.ages.percentile(50)?.saturating_add(self.interval()?))
    }

    /// How many pictures were late.
    pub fn late(&self) -> u64 {
        self.limit().map_or(0, |limit| self.ages.above(limit))
    }
}

/// How far `b` is behind `a`; numbers wrap around.
fn distance(a: &Identity, b: &Identity) -> i32 {
    b.number.wrapping_sub(a.number) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL_US: u64 = 50_000;

    fn pushed(pictures: &[(u16, u32, i64)]) -> Latencies {
        let mut latencies = Latencies::default();
        for &(source, number, age_us) in pictures {
            let time_us = 1_000_000 + INTERVAL_US * u64::from(number.wrapping_add(10));
            let at = Duration::from_micros(time_us.saturating_add_signed(age_us));
            latencies.push(&Identity { time_us, number, source }, at);
        }
        latencies
    }

    #[test]
    fn a_picture_is_late_when_the_next_one_should_have_come() {
        let latencies =
            pushed(&[(1, 1, 10_000), (1, 2, 10_000), (1, 4, 60_000), (1, 3, 60_001), (1, 5, 9_000)]);
        assert_eq!(latencies.interval(), Some(Duration::from_micros(INTERVAL_US)));
        assert_eq!((latencies.late(), latencies.early()), (1, 0));
    }

    #[test]
    fn numbers_wrap_around_and_another_source_begins_anew() {
        let wrapped = pushed(&[(1, u32::MAX - 1, 0), (1, 2, 0)]);
        assert_eq!(wrapped.interval(), Some(Duration::from_micros(INTERVAL_US)));
        let exchanged = pushed(&[(1, 1, 0), (1, 9, 0), (2, 5, 0)]);
        assert_eq!((exchanged.interval(), exchanged.late()), (None, 0));
    }

    #[test]
    fn a_picture_before_its_time_has_no_age() {
        let latencies = pushed(&[(1, 1, -1), (1, 2, 5)]);
        assert_eq!((latencies.early(), latencies.ages().count()), (1, 1));
        // Times that go back, or do not fit their numbers, give no interval.
        let mut latencies = Latencies::default();
        for (number, time_us) in [(1, 9), (2, 3)] {
            latencies.push(&Identity { time_us, number, source: 1 }, Duration::MAX);
        }
        assert_eq!((latencies.interval(), latencies.limit()), (None, None));
    }
}
