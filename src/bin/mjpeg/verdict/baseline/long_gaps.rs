//! The longest gaps of a stream, and whether another check has more of them than chance explains.

use std::time::Duration;

use mjpeg::stats::Distribution;
use serde::{Deserialize, Serialize};

use crate::output;

/// How likely a number of long gaps is by chance that counts as usual, for each of the limits that are tried.
const BY_CHANCE: f64 = 1e-4;
/// The same for the limit that no gap of the baseline comes near, which needs seven longer ones of as many gaps. Cameras that have a
/// late frame now and then have fewer in one check and none in the next.
const BY_CHANCE_FAR: f64 = 1.0 / 128.0;
const LEAST_FAR: u64 = 7;
/// That limit is as far above the longest gap as that is above the seventh longest.
const SEVENTH: u64 = 7;
/// Limits are the longest twentieth of the gaps, and not more than so many.
const PART: u64 = 20;
const MOST: u64 = 1000;

/// The longest gaps of a check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LongGaps {
    /// The number of all gaps.
    gaps: u64,
    /// The longest gap, the second, and so on by [`ranks`].
    longest_ms: Vec<f64>,
}

/// How many gaps of two checks are longer than a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// The limit.
    pub limit_ms: f64,
    /// Of the baseline, and of this check.
    pub then: u64,
    pub now: u64,
    /// The most, or the least, of this check that chance explains.
    pub usual: u64,
}

impl LongGaps {
    /// The longest of these gaps.
    pub fn of(gaps: &Distribution) -> Self {
        let longest = ranks(gaps.count()).map_while(|rank| gaps.longest(rank));
        Self { gaps: gaps.count(), longest_ms: longest.map(output::ms).collect() }
    }

    /// The limit of which a check with these gaps has many more than the baseline; `None` if chance explains all.
    ///
    /// Of two checks of the same stream, each order of all their gaps is equally likely, whatever the delays are. So how many gaps
    /// of one are longer than the k-th longest of the other has a known distribution.
    pub fn exceeded(&self, now: &Distribution) -> Option<Count> {
        self.far(now).or_else(|| self.best(now, at_least, most_usual))
    }

    /// The limit of which a check with these gaps has many fewer.
    pub fn undercut(&self, now: &Distribution) -> Option<Count> {
        let at_most = |rank, count, share| 1.0 - at_least(rank, count + 1, share);
        self.best(now, at_most, least_usual)
    }

    fn best(
        &self,
        now: &Distribution,
        chance: impl Fn(u64, u64, f64) -> f64,
        usual: impl Fn(u64, u64, f64) -> u64,
    ) -> Option<Count> {
        let share = self.share(now)?;
        let tried = ranks(self.gaps).zip(&self.longest_ms).map(|(rank, &limit_ms)| {
            let count = above(now, limit_ms);
            (chance(rank, count, share), rank, limit_ms, count)
        });
        let (chance, rank, limit_ms, count) = tried.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (chance < BY_CHANCE).then(|| Count {
            limit_ms,
            then: rank - 1,
            now: count,
            usual: usual(rank, now.count(), share),
        })
    }

    /// The limit that no gap of the baseline comes near.
    fn far(&self, now: &Distribution) -> Option<Count> {
        let share = self.share(now)?;
        let longest = *self.longest_ms.first()?;
        let seventh = ranks(self.gaps).zip(&self.longest_ms).find(|(rank, _)| *rank == SEVENTH)?.1;
        let limit_ms = longest + (longest - seventh);
        let least = (BY_CHANCE_FAR.ln() / share.ln()).ceil().max(LEAST_FAR as f64) as u64;
        let count = above(now, limit_ms);
        (count >= least).then_some(Count { limit_ms, then: 0, now: count, usual: least - 1 })
    }

    /// The part of the gaps of both checks that is of this one.
    fn share(&self, now: &Distribution) -> Option<f64> {
        let (then, now) = (self.gaps as f64, now.count() as f64);
        (then > 0.0 && now > 0.0).then(|| now / (then + now))
    }
}

/// The ranks of the limits: each one, then steps of a quarter.
fn ranks(gaps: u64) -> impl Iterator<Item = u64> {
    let last = (gaps / PART).clamp(SEVENTH, MOST);
    std::iter::successors(Some(1_u64), |rank| Some((rank * 5 / 4).max(rank + 1)))
        .take_while(move |rank| *rank <= last)
}

fn above(gaps: &Distribution, limit_ms: f64) -> u64 {
    gaps.above(Duration::try_from_secs_f64(limit_ms / 1000.0).unwrap_or(Duration::MAX))
}

/// How likely at least `count` gaps of this check are longer than the `rank`-th longest of the baseline: of the longest
/// `rank + count - 1` gaps of both, fewer than `rank` are of the baseline. `share` of all gaps are of this check.
fn at_least(rank: u64, count: u64, share: f64) -> f64 {
    let longest = (rank + count - 1) as f64;
    let mut log = longest * share.ln();
    let mut sum = 0.0;
    for of_baseline in 0..rank {
        sum += log.exp();
        let n = of_baseline as f64;
        log += ((longest - n) / (n + 1.0) * (1.0 - share) / share).ln();
    }
    sum.min(1.0)
}

/// The most gaps that chance explains.
fn most_usual(rank: u64, gaps: u64, share: f64) -> u64 {
    first(gaps, |count| at_least(rank, count + 1, share) < BY_CHANCE)
}

/// The fewest.
fn least_usual(rank: u64, gaps: u64, share: f64) -> u64 {
    first(gaps, |count| 1.0 - at_least(rank, count + 1, share) >= BY_CHANCE)
}

/// The first number up to `most` that suits, if all behind it do.
fn first(most: u64, suits: impl Fn(u64) -> bool) -> u64 {
    let (mut least, mut most) = (0, most);
    while least < most {
        let middle = least + (most - least) / 2;
        if suits(middle) { most = middle } else { least = middle + 1 }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(ms: impl IntoIterator<Item = u64>) -> Distribution {
        let mut gaps = Distribution::default();
        ms.into_iter().for_each(|ms| gaps.push(Duration::from_millis(ms)));
        gaps
    }

    #[test]
    fn chances_are_those_of_the_order_of_all_gaps() {
        // Six of as many gaps above the longest one: 1 of 64.
        assert!((at_least(1, 6, 0.5) - 1.0 / 64.0).abs() < 1e-12);
        // Of the first two of both, not both are of the baseline.
        assert!((at_least(2, 1, 0.5) - 0.75).abs() < 1e-12);
        assert!((at_least(1000, 0, 0.5) - 1.0).abs() < 1e-9);
        assert!(at_least(1, 1_000_000, 0.5) < 1e-100);
        let usual = most_usual(10, 300, 0.5);
        assert!(at_least(10, usual, 0.5) >= BY_CHANCE && at_least(10, usual + 1, 0.5) < BY_CHANCE);
        let least = least_usual(100, 300, 0.5);
        assert!(1.0 - at_least(100, least, 0.5) < BY_CHANCE, "{least}");
    }

    #[test]
    fn seven_gaps_far_above_the_longest_are_not_chance_and_six_are() {
        let before = LongGaps::of(&gaps((0..300).map(|n| 30 + n % 10)));
        let late = |count: u64| gaps((0..300 - count).map(|n| 30 + n % 10).chain((0..count).map(|_| 70)));
        assert_eq!(before.exceeded(&late(0)), None);
        assert_eq!(before.exceeded(&late(6)), None);
        let found = before.exceeded(&late(7)).unwrap();
        assert_eq!((found.then, found.now, found.usual, found.limit_ms), (0, 7, 6, 39.0));
        // In ten times as many gaps there are ten times as many.
        let longer = gaps((0..2990).map(|n| 30 + n % 10).chain((0..10).map(|_| 70)));
        assert_eq!(before.exceeded(&longer), None);
    }

    #[test]
    fn more_long_gaps_are_not_chance_wherever_they_are() {
        let spread = |count: u64| gaps((0..1000).map(move |n| if n < count { 50 + n * 37 % 50 } else { 33 }));
        let before = LongGaps::of(&spread(30));
        assert_eq!(before.exceeded(&spread(45)), None);
        let found = before.exceeded(&spread(90)).unwrap();
        assert!(found.now > found.usual && found.usual > found.then, "{found:?}");
        let fewer = LongGaps::of(&spread(90)).undercut(&spread(20)).unwrap();
        assert!(fewer.now < fewer.usual && fewer.usual < fewer.then, "{fewer:?}");
        assert_eq!(LongGaps::of(&spread(90)).undercut(&spread(80)), None);
    }

    #[test]
    fn hostile_files_have_no_limit_that_matters() {
        for longest_ms in [vec![], vec![f64::INFINITY; 7], vec![-1.0; 7], vec![1e300; 7]] {
            let before = LongGaps { gaps: u64::MAX, longest_ms };
            let _ = (before.exceeded(&gaps([1, 2, 3])), before.undercut(&gaps([1, 2, 3])));
        }
        assert_eq!(LongGaps::default().exceeded(&gaps([1; 9])), None);
    }
}
