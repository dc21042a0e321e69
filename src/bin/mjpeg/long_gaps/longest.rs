//! The longest gaps of a stream, and whether another check has more of them than chance explains.

use serde::{Deserialize, Serialize};

use super::chance::{at_least, even, first, share_beyond};
use super::gaps::Gaps;

/// The least change of the 99th percentile of the gaps that matters.
const LEAST_TAIL_MS: f64 = 5.0;

/// A number of long gaps that is less likely than this by chance is unusual, for each limit that is tried.
const BY_CHANCE: f64 = 1e-4;
/// Limits are also above the longest gaps, by these multiples of the scale of the tail: if that is exponential, and the others of
/// this check are as many as chance explains there.
const SCALES: [f64; 9] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0];
/// A camera with a late frame now and then has none of them in one check, and some in the next, however late they are. So many
/// must come that the order of all gaps alone is so unlikely: six of about as many gaps (1 of 64), if all are far above those of the
/// baseline; seven else (1 of 128).
const ORDER_FAR: f64 = 1.0 / 50.0;
const ORDER: f64 = 1.0 / 100.0;
/// Fewer are enough if they come evenly.
const ORDER_EVEN: f64 = 1e-3;
/// From which distance, in scales, six gaps are enough; and from which distance few are that come evenly.
const FAR: f64 = 2.0;
const FAR_EVEN: f64 = 1.0;
/// Fewer gaps than this show no even distances.
const LEAST_EVEN: u64 = 3;

/// The scale of the tail is that above the seventh longest gap, or above a lower one if it is larger. Limits above the longest gaps
/// start at the first seven.
const SEVENTH: u64 = 7;
/// The least scale: clocks and reads are not more exact.
const LEAST_SCALE_MS: f64 = 1.0;
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
    /// The most, or the least, of this check that chance explains; `None` if it would explain so many, but not at even distances.
    pub usual: Option<u64>,
}

/// Whether two 99th percentiles are so far apart that it matters.
pub fn has_moved(then_ms: f64, now_ms: f64) -> bool {
    (now_ms - then_ms).abs() > LEAST_TAIL_MS
}

/// Whether the 99th percentile of one of two streams is larger, and it has more long gaps than chance explains.
pub fn differ(one: &Gaps, other: &Gaps) -> bool {
    let Some((p99, other_p99)) = one.p99_ms().zip(other.p99_ms()) else { return false };
    let (shorter, longer) = if p99 < other_p99 { (one, other) } else { (other, one) };
    has_moved(p99, other_p99) && LongGaps::of(shorter).exceeded(longer).is_some()
}

/// A limit.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// The rank of the gap of the baseline that it is above.
    rank: u64,
    /// How far, in scales.
    scales: f64,
    ms: f64,
}

impl LongGaps {
    /// The longest of these gaps.
    pub fn of(gaps: &Gaps) -> Self {
        let longest_ms = ranks(gaps.count()).map_while(|rank| gaps.longest_ms(rank)).collect();
        Self { gaps: gaps.count(), longest_ms }
    }

    /// The limit of which a check with these gaps has many more than the baseline; `None` if chance explains all.
    ///
    /// Of two checks of the same stream, each order of all their gaps is equally likely, whatever the delays are. So how many gaps
    /// of one are longer than the k-th longest of the other has a known distribution.
    pub fn exceeded(&self, now: &Gaps) -> Option<Count> {
        let share = self.share(now)?;
        let found = self.limits().into_iter().filter_map(|limit| limit.excess(now, share));
        let (_, limit, usual) = found.min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(Count { limit_ms: limit.ms, then: self.above(limit), now: now.above(limit.ms), usual })
    }

    /// The limit of which a check with these gaps has many fewer.
    pub fn undercut(&self, now: &Gaps) -> Option<Count> {
        let share = self.share(now)?;
        let at_most = |limit: &Limit, count| 1.0 - at_least(limit.rank, count + 1, share);
        let tried = self.longest().into_iter().map(|limit| (at_most(&limit, now.above(limit.ms)), limit));
        let (chance, limit) = tried.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let least = || first(now.count(), |count| at_most(&limit, count) >= BY_CHANCE);
        (chance < BY_CHANCE).then(|| Count {
            limit_ms: limit.ms,
            then: self.above(limit),
            now: now.above(limit.ms),
            usual: Some(least()),
        })
    }

    /// The longest gaps.
    fn longest(&self) -> Vec<Limit> {
        let with_ranks = ranks(self.gaps).zip(&self.longest_ms);
        with_ranks.map(|(rank, &ms)| Limit { rank, scales: 0.0, ms }).collect()
    }

    /// These, and the limits above them.
    fn limits(&self) -> Vec<Limit> {
        let longest = self.longest();
        let mut all = longest.clone();
        if let Some(scale_ms) = self.scale_ms() {
            for it in longest.iter().take_while(|limit| limit.rank <= SEVENTH) {
                all.extend(SCALES.map(|scales| Limit { scales, ms: it.ms + scales * scale_ms, ..*it }));
            }
        }
        all
    }

    /// How far the gaps above the seventh longest are from it in the mean, or those above a lower one if that is more: the scale of an
    /// exponential tail. Gaps that are not kept count as long as the next longer one.
    fn scale_ms(&self) -> Option<f64> {
        let longest = self.longest();
        let lowest = longest.iter().skip_while(|limit| limit.rank < SEVENTH);
        let scale = |lowest: &Limit| {
            let above = longest.windows(2).take_while(|pair| pair[1].rank <= lowest.rank);
            let sum: f64 =
                above.map(|pair| (pair[0].ms - lowest.ms) * (pair[1].rank - pair[0].rank) as f64).sum();
            (sum / (lowest.rank - 1) as f64).max(LEAST_SCALE_MS)
        };
        lowest.map(scale).max_by(f64::total_cmp)
    }

    /// How many gaps of the baseline are above a limit.
    fn above(&self, limit: Limit) -> u64 {
        let longer =
            self.longest().into_iter().take_while(|it| it.rank <= limit.rank && it.ms > limit.ms).last();
        if limit.scales > 0.0 { longer.map_or(0, |it| it.rank) } else { limit.rank - 1 }
    }

    /// The part of the gaps of both checks that is of this one.
    fn share(&self, now: &Gaps) -> Option<f64> {
        let (then, now) = (self.gaps as f64, now.count() as f64);
        (then > 0.0 && now > 0.0).then(|| now / (then + now))
    }
}

impl Limit {
    /// If chance does not explain how many of these gaps are above it: the chance, and the most that it explains.
    fn excess(self, now: &Gaps, share: f64) -> Option<(f64, Self, Option<u64>)> {
        let beyond = share_beyond(share, self.scales);
        let order = match self.scales {
            0.0 => 1.0,
            scales if scales >= FAR && self.rank == 1 => ORDER_FAR,
            _ => ORDER,
        };
        let tail = |count| at_least(self.rank, count, beyond);
        let is_excess = |count| tail(count) < BY_CHANCE && at_least(self.rank, count, share) <= order;
        let count = now.above(self.ms);
        if is_excess(count) {
            let most = first(now.count(), |count| is_excess(count + 1));
            return Some((tail(count), self, Some(most)));
        }
        if self.rank > 1 || self.scales < FAR_EVEN || count < LEAST_EVEN {
            return None;
        }
        let even = even(count, now.longest_part_without(count)?);
        let is_excess = tail(count) * even < BY_CHANCE && at_least(1, count, share) * even < ORDER_EVEN;
        is_excess.then_some((tail(count) * even, self, None))
    }
}

/// The ranks of the limits: each one, then steps of a quarter.
fn ranks(gaps: u64) -> impl Iterator<Item = u64> {
    let last = (gaps / PART).clamp(SEVENTH, MOST);
    std::iter::successors(Some(1_u64), |rank| Some((rank * 5 / 4).max(rank + 1)))
        .take_while(move |rank| *rank <= last)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn gaps(ms: impl IntoIterator<Item = u64>) -> Gaps {
        let mut gaps = Gaps::default();
        ms.into_iter().for_each(|ms| gaps.push(Duration::from_millis(ms)));
        gaps
    }

    #[test]
    fn the_order_of_two_streams_makes_no_difference() {
        let (before, now) = (late(&[]), late(&[10, 60, 80, 90, 95, 99]));
        assert!(differ(&before, &now) && differ(&now, &before));
        assert!(!differ(&before, &before) && !differ(&now, &now) && !differ(&before, &Gaps::default()));
    }

    /// Of 300 gaps around 35 ms, these ones are 70 ms long.
    fn late(places: &[u64]) -> Gaps {
        gaps((0..300).map(|n| if places.contains(&n) { 70 } else { 30 + n % 10 }))
    }

    #[test]
    fn six_gaps_far_above_the_longest_are_not_chance_and_five_are() {
        let before = LongGaps::of(&late(&[]));
        assert_eq!(before.exceeded(&late(&[])), None);
        assert_eq!(before.exceeded(&late(&[10, 60, 80, 90, 95])), None);
        let found = before.exceeded(&late(&[10, 60, 80, 90, 95, 99])).unwrap();
        assert_eq!((found.then, found.now, found.usual), (0, 6, Some(5)));
        // In ten times as many gaps there are ten times as many.
        let longer = gaps((0..2990).map(|n| 30 + n % 10).chain((0..10).map(|_| 70)));
        assert_eq!(before.exceeded(&longer), None);
        // Seven must be longer if one was.
        let before = LongGaps::of(&late(&[10]));
        assert_eq!(before.exceeded(&late(&[10, 60, 80, 90, 95, 99])), None);
    }

    #[test]
    fn four_gaps_are_not_chance_if_they_come_evenly() {
        let before = LongGaps::of(&late(&[]));
        let found = before.exceeded(&late(&[60, 120, 180, 240])).unwrap();
        assert_eq!((found.then, found.now, found.usual), (0, 4, None));
        assert_eq!(before.exceeded(&late(&[60, 120, 180, 190])), None);
        assert_eq!(before.exceeded(&late(&[100, 200])), None);
    }

    #[test]
    fn gaps_a_little_above_the_longest_must_be_more() {
        // From 100 ms downwards as in an exponential tail with a scale of 10 ms.
        let tail = |n: u64| (100.0 - 10.0 * (n as f64).ln()).max(33.0) as u64;
        let before = LongGaps::of(&gaps((1..=500).map(tail)));
        assert!((8.0..13.0).contains(&before.scale_ms().unwrap()), "{:?}", before.scale_ms());
        let late = |count: u64, ms: u64| gaps((1..=500).map(|n| if n <= count { ms } else { tail(n) }));
        assert_eq!(before.exceeded(&late(6, 108)), None);
        assert!(before.exceeded(&late(6, 130)).is_some());
        assert!(before.exceeded(&late(12, 108)).is_some());
    }

    #[test]
    fn more_long_gaps_are_not_chance_wherever_they_are() {
        let spread = |count: u64| gaps((0..1000).map(move |n| if n < count { 50 + n * 37 % 50 } else { 33 }));
        let before = LongGaps::of(&spread(30));
        assert_eq!(before.exceeded(&spread(45)), None);
        let found = before.exceeded(&spread(90)).unwrap();
        let usual = found.usual.unwrap();
        assert!(found.now > usual && usual > found.then, "{found:?}");
        let fewer = LongGaps::of(&spread(90)).undercut(&spread(20)).unwrap();
        let usual = fewer.usual.unwrap();
        assert!(fewer.now < usual && usual < fewer.then, "{fewer:?}");
        assert_eq!(LongGaps::of(&spread(90)).undercut(&spread(80)), None);
    }

    #[test]
    fn hostile_files_have_no_limit_that_matters() {
        for longest_ms in [vec![], vec![f64::INFINITY; 7], vec![-1.0; 7], vec![1e300; 7], vec![f64::MAX; 900]]
        {
            let before = LongGaps { gaps: u64::MAX, longest_ms };
            let _ = (before.exceeded(&gaps([1, 2, 3])), before.undercut(&gaps([1, 2, 3])));
        }
        assert_eq!(LongGaps::default().exceeded(&gaps([1; 9])), None);
    }
}
