//! All gaps of a stream, and where the longest ones are.

use std::time::Duration;

use mjpeg::stats::Distribution;

use crate::output;

/// The number of longest gaps whose places are kept. More long gaps than these are a regression wherever they are.
const PLACED: usize = 8;

/// The gaps of a stream, taken in one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gaps {
    all: Distribution,
    /// The longest ones, and how many came before each; the longest first.
    longest: Vec<(Duration, u64)>,
}

impl Gaps {
    /// Takes the next gap.
    pub fn push(&mut self, gap: Duration) {
        let place = self.longest.partition_point(|(longer, _)| *longer >= gap);
        if place < PLACED {
            self.longest.truncate(PLACED - 1);
            self.longest.insert(place, (gap, self.all.count()));
        }
        self.all.push(gap);
    }

    /// The number of gaps.
    pub fn count(&self) -> u64 {
        self.all.count()
    }

    /// The 99th percentile.
    pub fn p99_ms(&self) -> Option<f64> {
        self.all.percentile(99).map(output::ms)
    }

    /// The gap of which `rank - 1` are not shorter.
    pub fn longest_ms(&self, rank: u64) -> Option<f64> {
        self.all.longest(rank).map(output::ms)
    }

    /// How many gaps are longer than `limit_ms`.
    pub fn above(&self, limit_ms: f64) -> u64 {
        self.all.above(Duration::try_from_secs_f64(limit_ms / 1000.0).unwrap_or(Duration::MAX))
    }

    /// The longest part of the stream in which none of its `count` longest gaps begins, as a part of all gaps. `None` if it is not
    /// known where all of these are.
    pub fn longest_part_without(&self, count: u64) -> Option<f64> {
        let longest = self.longest.get(..usize::try_from(count).ok()?)?;
        let mut places: Vec<u64> = longest.iter().map(|(_, before)| before + 1).collect();
        places.push(self.count() + 1);
        places.sort_unstable();
        let mut last = 0;
        let steps = places.into_iter().map(|place| place - std::mem::replace(&mut last, place));
        Some(steps.max()? as f64 / (self.count() + 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(ms: &[u64]) -> Gaps {
        let mut gaps = Gaps::default();
        ms.iter().for_each(|&ms| gaps.push(Duration::from_millis(ms)));
        gaps
    }

    #[test]
    fn the_places_of_the_longest_gaps_are_known() {
        let mut all = [40; 99];
        assert_eq!(gaps(&all).longest_part_without(0), Some(1.0));
        for (place, ms) in [(24, 70), (49, 90), (74, 80)] {
            all[place] = ms;
        }
        let gaps = gaps(&all);
        assert_eq!(gaps.longest_part_without(3), Some(0.25));
        assert_eq!(gaps.longest_part_without(1), Some(0.5));
        assert_eq!(gaps.longest_part_without(9), None);
        assert_eq!((gaps.above(75.0), gaps.longest_ms(2), gaps.p99_ms()), (2, Some(80.0), Some(90.0)));
        assert_eq!((gaps.above(f64::NAN), gaps.above(-1.0), gaps.above(f64::INFINITY)), (0, 0, 0));
    }

    #[test]
    fn eight_of_many_gaps_are_kept_with_their_places() {
        let long: Vec<u64> = (0..1000).map(|n| n * 7919 % 1000).collect();
        let gaps = gaps(&long);
        let kept: Vec<u128> = gaps.longest.iter().map(|(gap, _)| gap.as_millis()).collect();
        assert_eq!(kept, [999, 998, 997, 996, 995, 994, 993, 992]);
        assert!(
            gaps.longest.iter().all(|(gap, before)| u128::from(long[*before as usize]) == gap.as_millis())
        );
    }
}
